//! API keys.

use async_trait::async_trait;

use crate::{
    model::{
        Effects, KeyChange, KeyHashes, KeyOutcome, KeyRecord, Replay, SecretFit, StoreMillis, UnixMillis,
        Workspace,
    },
    stores::StoreError,
};

/// Which keys.
#[derive(Clone, Debug, Default)]
pub struct KeyFilter {
    /// Only this user's.
    pub user_id: Option<String>,
    /// Only those made after the one with this id; ids rise with time.
    pub after: Option<String>,
    /// Leaves out revoked ones.
    pub unrevoked: bool,
    /// Only those that end before that moment.
    pub ends_before: Option<UnixMillis>,
    /// At most so many; all when `None`.
    pub limit: Option<u32>,
}

/// A part of the keys that are not revoked, those that end first at the front, then those that never end; among equals the oldest.
#[derive(Clone, Debug, Default)]
pub struct KeysByEnd {
    /// Only this user's.
    pub user_id: Option<String>,
    /// Those after so many.
    pub offset: u32,
    /// At most so many.
    pub limit: u32,
}

/// A part of keys.
#[derive(Clone, Debug, Default)]
pub struct KeysPart {
    /// The keys.
    pub keys: Vec<KeyRecord>,
    /// How many there are in all parts.
    pub total: usize,
}

/// Stored keys. Writes are on disk before they are acknowledged.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// In one step: puts a record in place, with its effects and its replay, if the stored one has the version before and no answer
    /// of the replay's name is kept.
    async fn change_key(&self, change: KeyChange) -> Result<KeyOutcome, StoreError>;

    /// Whether no key was ever made in this store, or the first one was never handed over.
    async fn wants_first_key(&self) -> Result<bool, StoreError>;

    /// In one step: stores `record` with its effects if a first key is wanted, to be handed over; says whether it did.
    async fn create_first_key(&self, record: KeyRecord, effects: Effects) -> Result<bool, StoreError>;

    /// Somebody has the first key: none is wanted any more.
    async fn first_key_handed_over(&self) -> Result<(), StoreError>;

    /// What tells the secret key the records are made under from any other, if it was kept.
    async fn secret_check(&self) -> Result<Option<[u8; 32]>, StoreError>;

    /// Whether the records are made under the secret key with that check value, or were under the old one. Where none is kept,
    /// or the old one, the current is kept from now on.
    async fn check_secret(&self, checks: KeyHashes) -> Result<SecretFit, StoreError>;

    /// The key with one of those hashes, looked for at one moment, live or not. Found by the text before its rotation, it
    /// expires when that one does.
    async fn key_by_hash(&self, hashes: KeyHashes) -> Result<Option<KeyRecord>, StoreError>;

    /// How many keys open something at `now`.
    async fn count_live(&self, workspace: &Workspace, now: UnixMillis) -> Result<usize, StoreError>;

    /// The key with that id, live or not.
    async fn key(&self, workspace: &Workspace, id: &str) -> Result<Option<KeyRecord>, StoreError>;

    /// Keys of a workspace, oldest first.
    async fn keys(&self, workspace: &Workspace, filter: KeyFilter) -> Result<Vec<KeyRecord>, StoreError>;

    /// A part of the keys of a workspace, by their ends. One step; no more of them than that part is held in memory.
    async fn keys_by_end(&self, workspace: &Workspace, asked: KeysByEnd) -> Result<KeysPart, StoreError>;

    /// Adds calls to keys: id, how many, when the last was. Each key by itself; not on disk when acknowledged.
    async fn count_uses(
        &self,
        workspace: &Workspace,
        uses: Vec<(String, u64, UnixMillis)>,
    ) -> Result<(), StoreError>;

    /// The kept answer of that name, if it is kept at `now`.
    async fn replay(
        &self,
        workspace: &Workspace,
        name: &str,
        now: StoreMillis,
    ) -> Result<Option<Replay>, StoreError>;

    /// Drops answers that are not kept at `now`.
    async fn forget_replays(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError>;
}
