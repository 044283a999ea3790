//! From a bearer credential to a [`Principal`]. A hot call touches no database: verdicts are kept for 5 seconds, and
//! a revocation anywhere makes every one of them stale at once.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering},
    },
};

use dashmap::DashMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::{ApiKey, AuthError, SecretKey};
use crate::{
    clock::Clock,
    limits::FailureLimiter,
    model::{KeyRecord, Principal, ScopeSet, UnixMillis, Workspace},
    stores::KeyStore,
};

/// How long a verdict is good for.
const FRESH_MILLIS: i64 = 5_000;
/// How long an accepted credential passes an address's lock.
const REMEMBERED_MILLIS: i64 = 3_600_000;

/// An accepted credential.
#[derive(Debug)]
pub struct Credential {
    /// Who it stands for.
    pub principal: Arc<Principal>,
    /// Fires when the key is found revoked or expired: streams and waiting calls end.
    pub ended: CancellationToken,
    /// Streams and waiting calls that must be told.
    pub watchers: AtomicU32,
    /// What the store knows it by: under the old secret key until it is rehashed.
    hash: [u8; 32],
    expires_at: Option<UnixMillis>,
    checked_at: AtomicI64,
    epoch: AtomicU64,
    is_static: bool,
}

/// Knows every way in.
pub struct Authenticator {
    secret: Arc<SecretKey>,
    store: Arc<dyn KeyStore>,
    clock: Arc<dyn Clock>,
    failures: FailureLimiter,
    admin_hash: Option<[u8; 32]>,
    accepted: DashMap<[u8; 32], Arc<Credential>>,
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
        Self { secret, store, clock, failures, admin_hash, accepted, epoch: AtomicU64::new(0) }
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
        let known = self.accepted.get(&hash).map(|entry| Arc::clone(&entry));
        if let Some(credential) = &known
            && self.is_fresh(credential)
        {
            return Ok(Arc::clone(credential));
        }
        if known.is_none() {
            self.failures.check(address).map_err(AuthError::TooManyFailures)?;
        }
        let found = self.look_up(bearer, hash).await?;
        if found.is_none() {
            self.failures.count(address);
        }
        found.ok_or(AuthError::Invalid)
    }

    fn is_fresh(&self, credential: &Credential) -> bool {
        if credential.is_static {
            return Some(credential.hash) != self.admin_hash;
        }
        let now = self.clock.now();
        credential.epoch.load(Ordering::Acquire) == self.epoch.load(Ordering::Acquire)
            && now.0 - credential.checked_at.load(Ordering::Relaxed) < FRESH_MILLIS
            && credential.expires_at.is_none_or(|end| end > now)
    }

    async fn look_up(&self, bearer: &str, hash: [u8; 32]) -> Result<Option<Arc<Credential>>, AuthError> {
        if Some(hash) == self.admin_hash || !ApiKey::is_well_formed(bearer) {
            return Ok(None);
        }
        let epoch = self.epoch.load(Ordering::Acquire);
        let mut record = self.store.key_by_hash(hash).await?;
        if let (None, Some(old)) = (&record, self.secret.old_hash_key(bearer)) {
            record = self.store.key_by_hash(old).await?;
        }
        Ok(self.take_verdict(hash, record.as_ref(), epoch))
    }

    /// Keeps or drops what is known of `hash`, by what the store said in `epoch`.
    fn take_verdict(
        &self,
        hash: [u8; 32],
        record: Option<&KeyRecord>,
        epoch: u64,
    ) -> Option<Arc<Credential>> {
        let now = self.clock.now();
        let Some(record) = record.filter(|record| record.is_live(now)) else {
            if let Some((_, credential)) = self.accepted.remove(&hash) {
                credential.ended.cancel();
            }
            return None;
        };
        let entry = self.accepted.entry(hash).or_insert_with(|| Arc::new(credential_of(record)));
        entry.checked_at.store(now.0, Ordering::Relaxed);
        entry.epoch.store(epoch, Ordering::Release);
        Some(Arc::clone(&entry))
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
                if let Ok(record) = self.store.key_by_hash(credential.hash).await {
                    self.take_verdict(hash, record.as_ref(), epoch);
                }
            } else if now.0 - credential.checked_at.load(Ordering::Relaxed) > REMEMBERED_MILLIS {
                self.accepted.remove(&hash);
            }
        }
    }
}

fn credential_of(record: &KeyRecord) -> Credential {
    let principal = Principal {
        workspace: record.workspace.clone(),
        user_id: record.user_id.as_str().into(),
        key_id: record.id.as_str().into(),
        key_prefix: record.prefix.as_str().into(),
        scopes: record.scopes,
    };
    Credential {
        principal: Arc::new(principal),
        ended: CancellationToken::new(),
        watchers: AtomicU32::new(0),
        hash: record.hash,
        expires_at: record.expires_at,
        checked_at: AtomicI64::new(0),
        epoch: AtomicU64::new(0),
        is_static: false,
    }
}

fn static_credential(hash: [u8; 32], key: &SecretString) -> Credential {
    let digest = Sha256::digest(key.expose_secret());
    let name: Arc<str> =
        format!("static-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]).into();
    let principal = Principal {
        workspace: Workspace::default(),
        user_id: Arc::clone(&name),
        key_id: Arc::clone(&name),
        key_prefix: name,
        scopes: ScopeSet::standard(),
    };
    Credential {
        principal: Arc::new(principal),
        ended: CancellationToken::new(),
        watchers: AtomicU32::new(0),
        hash,
        expires_at: None,
        checked_at: AtomicI64::new(0),
        epoch: AtomicU64::new(0),
        is_static: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{auth::NewKey, clock::ManualClock, model::Effects, stores::sqlite::SqliteStore};

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
        let (clock, store) = (Arc::new(ManualClock::at(NOW)), Arc::new(SqliteStore::in_memory().unwrap()));
        let secret = Arc::new(SecretKey::new("k".repeat(32).into(), None));
        let key = ApiKey::generate();
        let new = NewKey { expires_at: Some(NOW.plus(60_000)), ..NewKey::default() };
        let (record, effects) = key.record(&secret, new, "test", NOW);
        let id = record.id.clone();
        store.create_key(record, effects).await.unwrap();
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
            fixture
                .store
                .revoke_key(&Workspace::default(), &fixture.id, NOW, Effects::default())
                .await
                .unwrap();
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
