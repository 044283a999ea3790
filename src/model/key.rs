//! What is stored of an API key: never the key itself.

use super::{Effects, ScopeSet, UnixMillis, Workspace};

/// A stored key.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// The tenant it opens.
    pub workspace: Workspace,
    /// Opaque id.
    pub id: String,
    /// HMAC-SHA-256 of the key under the secret key.
    pub hash: [u8; 32],
    /// The key's first 8 characters.
    pub prefix: String,
    /// The person it stands for; the key's own id when none was given.
    pub user_id: String,
    /// Free text of whoever made it.
    pub description: String,
    /// What it may do.
    pub scopes: ScopeSet,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it stops working, if ever.
    pub expires_at: Option<UnixMillis>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<UnixMillis>,
    /// The user's GitHub token, sealed.
    pub sealed_github_token: Option<SealedToken>,
    /// That token's first 4 characters.
    pub github_token_prefix: Option<String>,
    /// Whose token GitHub says it is, if it was asked.
    pub github_login: Option<String>,
    /// Calls a minute instead of everybody's.
    pub rate_limit: Option<u32>,
    /// The key before a rotation, and until when it still opens.
    pub previous: Option<PreviousKey>,
    /// When it was last used, to some seconds.
    pub last_used_at: Option<UnixMillis>,
    /// Calls it made, to some seconds.
    pub uses: u64,
    /// When somebody was told that it expires.
    pub noticed_at: Option<UnixMillis>,
    /// Until when somebody is being told, so that nobody else does it; what was not told by then is told again.
    pub telling_until: Option<UnixMillis>,
    /// Rises by one with every change but those of `last_used_at` and `uses`.
    pub version: i64,
}

/// A GitHub token, sealed and bound to the record and one version of it.
#[derive(Clone, Debug)]
pub struct SealedToken {
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
    /// The record's version it was stored with, so that an earlier token put back does not open; 0 for one of a data folder
    /// in which versions were not bound yet.
    pub version: i64,
}

/// A key that was replaced.
#[derive(Clone, Debug)]
pub struct PreviousKey {
    /// As [`KeyRecord::hash`].
    pub hash: [u8; 32],
    /// It opens nothing from then on.
    pub until: UnixMillis,
}

/// What one shown text may be stored under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHashes {
    /// As [`KeyRecord::hash`].
    pub current: [u8; 32],
    /// The same under the secret key before its last rotation, if there is one.
    pub old: Option<[u8; 32]>,
}

impl KeyHashes {
    /// Whether `hash` is one of them.
    pub fn contains(&self, hash: &[u8; 32]) -> bool {
        self.current == *hash || self.old.as_ref() == Some(hash)
    }
}

/// A change of a key, put in place whole or not at all.
#[derive(Debug)]
pub struct KeyChange {
    /// The record as it is to be; its version is the stored one's plus 1, and 1 for a new key.
    pub record: KeyRecord,
    /// What goes with it.
    pub effects: Effects,
    /// The answer to keep for whoever asks the same again.
    pub replay: Option<Replay>,
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Who asked and under which name.
    pub name: String,
    /// Digest of what was asked.
    pub asked: Vec<u8>,
    /// The sealed answer.
    pub sealed: Vec<u8>,
    /// Until when it is kept.
    pub until: UnixMillis,
}

impl Replay {
    /// How long an answer is kept: a day.
    pub const KEPT_MILLIS: i64 = 86_400_000;
}

/// What became of a [`KeyChange`].
#[derive(Debug, PartialEq, Eq)]
pub enum KeyOutcome {
    /// It is in place.
    Done,
    /// The record has another version by now.
    Changed,
    /// The same was asked before: nothing was done.
    Repeated(Replay),
}

impl KeyRecord {
    /// Whether the key opens anything at `now`.
    pub fn is_live(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}
