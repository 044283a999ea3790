//! What is kept of legacy sessions: a deleted one's tombstone, and what a client set later. `initialize` writes
//! nothing.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Effects, UnixMillis, Workspace};

/// A session that was deleted or has settings.
#[derive(Clone, Debug, Default)]
pub struct SessionRow {
    /// The tenant.
    pub workspace: Workspace,
    /// Digest of the session id.
    pub digest: String,
    /// Whether it was deleted.
    pub ended: bool,
    /// Level set by `logging/setLevel`.
    pub log_level: Option<String>,
    /// Resources subscribed to.
    pub subscriptions: Vec<String>,
    /// When the row is dropped.
    pub forget_at: UnixMillis,
}

/// Rows of legacy sessions.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Inserts or replaces the row, unless the stored one has ended.
    async fn put_session(&self, row: SessionRow, effects: Effects) -> Result<(), StoreError>;

    /// The row of that digest.
    async fn session(&self, digest: &str) -> Result<Option<SessionRow>, StoreError>;

    /// Every row that is not forgotten at `now`.
    async fn sessions(&self, now: UnixMillis) -> Result<Vec<SessionRow>, StoreError>;

    /// Drops what is forgotten at `now`.
    async fn forget_sessions(&self, now: UnixMillis) -> Result<(), StoreError>;
}
