//! From a bearer credential to a [`Principal`](crate::model::Principal). A hot call touches no database: verdicts are kept
//! for 5 seconds, and a revocation anywhere makes every one of them stale at once.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use dashmap::DashMap;
use secrecy::{ExposeSecret, SecretString};

use super::{
    AdminError, ApiKey, AuthError, Credential, SecretKey,
    credential::{credential_of, static_credential},
};
use crate::{
    clock::Clock,
    limits::FailureLimiter,
    model::{AuditRecord, Effects, KeyChange, KeyHashes, KeyRecord, RequestId, UnixMillis},
    stores::KeyStore,
};

/// How long a verdict is good for.
const FRESH_MILLIS: i64 = 5_000;
/// Keys remembered, some 60 MiB.
const MOST_ACCEPTED: usize = 100_000;
/// How long an accepted credential passes an address's lock.
const REMEMBERED_MILLIS: i64 = 3_600_000;

/// Knows every way in.
pub struct Authenticator {
    secret: Arc<SecretKey>,
    store: Arc<dyn KeyStore>,
    clock: Arc<dyn Clock>,
    failures: FailureLimiter,
    admin_hash: Option<[u8; 32]>,
    /// When the admin token was last right.
    admin_seen_at: AtomicI64,
    accepted: DashMap<[u8; 32], Arc<Credential>>,
    /// Calls that are not in the store yet of credentials that are known no more: how many, and when the last was.
    left: Mutex<HashMap<String, (u64, UnixMillis)>>,
    epoch: AtomicU64,
}

impl Authenticator {
    /// An authenticator for stored keys and these static ones. The admin token opens nothing here, whatever else
    /// holds the same text.
    pub fn new(
        secret: Arc<SecretKey>,
        store: Arc<dyn KeyStore>,
        clock: Arc<dyn Clock>,
        static_keys: &[SecretString],
        admin_token: Option<&SecretString>,
    ) -> Self {
        let accepted = DashMap::new();
        for key in static_keys {
            let hash = secret.hash_key(key.expose_secret());
            accepted.insert(hash, Arc::new(static_credential(hash, key)));
        }
        let admin_hash = admin_token.map(|token| secret.hash_key(token.expose_secret()));
        let failures = FailureLimiter::default();
        Self {
            secret,
            store,
            clock,
            failures,
            admin_hash,
            admin_seen_at: AtomicI64::new(i64::MIN / 2),
            accepted,
            left: Mutex::default(),
            epoch: AtomicU64::new(0),
        }
    }

    /// The credential behind a bearer text. Only a wrong, non-empty one counts against `address`.
    ///
    /// Comparing secrets takes no time that depends on them: they are looked up by a keyed hash.
    pub async fn authenticate(
        &self,
        bearer: Option<&str>,
        address: IpAddr,
    ) -> Result<Arc<Credential>, AuthError> {
        let bearer = bearer.filter(|text| !text.is_empty()).ok_or(AuthError::Missing)?;
        let hash = self.secret.hash_key(bearer);
        let now = self.clock.now();
        let known = self.accepted.get(&hash).map(|entry| Arc::clone(&entry));
        if let Some(credential) = &known
            && self.is_fresh(credential, now)
        {
            credential.count(now);
            return Ok(Arc::clone(credential));
        }
        if known.is_none() {
            self.failures.check(address).map_err(AuthError::TooManyFailures)?;
        }
        let found = self.look_up(bearer, hash).await?;
        if found.is_none() {
            self.failures.count(address);
        }
        let credential = found.ok_or(AuthError::Invalid)?;
        credential.count(now);
        Ok(credential)
    }

    /// Whether this is the admin token. A wrong one counts against `address`; over its limit only a token that was right
    /// in the last hour is still compared.
    pub fn authenticate_admin(&self, bearer: Option<&str>, address: IpAddr) -> Result<(), AdminError> {
        let expected = self.admin_hash.ok_or(AdminError::Off)?;
        let bearer = bearer.filter(|text| !text.is_empty()).ok_or(AuthError::Missing)?;
        let now = self.clock.now();
        if now.0 - self.admin_seen_at.load(Ordering::Relaxed) > REMEMBERED_MILLIS {
            self.failures.check(address).map_err(AuthError::TooManyFailures)?;
        }
        // Hashes under a key nobody else has: comparing them tells nothing of the token.
        if self.secret.hash_key(bearer) != expected {
            self.failures.check(address).map_err(AuthError::TooManyFailures)?;
            self.failures.count(address);
            return Err(AdminError::Wrong);
        }
        self.admin_seen_at.store(now.0, Ordering::Relaxed);
        Ok(())
    }

    /// Whether this is the admin token; counts nothing, so ask only who is asked again.
    pub fn is_admin(&self, bearer: &str) -> bool {
        self.admin_hash.is_some_and(|hash| self.secret.hash_key(bearer) == hash)
    }

    fn is_fresh(&self, credential: &Credential, now: UnixMillis) -> bool {
        if credential.is_static {
            return Some(credential.hashes.current) != self.admin_hash;
        }
        credential.epoch.load(Ordering::Acquire) == self.epoch.load(Ordering::Acquire)
            && now.0 - credential.checked_at.load(Ordering::Relaxed) < FRESH_MILLIS
            && credential.expires_at.load(Ordering::Relaxed) > now.0
    }

    async fn look_up(&self, bearer: &str, hash: [u8; 32]) -> Result<Option<Arc<Credential>>, AuthError> {
        if Some(hash) == self.admin_hash || !ApiKey::is_well_formed(bearer) {
            return Ok(None);
        }
        let epoch = self.epoch.load(Ordering::Acquire);
        let hashes = self.secret.key_hashes(bearer);
        let record = self.store.key_by_hash(hashes).await?;
        if let Some(record) = record.as_ref().filter(|record| Some(record.hash) == hashes.old) {
            self.rehash(record, hash).await;
        }
        Ok(self.take_verdict(hashes, record.as_ref(), epoch))
    }

    /// Stores a key under the new secret key, so that it needs the old one no more. It is tried again at a later look-up.
    async fn rehash(&self, record: &KeyRecord, hash: [u8; 32]) {
        let record = KeyRecord { hash, version: record.version + 1, ..record.clone() };
        let now = self.clock.now();
        let audit = AuditRecord {
            actor: String::from("system"),
            action: "key.rehash".into(),
            target: record.id.clone(),
            request_id: RequestId::accept(None, now).as_str().to_owned(),
            at: now,
        };
        let effects = Effects { audit: vec![audit], ..Effects::default() };
        let id = record.id.clone();
        if let Err(error) = self.store.change_key(KeyChange { record, effects, replay: None }).await {
            tracing::warn!(%error, key = id, "a key was not stored under the new secret key");
        }
    }

    /// Keeps or drops what is known of a key, by what the store said in `epoch`.
    fn take_verdict(
        &self,
        hashes: KeyHashes,
        record: Option<&KeyRecord>,
        epoch: u64,
    ) -> Option<Arc<Credential>> {
        let now = self.clock.now();
        let Some(record) = record.filter(|record| record.is_live(now)) else {
            if let Some((_, credential)) = self.accepted.remove(&hashes.current) {
                credential.ended.cancel();
                self.keep_uses(&credential);
            }
            return None;
        };
        if self.accepted.len() >= MOST_ACCEPTED {
            self.make_room();
        }
        let mut entry =
            self.accepted.entry(hashes.current).or_insert_with(|| Arc::new(credential_of(record, hashes)));
        if !entry.is_as(record) {
            // What is open was opened with rights that are no longer those of the key.
            entry.ended.cancel();
            self.keep_uses(&entry);
            *entry = Arc::new(credential_of(record, hashes));
        }
        entry.expires_at.store(record.expires_at.map_or(i64::MAX, |end| end.0), Ordering::Relaxed);
        entry.checked_at.store(now.0, Ordering::Relaxed);
        entry.epoch.store(epoch, Ordering::Release);
        Some(Arc::clone(&entry))
    }

    /// Forgets keys that were not used for some seconds, or if that is not enough all that nothing is open for: they are asked
    /// for again.
    fn make_room(&self) {
        let now = self.clock.now();
        let forget = |keep: &dyn Fn(&Credential) -> bool| {
            self.accepted.retain(|_, credential| {
                let stays = credential.is_static
                    || credential.watchers.load(Ordering::Relaxed) > 0
                    || keep(credential);
                if !stays {
                    self.keep_uses(credential);
                }
                stays
            });
        };
        forget(&|credential| now.0 - credential.checked_at.load(Ordering::Relaxed) < FRESH_MILLIS);
        if self.accepted.len() >= MOST_ACCEPTED {
            forget(&|_| false);
        }
    }

    /// Keeps what a credential counted that is about to be forgotten.
    fn keep_uses(&self, credential: &Credential) {
        self.give_back_uses(credential.take_uses().into_iter().collect());
    }

    /// Calls that were taken and could not be stored.
    pub fn give_back_uses(&self, uses: Vec<(String, u64, UnixMillis)>) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, uses, at) in uses {
            let entry = left.entry(id).or_insert((0, at));
            *entry = (entry.0 + uses, entry.1.max(at));
        }
    }

    /// Calls of stored keys since this was last asked: id, how many, when the last was.
    pub fn take_uses(&self) -> Vec<(String, u64, UnixMillis)> {
        let left = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        let left = left.into_iter().map(|(id, (uses, at))| (id, uses, at));
        left.chain(self.accepted.iter().filter_map(|entry| entry.take_uses())).collect()
    }

    /// Keys in use in the last hour, static ones always.
    pub fn known_keys(&self) -> usize {
        self.accepted.len()
    }

    /// A key was revoked somewhere: nothing kept is good any more.
    pub fn keys_changed(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// Asks the store about every credential that streams or waiting calls depend on, and forgets idle ones.
    pub async fn recheck_watched(&self) {
        let now = self.clock.now();
        self.failures.forget_idle();
        let entries: Vec<_> = self.accepted.iter().map(|entry| (*entry.key(), Arc::clone(&entry))).collect();
        for (hash, credential) in entries.into_iter().filter(|(_, credential)| !credential.is_static) {
            if credential.watchers.load(Ordering::Relaxed) > 0 {
                let epoch = self.epoch.load(Ordering::Acquire);
                // A failing store proves nothing about a key: it is asked again in 5 seconds.
                if let Ok(record) = self.store.key_by_hash(credential.hashes).await {
                    self.take_verdict(credential.hashes, record.as_ref(), epoch);
                }
            } else if now.0 - credential.checked_at.load(Ordering::Relaxed) > REMEMBERED_MILLIS {
                self.accepted.remove(&hash);
                self.keep_uses(&credential);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{auth::NewKey, clock::ManualClock, model::Workspace, stores::sqlite::SqliteStore};

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    struct Fixture {
        clock: Arc<ManualClock>,
        store: Arc<SqliteStore>,
        authenticator: Authenticator,
        key: ApiKey,
        id: String,
    }

    /// One stored key that works for a minute, a static key, and an admin token with the text of another static key.
    async fn fixture() -> Fixture {
        let secret = Arc::new(SecretKey::new("k".repeat(32).into(), None));
        let store = Arc::new(SqliteStore::in_memory(secret.audit_key()).unwrap());
        let clock = Arc::new(ManualClock::at(NOW));
        let key = ApiKey::generate();
        let new = NewKey { expires_at: Some(NOW.plus(60_000)), ..NewKey::default() };
        let (record, effects) = key.record(&secret, new, "test", NOW);
        let id = record.id.clone();
        store.change_key(KeyChange { record, effects, replay: None }).await.unwrap();
        let statics = [SecretString::from("static-key"), SecretString::from("admin-token")];
        let authenticator = Authenticator::new(
            secret,
            store.clone(),
            clock.clone(),
            &statics,
            Some(&SecretString::from("admin-token")),
        );
        Fixture { clock, store, authenticator, key, id }
    }

    impl Fixture {
        async fn opens(&self, bearer: &str) -> bool {
            self.authenticator.authenticate(Some(bearer), HERE).await.is_ok()
        }
    }

    #[tokio::test]
    async fn a_key_stops_when_it_expires_and_tells_its_streams() {
        let fixture = fixture().await;
        let credential = fixture.authenticator.authenticate(Some(fixture.key.expose()), HERE).await.unwrap();
        assert_eq!(*credential.principal.user_id, *fixture.id);
        fixture.clock.advance(59_999);
        assert!(fixture.opens(fixture.key.expose()).await);
        fixture.clock.advance(1);
        assert!(!fixture.opens(fixture.key.expose()).await);
        assert!(credential.ended.is_cancelled());
    }

    #[tokio::test]
    async fn a_revocation_is_heard_at_once_when_told_and_within_5_seconds_when_not() {
        for told in [true, false] {
            let fixture = fixture().await;
            assert!(fixture.opens(fixture.key.expose()).await);
            let record = fixture.store.key(&Workspace::default(), &fixture.id).await.unwrap().unwrap();
            let record = KeyRecord { revoked_at: Some(NOW), version: record.version + 1, ..record };
            let change = KeyChange { record, effects: Effects::default(), replay: None };
            fixture.store.change_key(change).await.unwrap();
            assert!(fixture.opens(fixture.key.expose()).await, "a fresh verdict is not asked for again");
            if told {
                fixture.authenticator.keys_changed();
            } else {
                fixture.clock.advance(FRESH_MILLIS);
            }
            assert!(!fixture.opens(fixture.key.expose()).await);
        }
    }

    #[tokio::test]
    async fn static_keys_open_but_never_with_the_admin_tokens_text() {
        let fixture = fixture().await;
        let credential = fixture.authenticator.authenticate(Some("static-key"), HERE).await.unwrap();
        assert!(
            credential.principal.user_id.starts_with("static-") && credential.principal.user_id.len() == 15
        );
        assert!(!fixture.opens("admin-token").await);
        assert!(matches!(fixture.authenticator.authenticate(Some(""), HERE).await, Err(AuthError::Missing)));
    }
}
