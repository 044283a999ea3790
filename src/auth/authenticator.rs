//! From a bearer credential to a [`Principal`]. A hot call touches no database: verdicts are kept
//! for 5 seconds, and a revocation anywhere makes those on its key stale at once.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    AdminError, ApiKey, AuthError, AuthenticatedKey, KeyStanding,
    authenticated_key::of_static_key,
    key_cache::{KeyCache, REMEMBERED_MILLIS},
    key_standings::{KeyStandings, KnownStanding},
    use_counts::KeyUses,
};
use crate::{
    clock::Clock,
    limits::FailureLimiter,
    model::{
        AuditRecord, Causes, Effects, KeyChange, KeyHashes, KeyOutcome, KeyRecord, Learned, Moment,
        Principal, Workspace,
    },
    secrets::SecretKey,
    stores::{KeyStore, RateStore, StoreError},
    telemetry::metrics::{AUTH_FAILURES, AuthFailure},
};

/// Tries to add to a record that others change too.
const TRIES: usize = 3;

/// Knows every way in.
pub struct Authenticator {
    secret: Arc<SecretKey>,
    pub(super) store: Arc<dyn KeyStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) failures: FailureLimiter,
    admin_hash: Option<[u8; 32]>,
    /// When the admin token was last right, in the store's time.
    admin_seen_at: AtomicI64,
    pub(super) cache: KeyCache,
    standings: KeyStandings,
    /// Whom static keys stand for, by user id.
    static_users: HashMap<Arc<str>, Arc<Principal>>,
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
        let cache = KeyCache::default();
        let mut static_users = HashMap::new();
        let admin_hash = admin_token.map(|token| secret.hash_key(token.expose_secret()));
        for key in static_keys {
            let hash = secret.hash_key(key.expose_secret());
            let credential = of_static_key(hash, key);
            if Some(hash) != admin_hash {
                let principal = Arc::clone(&credential.principal);
                static_users.insert(Arc::clone(&principal.user_id), principal);
            }
            cache.add_static(hash, credential);
        }
        let failures = FailureLimiter::default();
        let admin_seen_at = AtomicI64::new(i64::MIN / 2);
        let standings = KeyStandings::default();
        Self { secret, store, clock, failures, admin_hash, admin_seen_at, cache, standings, static_users }
    }

    /// The same authenticator, which counts failures together with the other processes on a store, if that counts any.
    pub fn sharing(mut self, rates: Option<Arc<dyn RateStore>>) -> Self {
        self.failures = FailureLimiter::default().shared(rates, Arc::clone(&self.clock));
        self
    }

    /// The credential behind a bearer text. Only a wrong, non-empty one counts against `address`.
    ///
    /// Comparing secrets takes no time that depends on them: they are looked up by a keyed hash.
    pub async fn authenticate(
        &self,
        bearer: Option<&str>,
        address: IpAddr,
    ) -> Result<Arc<AuthenticatedKey>, AuthError> {
        self.authenticate_text(bearer, address, false).await
    }

    /// The same; `was_asked_for`: the store was asked already for something else of that text.
    pub(super) async fn authenticate_text(
        &self,
        bearer: Option<&str>,
        address: IpAddr,
        was_asked_for: bool,
    ) -> Result<Arc<AuthenticatedKey>, AuthError> {
        let bearer = bearer.filter(|text| !text.is_empty()).ok_or(AuthError::Missing)?;
        let hash = self.secret.hash_key(bearer);
        let now = self.clock.moment();
        let known = self.cache.get(&hash);
        if let Some(credential) = &known
            && self.is_fresh(credential, now)
        {
            credential.count(now.wall);
            return Ok(Arc::clone(credential));
        }
        if known.is_none() {
            self.failures.check(address).map_err(AuthError::TooManyFailures)?;
        }
        let Some(credential) = self.look_up(bearer, hash).await? else {
            if was_asked_for || self.is_asked_for(bearer, hash) {
                self.failures.count_for_all(address).await.map_err(AuthError::TooManyFailures)?;
            } else {
                self.failures.count_here(address);
            }
            return Err(AuthError::Invalid);
        };
        credential.count(now.wall);
        Ok(credential)
    }

    /// Whether this is the admin token. A wrong one counts against `address`; over its limit only a token that was right
    /// in the last hour is still compared.
    pub fn authenticate_admin(&self, bearer: Option<&str>, address: IpAddr) -> Result<(), AdminError> {
        let expected = self.admin_hash.ok_or(AdminError::Off)?;
        let bearer = bearer.filter(|text| !text.is_empty()).ok_or(AuthError::Missing)?;
        let now = self.clock.store_now();
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

    /// The credential that another gateway let in, and counted, by what it is known by.
    pub async fn vouched(&self, hashes: KeyHashes) -> Result<Option<Arc<AuthenticatedKey>>, AuthError> {
        let known =
            std::iter::once(hashes.current).chain(hashes.old).filter_map(|hash| self.cache.get(&hash));
        if let Some(credential) = known.into_iter().find(|known| self.is_fresh(known, self.clock.moment())) {
            return Ok(Some(credential));
        }
        let changes = self.cache.changes();
        let record = self.store.key_by_hash(hashes).await?;
        Ok(self.cache.take_verdict(hashes, record.as_ref(), self.clock.moment(), changes))
    }

    /// Whether this is the admin token; counts nothing, so ask only who is asked again.
    pub fn is_admin(&self, bearer: &str) -> bool {
        self.admin_hash.is_some_and(|hash| self.secret.hash_key(bearer) == hash)
    }

    /// Refuses an address that failed too often, for what is proven otherwise than by a bearer text.
    pub fn check_address(&self, address: IpAddr) -> Result<(), AuthError> {
        self.failures.check(address).map_err(AuthError::TooManyFailures)
    }

    /// Counts such a failure.
    pub fn count_failure(&self, address: IpAddr, reason: AuthFailure) {
        AUTH_FAILURES.add(reason);
        self.failures.count(address);
    }

    fn is_fresh(&self, credential: &AuthenticatedKey, now: Moment) -> bool {
        if credential.is_static {
            return Some(credential.hashes.current) != self.admin_hash;
        }
        credential.is_fresh(now)
    }

    /// Whether the store is asked for what is shown.
    fn is_asked_for(&self, bearer: &str, hash: [u8; 32]) -> bool {
        Some(hash) != self.admin_hash && ApiKey::is_well_formed(bearer)
    }

    async fn look_up(
        &self,
        bearer: &str,
        hash: [u8; 32],
    ) -> Result<Option<Arc<AuthenticatedKey>>, AuthError> {
        if !self.is_asked_for(bearer, hash) {
            return Ok(None);
        }
        let changes = self.cache.changes();
        let hashes = self.secret.key_hashes(bearer);
        let record = self.store.key_by_hash(hashes).await?;
        let now = self.clock.moment();
        if let Some(record) = record.as_ref().filter(|record| record.is_live(now.wall))
            && record.clone().learn(hashes).is_some()
            && let Err(error) = self.teach(record, hashes).await
        {
            // It is tried again at a later look-up.
            tracing::warn!(error = %Causes(&error), key_id = record.id, "what a key was shown under was not stored with it");
        }
        Ok(self.cache.take_verdict(hashes, record.as_ref(), now, changes))
    }

    /// Stores a key under every secret key that is configured here, so that it opens wherever one of them is; and that its newest
    /// text was shown.
    async fn teach(&self, found: &KeyRecord, hashes: KeyHashes) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let Some(mut record) = self.store.key(&found.workspace, &found.id).await? else { return Ok(()) };
            let Some(learned) = record.learn(hashes) else { return Ok(()) };
            record.version += 1;
            let action = match learned {
                Learned::Hash => "key.rehash",
                Learned::FirstUse => "key.first_use",
            };
            let audit = AuditRecord::without_call("system", action, &record.id, self.clock.now());
            let effects = Effects { audit: vec![audit], ..Effects::default() };
            if self.store.change_key(KeyChange { record, effects, replay: None }).await? == KeyOutcome::Done {
                return Ok(());
            }
        }
        Ok(())
    }

    /// How the stored key with that id stands; `None` for one that opens nothing any more.
    pub async fn standing(&self, id: &str) -> Result<Option<Arc<KeyStanding>>, StoreError> {
        match self.standings.get(id, self.clock.store_now()) {
            KnownStanding::Live(standing) => return Ok(Some(standing)),
            KnownStanding::Gone => return Ok(None),
            KnownStanding::Unknown => {}
        }
        let changes = self.standings.changes();
        let record = self.store.key(&Workspace::default(), id).await?;
        Ok(self.standings.take(id, record.as_ref(), self.clock.moment(), changes))
    }

    /// The turn that a stored key had when the text that was shown was new; `None` for a key that is gone.
    pub async fn turn_of(&self, key: &AuthenticatedKey) -> Result<Option<i64>, StoreError> {
        let Principal { workspace, key_id, .. } = &*key.principal;
        let record = self.store.key(workspace, key_id).await?;
        Ok(record.map(|record| record.turn - i64::from(!record.hashes.are_of(key.hashes))))
    }

    /// Whom a static key stands for, as long as the setting names the key.
    pub fn static_principal(&self, user_id: &str) -> Option<&Arc<Principal>> {
        self.static_users.get(user_id)
    }

    /// Calls that were taken and could not be stored.
    pub fn give_back_uses(&self, uses: Vec<KeyUses>) {
        self.cache.give_back_uses(uses);
    }

    /// Calls of stored keys since this was last asked: id, how many, when the last was.
    pub fn take_uses(&self) -> Vec<KeyUses> {
        self.cache.take_uses()
    }

    /// That key was changed or revoked somewhere: what is kept of it is not good any more.
    pub fn key_changed(&self, id: &str) {
        self.cache.key_changed(id);
        self.standings.key_changed(id);
    }

    /// Any key may have been: nothing kept is good any more.
    pub fn keys_changed(&self) {
        self.cache.keys_changed();
        self.standings.keys_changed();
    }

    /// Hears of failures that other processes count, until it is dropped.
    pub async fn share_failures(&self) {
        self.failures.share().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::{NewKey, authenticated_key::FRESH_MILLIS},
        clock::ManualClock,
        model::UnixMillis,
        stores::sqlite::SqliteStore,
    };

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

        /// Revokes the stored key without telling the authenticator.
        async fn revoke(&self) {
            let record = self.store.key(&Workspace::default(), &self.id).await.unwrap().unwrap();
            let record = KeyRecord { revoked_at: Some(NOW), version: record.version + 1, ..record };
            let change = KeyChange { record, effects: Effects::default(), replay: None };
            self.store.change_key(change).await.unwrap();
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
            fixture.revoke().await;
            assert!(fixture.opens(fixture.key.expose()).await, "a fresh verdict is not asked for again");
            if told {
                fixture.authenticator.key_changed(&fixture.id);
            } else {
                fixture.clock.advance(FRESH_MILLIS);
            }
            assert!(!fixture.opens(fixture.key.expose()).await);
        }
    }

    #[tokio::test]
    async fn a_verdict_is_good_for_5_seconds_whatever_the_wall_clock_shows() {
        let fixture = fixture().await;
        assert!(fixture.opens(fixture.key.expose()).await);
        fixture.revoke().await;
        fixture.clock.step_wall(-3_600_000);
        fixture.clock.advance(FRESH_MILLIS);
        assert!(!fixture.opens(fixture.key.expose()).await, "set back, it does not last an hour longer");
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
