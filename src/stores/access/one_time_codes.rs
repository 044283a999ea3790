//! One-time codes for signing in to the dashboard: who can make one can write to the store, and is its administrator.

use async_trait::async_trait;

use crate::{
    model::{Effects, KeyHashes, StoreMillis, Workspace},
    stores::StoreError,
};

/// A code as it is stored: never the code itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeCode {
    /// The tenant it opens.
    pub workspace: Workspace,
    /// Its hash under the secret key.
    pub hash: [u8; 32],
    /// It opens nothing from then on.
    pub until: StoreMillis,
}

/// Codes, where they are typed, and what was told once.
#[async_trait]
pub trait OneTimeCodeStore: Send + Sync {
    /// Adds a code with its effects; those that opened nothing any more at `now` are dropped.
    async fn put_code(&self, code: OneTimeCode, now: StoreMillis, effects: Effects)
    -> Result<(), StoreError>;

    /// Takes the code that has one of those hashes away, with the effects of that, if it opens anything at `now`; says whether it
    /// did. A code is taken once.
    async fn take_code(
        &self,
        workspace: &Workspace,
        hashes: KeyHashes,
        now: StoreMillis,
        effects: Effects,
    ) -> Result<bool, StoreError>;

    /// Whether nobody asked that of this name before: for what is told once.
    async fn first_time(&self, name: &'static str) -> Result<bool, StoreError>;

    /// Keeps the URL at which people reach the gateway on this store, for commands that do not know it.
    async fn keep_address(&self, url: &str) -> Result<(), StoreError>;

    /// The URL that was last kept, if one was.
    async fn address(&self) -> Result<Option<String>, StoreError>;
}
