//! Who did what, for those who ask later.

use async_trait::async_trait;

use super::StoreError;
use crate::{
    model::{AuditEntry, AuditRecord, StoreMillis, UnixMillis, Workspace},
    secrets::Checkpoint,
};

/// Which records.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only those with a smaller place.
    pub before: Option<i64>,
    /// Only those with a greater place.
    pub after: Option<i64>,
    /// Only those of this actor.
    pub actor: Option<String>,
    /// Only those whose action begins with this.
    pub action: Option<String>,
    /// Only those on this target.
    pub target: Option<String>,
    /// Only those from then on.
    pub since: Option<UnixMillis>,
    /// Most records that are looked at for those that fit; none: as many as it takes. Who finds by an index may pass over it.
    pub looks_at: Option<u32>,
}

impl AuditFilter {
    /// What somebody who waits for a page of answers has looked at.
    pub const LOOKS_AT: u32 = 20_000;
}

/// Records that fit, as far as was looked.
#[derive(Debug, Default)]
pub struct AuditPart {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// Before which place to go on; nothing: it was looked at all.
    pub rest: Option<i64>,
}

/// Who asks for the turn of linking a log: one has it at a time, until it is over or given up by asking for none.
#[derive(Clone, Copy, Debug)]
pub struct LinkTurn<'a> {
    /// Who asks.
    pub by: &'a str,
    /// The time.
    pub now: StoreMillis,
    /// How long it is to last.
    pub lasts_millis: i64,
}

/// How far a log is linked.
#[derive(Debug, Default)]
pub struct Linking {
    /// The place of the newest record.
    pub newest: i64,
    /// The place of the newest record with a link.
    pub linked: i64,
    /// A place in which nothing is that a process with our keys wrote: no link is put there, nor behind it.
    pub doubted: Option<i64>,
    /// How long somebody else has the turn, if somebody has.
    pub others_millis: Option<i64>,
    /// Why records were left without links, if it is not that.
    pub failed: Option<StoreError>,
}

/// The audit logs, one a workspace, each a chain of its own. Most records arrive as effects of a decision, in its step.
///
/// A backend makes a record's link in that step, as SQLite does, or where it cannot, afterwards: it appends the record under a MAC
/// of the same key, and one process at a time links in order. Then all that is read here but [`Self::audit`] ends at the
/// newest record that is linked.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Appends a record of its own, on disk before it is acknowledged.
    async fn append_audit(&self, workspace: &Workspace, record: AuditRecord) -> Result<(), StoreError>;

    /// At most `limit` of a workspace's records.
    async fn audit_part(
        &self,
        workspace: &Workspace,
        filter: AuditFilter,
        limit: u32,
    ) -> Result<AuditPart, StoreError>;

    /// The same, newest first, however many have to be looked at.
    async fn audit(
        &self,
        workspace: &Workspace,
        filter: AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let filter = AuditFilter { looks_at: None, ..filter };
        Ok(self.audit_part(workspace, filter, limit).await?.entries)
    }

    /// At most `limit` of a workspace's records after that place, oldest first; with [`i64::MIN`] every one, also those with a place
    /// that is none.
    async fn audit_after(
        &self,
        workspace: &Workspace,
        sequence: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// A workspace's newest record.
    async fn last_audit(&self, workspace: &Workspace) -> Result<Option<AuditEntry>, StoreError>;

    /// The place of a workspace's first record that is not from before that moment.
    async fn first_audit_since(
        &self,
        workspace: &Workspace,
        since: UnixMillis,
    ) -> Result<Option<i64>, StoreError>;

    /// After which checkpoint the log begins, if a part of it was archived.
    async fn audit_start(&self, workspace: &Workspace) -> Result<Option<Checkpoint>, StoreError>;

    /// Drops the records up to a checkpoint and begins the log after it, in one step. Nothing is done, and false answered, when the
    /// log does not hold the checkpoint's record.
    async fn begin_audit_after(
        &self,
        workspace: &Workspace,
        checkpoint: Checkpoint,
    ) -> Result<bool, StoreError>;

    /// Puts links to what has none yet, if it is that process's turn. None where each record gets its own in the step that appends it.
    async fn link_audit(&self, _: &Workspace, _: LinkTurn<'_>) -> Result<Option<Linking>, StoreError> {
        Ok(None)
    }
}
