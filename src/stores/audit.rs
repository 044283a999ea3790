//! Who did what.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{AuditRecord, Workspace};

/// The audit log. Most records arrive as effects of a decision.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Writes a record of its own, on disk before it is acknowledged.
    async fn append_audit(&self, workspace: &Workspace, record: AuditRecord) -> Result<(), StoreError>;

    /// The newest records, newest first.
    async fn newest_audit(&self, workspace: &Workspace, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;
}
