//! How stored keys stand, by id: what sessions of the dashboard are held against. The store's word on one is good for 5 seconds, and
//! less when its key is changed.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use dashmap::DashMap;

use super::{authenticated_key::FRESH_MILLIS, principals::principal_of};
use crate::model::{KeyRecord, Moment, Principal, StoreMillis, UnixMillis};

/// Keys remembered, some 5 MiB.
const MOST: usize = 10_000;

/// A live key.
#[derive(Debug)]
pub struct KeyStanding {
    /// Whom it stands for.
    pub principal: Arc<Principal>,
    /// What its holder is called.
    pub name: String,
    turn: i64,
    /// Until when the text before the last rotation opens anything.
    previous_until: Option<UnixMillis>,
    expires_at: Option<UnixMillis>,
}

impl KeyStanding {
    fn of(record: &KeyRecord) -> Self {
        let has_user = record.user_id != record.id;
        let described = Some(&record.description).filter(|text| !text.is_empty());
        let name = if has_user { &record.user_id } else { described.unwrap_or(&record.prefix) };
        Self {
            principal: Arc::new(principal_of(record)),
            name: name.clone(),
            turn: record.turn,
            previous_until: record.previous.as_ref().map(|previous| previous.until),
            expires_at: record.expires_at,
        }
    }

    /// How often its text was replaced.
    pub const fn turn(&self) -> i64 {
        self.turn
    }

    /// Whether who signed in when it had that turn is still signed in at `now`.
    pub fn admits(&self, turn: i64, now: UnixMillis) -> bool {
        let is_live = self.expires_at.is_none_or(|end| end > now);
        let is_previous = turn + 1 == self.turn && self.previous_until.is_some_and(|until| until > now);
        is_live && (turn == self.turn || is_previous)
    }
}

/// What is known of one key.
#[derive(Debug)]
pub(super) enum KnownStanding {
    /// Nothing that is still good: ask the store.
    Unknown,
    /// It opens nothing.
    Gone,
    /// It stands so.
    Live(Arc<KeyStanding>),
}

/// What is known of keys.
#[derive(Default)]
pub(super) struct KeyStandings {
    by_id: DashMap<String, (Option<Arc<KeyStanding>>, StoreMillis)>,
    /// How many changes of keys were heard of: what was read before one of them is not kept.
    changes: AtomicU64,
}

impl KeyStandings {
    /// What is known of the key.
    pub(super) fn get(&self, id: &str, now: StoreMillis) -> KnownStanding {
        let Some(known) = self.by_id.get(id) else { return KnownStanding::Unknown };
        match &known.0 {
            _ if now.since(known.1) >= FRESH_MILLIS => KnownStanding::Unknown,
            Some(standing) => KnownStanding::Live(Arc::clone(standing)),
            None => KnownStanding::Gone,
        }
    }

    /// To be asked before the store is, and given to [`Self::take`].
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// Keeps what the store said when so many `changes` were heard of.
    pub(super) fn take(
        &self,
        id: &str,
        record: Option<&KeyRecord>,
        now: Moment,
        changes: u64,
    ) -> Option<Arc<KeyStanding>> {
        let live = record.filter(|record| record.is_live(now.wall));
        let standing = live.map(|record| Arc::new(KeyStanding::of(record)));
        if self.by_id.len() >= MOST {
            self.by_id.clear();
        }
        self.by_id.insert(id.to_owned(), (standing.clone(), now.store));
        if self.changes() != changes {
            self.by_id.remove(id);
        }
        standing
    }

    /// That key was changed: it has to be asked for again.
    pub(super) fn key_changed(&self, id: &str) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.by_id.remove(id);
    }

    /// Any key may have been changed.
    pub(super) fn keys_changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.by_id.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::{ApiKey, NewKey},
        model::{PreviousKey, StoredHashes},
        secrets::SecretKey,
    };

    const NOW: Moment = Moment::same(1_700_000_000_000);

    fn record() -> KeyRecord {
        let secret = SecretKey::new("k".repeat(32).into(), None);
        ApiKey::generate().record(&secret, NewKey::default(), "test", NOW.wall).0
    }

    #[test]
    fn a_session_outlives_one_rotation_for_the_time_of_grace() {
        let previous =
            PreviousKey { hashes: StoredHashes::default(), until: NOW.wall.plus(1_000), is_over: true };
        let standing = KeyStanding::of(&KeyRecord { turn: 2, previous: Some(previous), ..record() });
        let admits = |turn, millis| standing.admits(turn, NOW.wall.plus(millis));
        assert!(admits(2, 0) && admits(1, 999) && !admits(1, 1_000) && !admits(0, 0) && !admits(3, 0));
        let ended = KeyStanding::of(&KeyRecord { expires_at: Some(NOW.wall), ..record() });
        assert!(!ended.admits(0, NOW.wall));
    }

    #[test]
    fn what_is_known_of_a_key_ends_with_its_change_and_after_five_seconds() {
        let (standings, record) = (KeyStandings::default(), record());
        let id = record.id.as_str();
        standings.take(id, Some(&record), NOW, standings.changes());
        assert!(matches!(standings.get(id, NOW.store), KnownStanding::Live(_)));
        assert!(matches!(standings.get(id, NOW.store.plus(FRESH_MILLIS)), KnownStanding::Unknown));
        standings.key_changed(id);
        assert!(matches!(standings.get(id, NOW.store), KnownStanding::Unknown));
        let before = standings.changes();
        standings.key_changed("another");
        standings.take(id, Some(&record), NOW, before);
        let known = standings.get(id, NOW.store);
        assert!(matches!(known, KnownStanding::Unknown), "it was read before a change");
        standings.take(id, None, NOW, standings.changes());
        assert!(matches!(standings.get(id, NOW.store), KnownStanding::Gone));
    }
}
