//! What is known of an accepted key: who it stands for, until when, and how often it was used since that was last stored.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering},
};

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::{
    key_gate::KeyGate,
    principals::{principal_of, static_principal},
    use_counts::KeyUses,
};
use crate::model::{KeyHashes, KeyRecord, Moment, Principal, UnixMillis};

/// How long the store's word on one is good for.
pub(super) const FRESH_MILLIS: i64 = 5_000;

/// A key that was accepted, with what it may do and what is open for it.
#[derive(Debug)]
pub struct AuthenticatedKey {
    /// Who it stands for.
    pub principal: Arc<Principal>,
    /// Fires when the key is found revoked or expired: streams and waiting calls end.
    pub ended: CancellationToken,
    /// Streams and waiting calls that must be told.
    pub watchers: AtomicU32,
    /// What the store knows the shown text by.
    pub hashes: KeyHashes,
    /// [`i64::MAX`] for never.
    pub(super) expires_at: AtomicI64,
    /// Calls a minute instead of everybody's.
    pub rate_limit: Option<u32>,
    /// Whether its coming end was logged.
    warned: AtomicBool,
    /// Calls since they were last counted in the store, and when the last was.
    pub(super) uses: AtomicU64,
    pub(super) used_at: AtomicI64,
    /// When the store last vouched for it, in the store's time.
    pub(super) checked_at: AtomicI64,
    /// What is sent to its holder unasked passes here.
    pub(super) gate: KeyGate,
    pub(super) is_static: bool,
}

impl AuthenticatedKey {
    /// Whether it is one of `MCP_AUTH_TOKENS`.
    pub const fn is_static(&self) -> bool {
        self.is_static
    }

    /// When it ends, if that is within `millis`; `true` the first time that is asked.
    pub fn ends_within(&self, millis: i64, now: UnixMillis) -> Option<(UnixMillis, bool)> {
        let end = self.expires_at.load(Ordering::Relaxed);
        (end < now.plus(millis).0).then(|| (UnixMillis(end), !self.warned.swap(true, Ordering::Relaxed)))
    }

    /// Calls since this was last asked: the key's id, how many, when the last was. A static key has no record to count them in.
    pub(super) fn take_uses(&self) -> Option<KeyUses> {
        let uses = self.uses.swap(0, Ordering::Relaxed);
        let at = UnixMillis(self.used_at.load(Ordering::Relaxed));
        (uses > 0 && !self.is_static).then(|| (self.principal.key_id.to_string(), uses, at))
    }

    /// Whether what the store said of it is good at `now`.
    pub(super) fn is_fresh(&self, now: Moment) -> bool {
        let age = now.store.0 - self.checked_at.load(Ordering::SeqCst);
        age < FRESH_MILLIS && self.expires_at.load(Ordering::Relaxed) > now.wall.0
    }

    /// The store has to be asked again.
    pub(super) fn make_stale(&self) {
        self.checked_at.store(i64::MIN / 2, Ordering::SeqCst);
    }

    /// Whether something is open that must be told of its end, or that the store vouches for it again.
    pub(super) fn is_watched(&self) -> bool {
        self.watchers.load(Ordering::SeqCst) > 0 || self.gate.is_shut()
    }

    /// Whether what is open for it must wait before it sends more.
    pub fn is_in_doubt(&self) -> bool {
        self.gate.is_shut()
    }

    /// Returns once the store has vouched for it again, or told that it has ended: whether it is good.
    pub async fn until_vouched(self: Arc<Self>) -> bool {
        tokio::select! {
            biased;
            () = self.ended.cancelled() => false,
            () = self.gate.until_open() => true,
        }
    }

    /// The store cannot be asked for it now. What it said last is good for a while.
    pub(super) fn doubt(&self, now: Moment) {
        if !self.is_fresh(now) {
            self.gate.shut();
        }
    }

    /// Counts a call.
    pub(super) fn count(&self, now: UnixMillis) {
        self.uses.fetch_add(1, Ordering::Relaxed);
        self.used_at.store(now.0, Ordering::Relaxed);
    }

    /// Whether a record says the same of what its holder may do.
    pub(super) fn is_as(&self, record: &KeyRecord) -> bool {
        self.principal.scopes == record.scopes
            && *self.principal.user_id == record.user_id
            && self.rate_limit == record.rate_limit
    }
}

/// A stored key that was found by `hashes`.
pub(super) fn of_record(record: &KeyRecord, hashes: KeyHashes) -> AuthenticatedKey {
    let rate_limit = record.rate_limit;
    AuthenticatedKey { rate_limit, ..authenticated(principal_of(record), hashes, false) }
}

fn authenticated(principal: Principal, hashes: KeyHashes, is_static: bool) -> AuthenticatedKey {
    AuthenticatedKey {
        principal: Arc::new(principal),
        ended: CancellationToken::new(),
        watchers: AtomicU32::new(0),
        hashes,
        expires_at: AtomicI64::new(i64::MAX),
        rate_limit: None,
        warned: AtomicBool::new(false),
        uses: AtomicU64::new(0),
        used_at: AtomicI64::new(0),
        checked_at: AtomicI64::new(0),
        gate: KeyGate::default(),
        is_static,
    }
}

/// A static key, which no store knows.
pub(super) fn of_static_key(hash: [u8; 32], key: &SecretString) -> AuthenticatedKey {
    authenticated(static_principal(key), KeyHashes { current: hash, old: None }, true)
}
