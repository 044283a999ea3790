//! API keys.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Effects, KeyRecord, UnixMillis, Workspace};

/// Stored keys. Writes are on disk before they are acknowledged.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Stores a new key with its effects.
    async fn create_key(&self, record: KeyRecord, effects: Effects) -> Result<(), StoreError>;

    /// Stores `record` if no key was ever made in this store; says whether it did.
    async fn create_first_key(&self, record: KeyRecord, effects: Effects) -> Result<bool, StoreError>;

    /// The key with that hash, live or not.
    async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<KeyRecord>, StoreError>;

    /// The keys of a workspace, oldest first.
    async fn keys(&self, workspace: &Workspace) -> Result<Vec<KeyRecord>, StoreError>;

    /// Revokes a key; `false` when there is none with that id or it was revoked before.
    async fn revoke_key(
        &self,
        workspace: &Workspace,
        id: &str,
        now: UnixMillis,
        effects: Effects,
    ) -> Result<bool, StoreError>;
}
