//! What is stored of an API key: never the key itself.

use super::Effects;
use crate::model::{ScopeSet, StoreMillis, UnixMillis, Workspace};

/// A stored key.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// The tenant it opens.
    pub workspace: Workspace,
    /// Opaque id.
    pub id: String,
    /// What its text is found by.
    pub hashes: StoredHashes,
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
    /// The one GitHub it may be sent to; `None` for a token of a data folder in which that was not stored yet.
    pub github_host: Option<String>,
    /// Calls a minute instead of everybody's.
    pub rate_limit: Option<u32>,
    /// How often its text was replaced: who signed in with it before stays so while the text of then opens anything.
    pub turn: i64,
    /// The key before a rotation, and until when it still opens.
    pub previous: Option<PreviousKey>,
    /// When it was last used, to some seconds.
    pub last_used_at: Option<UnixMillis>,
    /// Calls it made, to some seconds.
    pub uses: u64,
    /// When somebody was told that it expires.
    pub noticed_at: Option<UnixMillis>,
    /// Until when somebody is being told, so that nobody else does it; what was not told by then is told again.
    pub telling_until: Option<StoreMillis>,
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
    /// As [`KeyRecord::hashes`].
    pub hashes: StoredHashes,
    /// It opens nothing from then on.
    pub until: UnixMillis,
    /// Whether the text that replaced it was used: its holder has it.
    pub is_over: bool,
}

/// HMAC-SHA-256 of one text under each secret key it was made or used under, at most four, the first one first; so that processes
/// with different ones know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredHashes(Vec<[u8; 32]>);

/// What a record did not have yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// A hash of the text that was shown.
    Hash,
    /// That its newest text was used.
    FirstUse,
}

/// What one shown text may be stored under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHashes {
    /// Under the secret key.
    pub current: [u8; 32],
    /// Under the one before its last rotation or after its next, if there is one.
    pub old: Option<[u8; 32]>,
}

impl KeyHashes {
    /// Whether `hash` is one of them.
    pub fn contains(&self, hash: &[u8; 32]) -> bool {
        self.current == *hash || self.old.as_ref() == Some(hash)
    }
}

impl StoredHashes {
    /// Hashes kept of one text: those of secret keys that are long gone make room.
    const MOST: usize = 4;

    /// The hashes of a text.
    pub fn of(text: KeyHashes) -> Self {
        Self(std::iter::once(text.current).chain(text.old).collect())
    }

    /// Those hashes.
    pub fn new(hashes: Vec<[u8; 32]>) -> Self {
        Self(hashes)
    }

    /// Every one.
    pub fn as_slice(&self) -> &[[u8; 32]] {
        &self.0
    }

    /// Whether they are of that text.
    pub fn are_of(&self, text: KeyHashes) -> bool {
        self.0.iter().any(|hash| text.contains(hash))
    }

    /// Adds what is missing of the same text; whether something was.
    fn add(&mut self, text: KeyHashes) -> bool {
        let missing = |hash: &[u8; 32]| !self.0.contains(hash);
        let new: Vec<_> = std::iter::once(text.current).chain(text.old).filter(missing).collect();
        self.0.extend(&new);
        self.0.drain(..self.0.len().saturating_sub(Self::MOST));
        !new.is_empty()
    }
}

/// How a secret key stands to a store's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretFit {
    /// They were made under it, or none were.
    Fits,
    /// They were made under the old one, and are made under this one from now on.
    Rotated,
    /// They were made under another.
    Another,
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
    pub until: StoreMillis,
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
    /// Takes in what the showing of a text teaches, if it is one of this key and teaches something.
    pub fn learn(&mut self, text: KeyHashes) -> Option<Learned> {
        if self.hashes.are_of(text) {
            if self.hashes.add(text) {
                return Some(Learned::Hash);
            }
            let previous = self.previous.as_mut().filter(|previous| !previous.is_over)?;
            previous.is_over = true;
            return Some(Learned::FirstUse);
        }
        let previous = self.previous.as_mut().filter(|previous| previous.hashes.are_of(text))?;
        previous.hashes.add(text).then_some(Learned::Hash)
    }

    /// Whether the key opens anything at `now`.
    pub fn is_live(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}
