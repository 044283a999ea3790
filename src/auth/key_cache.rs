//! Keys that were accepted lately. The store's word on one is good for 5 seconds, and less when its key is changed. One that
//! somebody is at work with is never forgotten: what it has open must hear of its end.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use dashmap::{DashMap, mapref::entry::Entry};
use tokio::sync::Notify;

use super::{
    AuthenticatedKey,
    authenticated_key::of_record,
    use_counts::{KeyUses, UseCounts},
};
use crate::{
    clock::Clock,
    model::{KeyHashes, KeyRecord, Moment, StoreMillis},
    stores::KeyStore,
};

/// Keys remembered, some 70 MiB.
const MOST: usize = 100_000;
/// How long an accepted credential passes an address's lock.
pub(super) const REMEMBERED_MILLIS: i64 = 3_600_000;

type Hash = [u8; 32];

/// What is known, by the hash of what was shown.
#[derive(Default)]
pub(super) struct KeyCache {
    by_hash: DashMap<Hash, Arc<AuthenticatedKey>>,
    /// Changed only while the shard of the hash concerned is locked, so that it never lacks one.
    by_id: DashMap<Arc<str>, Vec<Hash>>,
    /// How many changes of keys were heard of: what was read before one of them is not kept.
    changes: AtomicU64,
    /// Calls of keys that are known no more.
    uses: UseCounts,
    /// Keys that something waits to be sent for until the store is asked again; and that there are some.
    doubted: Mutex<Vec<Arc<AuthenticatedKey>>>,
    doubts: Notify,
}

impl KeyCache {
    /// Adds a static key, which is never forgotten.
    pub(super) fn add_static(&self, hash: Hash, credential: AuthenticatedKey) {
        self.by_hash.insert(hash, Arc::new(credential));
    }

    pub(super) fn get(&self, hash: &Hash) -> Option<Arc<AuthenticatedKey>> {
        self.by_hash.get(hash).map(|entry| Arc::clone(&entry))
    }

    /// To be asked before the store is, and given to [`Self::take_verdict`].
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// A key was changed: what is known of it has to be asked for again.
    pub(super) fn key_changed(&self, id: &str) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        let hashes = self.by_id.get(id).map(|entry| entry.clone());
        for credential in hashes.into_iter().flatten().filter_map(|hash| self.get(&hash)) {
            credential.make_stale();
        }
    }

    /// Any key may have been changed.
    pub(super) fn keys_changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.by_hash.iter().for_each(|credential| credential.make_stale());
    }

    /// Keeps or drops what is known of a key, by what the store said when `changes` were heard of.
    pub(super) fn take_verdict(
        &self,
        hashes: KeyHashes,
        record: Option<&KeyRecord>,
        now: Moment,
        changes: u64,
    ) -> Option<Arc<AuthenticatedKey>> {
        let Some(record) = record.filter(|record| record.is_live(now.wall)) else {
            if let Some(credential) = self.remove_if(&hashes.current, |_| true) {
                credential.ended.cancel();
            }
            return None;
        };
        if self.by_hash.len() >= MOST {
            self.make_room(now);
        }
        let credential = self.put(hashes, record);
        credential.expires_at.store(record.expires_at.map_or(i64::MAX, |end| end.0), Ordering::Relaxed);
        credential.checked_at.store(now.store.0, Ordering::SeqCst);
        if self.changes() == changes {
            credential.gate.open();
        } else {
            credential.make_stale();
        }
        Some(credential)
    }

    fn put(&self, hashes: KeyHashes, record: &KeyRecord) -> Arc<AuthenticatedKey> {
        let mut entry = match self.by_hash.entry(hashes.current) {
            Entry::Occupied(entry) => entry.into_ref(),
            Entry::Vacant(entry) => entry.insert(Arc::new(of_record(record, hashes))),
        };
        if !entry.is_as(record) {
            // What is open was opened with rights that are no longer those of the key.
            entry.ended.cancel();
            self.uses.add(entry.take_uses());
            *entry = Arc::new(of_record(record, hashes));
        }
        let mut known = self.by_id.entry(Arc::clone(&entry.principal.key_id)).or_default();
        if !known.contains(&hashes.current) {
            known.push(hashes.current);
        }
        Arc::clone(&entry)
    }

    fn remove_if(
        &self,
        hash: &Hash,
        condition: impl Fn(&Arc<AuthenticatedKey>) -> bool,
    ) -> Option<Arc<AuthenticatedKey>> {
        let (_, credential) = self.by_hash.remove_if(hash, |_, credential| {
            let goes = condition(credential);
            if goes {
                self.forgotten(hash, credential);
            }
            goes
        })?;
        Some(credential)
    }

    /// Takes a credential out of all but `by_hash`.
    fn forgotten(&self, hash: &Hash, credential: &AuthenticatedKey) {
        self.uses.add(credential.take_uses());
        self.by_id.remove_if_mut(&credential.principal.key_id, |_, known| {
            known.retain(|other| other != hash);
            known.is_empty()
        });
    }

    /// Forgets keys that were not used for some seconds, or if that is not enough all that nobody is at work with: they are
    /// asked for again.
    fn make_room(&self, now: Moment) {
        let forget = |is_fresh: &dyn Fn(&AuthenticatedKey) -> bool| {
            self.by_hash.retain(|hash, credential| {
                let stays = credential.is_static || Arc::strong_count(credential) > 1 || is_fresh(credential);
                if !stays {
                    self.forgotten(hash, credential);
                }
                stays
            });
        };
        forget(&|credential| credential.is_fresh(now));
        if self.by_hash.len() >= MOST {
            forget(&|_| false);
        }
    }

    /// Stored keys that something is open for, of these ids or all. The others are forgotten when they were not used for an hour.
    pub(super) fn watched(&self, ids: Option<&[&str]>, now: StoreMillis) -> Vec<Arc<AuthenticatedKey>> {
        if let Some(ids) = ids {
            let hashes = ids.iter().filter_map(|id| self.by_id.get(*id).map(|entry| entry.clone())).flatten();
            return hashes.filter_map(|hash| self.get(&hash)).filter(|found| found.is_watched()).collect();
        }
        let stored = |entry: &Arc<AuthenticatedKey>| !entry.is_static;
        let (watched, idle): (Vec<_>, Vec<_>) = self
            .by_hash
            .iter()
            .filter(|entry| stored(entry))
            .map(|entry| Arc::clone(&entry))
            .partition(|credential| credential.is_watched());
        let is_old = |credential: &AuthenticatedKey| {
            now.0
                - credential
                    .checked_at
                    .load(Ordering::Relaxed)
                    .max(credential.used_at.load(Ordering::Relaxed))
                > REMEMBERED_MILLIS
        };
        for credential in idle.into_iter().filter(|credential| is_old(credential)) {
            // This list and the map hold it: a third holder is at work with it.
            self.remove_if(&credential.hashes.current, |known| Arc::strong_count(known) <= 2);
        }
        watched
    }

    /// Asks the store for those. `false`: it is away, and has to be asked again soon.
    pub(super) async fn recheck(
        &self,
        store: &dyn KeyStore,
        clock: &dyn Clock,
        asked_for: Vec<Arc<AuthenticatedKey>>,
    ) -> bool {
        let mut is_away = false;
        for credential in asked_for {
            let (changes, hashes) = (self.changes(), credential.hashes);
            // Away for one it is away for all.
            if !is_away {
                match store.key_by_hash(hashes).await {
                    Ok(record) => {
                        self.take_verdict(hashes, record.as_ref(), clock.moment(), changes);
                    }
                    // Any other failure proves nothing about a key: it is asked for again in 5 seconds.
                    Err(error) => is_away = error.is_absence(),
                }
            }
            if is_away {
                credential.doubt(clock.moment());
            }
        }
        !is_away
    }

    /// Whether something for that key must wait until the store was asked again, which from then on it has to be.
    pub(super) fn doubts(&self, key: &Arc<AuthenticatedKey>, clock: &dyn Clock) -> bool {
        let is_known = !key.is_in_doubt() && (key.is_static || key.is_fresh(clock.moment()));
        if !is_known && key.gate.shut() {
            self.doubted.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(key));
            self.doubts.notify_one();
        }
        !is_known
    }

    /// Returns once there is one that must wait.
    pub(super) async fn until_doubted(&self) {
        self.doubts.notified().await;
    }

    /// Those that must wait.
    pub(super) fn take_doubted(&self) -> Vec<Arc<AuthenticatedKey>> {
        std::mem::take(&mut *self.doubted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Calls that were taken and could not be stored.
    pub(super) fn give_back_uses(&self, uses: Vec<KeyUses>) {
        self.uses.add(uses);
    }

    /// Calls of stored keys since this was last asked.
    pub(super) fn take_uses(&self) -> Vec<KeyUses> {
        let mut uses = self.uses.take();
        uses.extend(self.by_hash.iter().filter_map(|entry| entry.take_uses()));
        uses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::{
            ApiKey, NewKey,
            authenticated_key::{FRESH_MILLIS, of_static_key},
        },
        clock::ManualClock,
        secrets::SecretKey,
    };

    const NOW: Moment = Moment::same(1_700_000_000_000);

    fn accepted(known: &KeyCache) -> (KeyHashes, KeyRecord, Arc<AuthenticatedKey>) {
        let secret = SecretKey::new("k".repeat(32).into(), None);
        let key = ApiKey::generate();
        let (record, _) = key.record(&secret, NewKey::default(), "test", NOW.wall);
        let hashes = secret.key_hashes(key.expose());
        let credential = known.take_verdict(hashes, Some(&record), NOW, known.changes()).unwrap();
        (hashes, record, credential)
    }

    #[test]
    fn a_change_of_one_key_leaves_the_verdicts_on_others() {
        let known = KeyCache::default();
        let [(_, changed, first), (_, _, second)] = [accepted(&known), accepted(&known)];
        assert!(first.is_fresh(NOW) && second.is_fresh(NOW));
        known.key_changed(&changed.id);
        assert!(!first.is_fresh(NOW) && second.is_fresh(NOW));
        known.keys_changed();
        assert!(!second.is_fresh(NOW));
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept() {
        let known = KeyCache::default();
        let (hashes, record, _) = accepted(&known);
        let before = known.changes();
        known.key_changed("another");
        let credential = known.take_verdict(hashes, Some(&record), NOW, before).unwrap();
        assert!(!credential.is_fresh(NOW));
    }

    #[test]
    fn a_key_in_doubt_is_asked_for_until_the_store_vouches_for_it_or_ends_it() {
        let known = KeyCache::default();
        let (hashes, record, credential) = accepted(&known);
        credential.doubt(NOW);
        assert!(!credential.is_in_doubt(), "what the store said is still good");
        credential.doubt(NOW.plus(FRESH_MILLIS));
        assert!(credential.is_in_doubt());
        assert_eq!(known.watched(None, NOW.store).len(), 1, "though nothing is counted as open");
        let before = known.changes();
        known.key_changed(&record.id);
        known.take_verdict(hashes, Some(&record), NOW, before);
        assert!(credential.is_in_doubt(), "that was read before a change");
        known.take_verdict(hashes, Some(&record), NOW, known.changes());
        assert!(!credential.is_in_doubt());
        credential.doubt(NOW.plus(FRESH_MILLIS));
        let mut waits = std::pin::pin!(Arc::clone(&credential).until_vouched());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waits.as_mut().poll(&mut context).is_pending());
        known.take_verdict(hashes, None, NOW, known.changes());
        assert_eq!(waits.as_mut().poll(&mut context), std::task::Poll::Ready(false));
    }

    #[test]
    fn what_is_open_for_a_key_waits_once_the_verdict_is_five_seconds_old() {
        let (known, clock) = (KeyCache::default(), ManualClock::at(NOW.wall));
        let hash = [1; 32];
        known.add_static(hash, of_static_key(hash, &"static-key".into()));
        let (hashes, record, credential) = accepted(&known);
        clock.advance(FRESH_MILLIS - 1);
        assert!(!known.doubts(&credential, &clock));
        clock.advance(1);
        assert!(known.doubts(&credential, &clock) && known.doubts(&credential, &clock));
        assert!(!known.doubts(&known.get(&hash).unwrap(), &clock));
        assert_eq!((known.take_doubted().len(), known.take_doubted().len()), (1, 0), "it is asked for once");
        known.take_verdict(hashes, Some(&record), clock.moment(), known.changes());
        assert!(!known.doubts(&credential, &clock));
        known.key_changed(&record.id);
        assert!(known.doubts(&credential, &clock), "a change was heard of");
    }

    #[test]
    fn a_credential_somebody_is_at_work_with_is_not_forgotten() {
        let known = KeyCache::default();
        let (hashes, record, held) = accepted(&known);
        let (idle, idle_record, credential) = accepted(&known);
        drop(credential);
        for _ in 0..2 {
            known.make_room(NOW.plus(FRESH_MILLIS));
        }
        assert!(known.get(&idle.current).is_none() && !known.by_id.contains_key(idle_record.id.as_str()));
        known.watched(None, NOW.store.plus(REMEMBERED_MILLIS + FRESH_MILLIS));
        assert!(Arc::ptr_eq(&known.get(&hashes.current).unwrap(), &held), "its stream may be about to open");
        let revoked = KeyRecord { revoked_at: Some(NOW.wall), ..record };
        assert!(known.take_verdict(hashes, Some(&revoked), NOW, known.changes()).is_none());
        assert!(held.ended.is_cancelled());
        assert_eq!((known.by_hash.len(), known.by_id.len()), (0, 0));
    }
}
