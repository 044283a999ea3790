//! How much each key used each tool, by the hour.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{UnixMillis, UsageRow, Workspace};

/// Usage. Not on disk when acknowledged.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Adds to what is there.
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError>;

    /// Everything from `since` on.
    async fn usage(&self, workspace: &Workspace, since: UnixMillis) -> Result<Vec<UsageRow>, StoreError>;

    /// Drops hours before `since`, and the oldest rows beyond `most`.
    async fn forget_usage(&self, since: UnixMillis, most: u32) -> Result<(), StoreError>;
}
