//! What happened to tasks.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{HistoryEntry, UnixMillis, Workspace};

/// Entries that are kept of one task; the oldest go first.
pub const MOST_HISTORY_OF_TASK: u32 = 200;

/// Whose history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    /// That of a task, by id.
    Task(String),
    /// What moved, blocked or parked a task, by id.
    StopsOfTask(String),
    /// What an agent did.
    Agent(String),
    /// The ends of tasks that were deleted and had this key.
    Deleted(String),
}

/// An entry in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHistory {
    /// Its place among all; rises.
    pub sequence: i64,
    /// What happened.
    pub entry: HistoryEntry,
}

/// The history of tasks. Entries come with [`Effects`](crate::model::Effects), in the step of the decision. Of a grant's progress
/// only the newest is kept, and a refused report is kept once however often it is sent.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// At most `limit` entries before that place, newest first.
    async fn history(
        &self,
        workspace: &Workspace,
        of: HistoryOf,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredHistory>, StoreError>;

    /// The same of each of these, at most `limit` entries of each. One step.
    async fn histories(
        &self,
        workspace: &Workspace,
        of: Vec<HistoryOf>,
        limit: u32,
    ) -> Result<Vec<Vec<StoredHistory>>, StoreError>;

    /// The agents that the newest 2,000 entries are about, the newest first, `most` at most. One step.
    async fn recent_agents(&self, workspace: &Workspace, most: u32) -> Result<Vec<String>, StoreError>;

    /// Drops what tasks deleted before that moment left, and the oldest entries beyond `most`.
    async fn forget_history(
        &self,
        workspace: &Workspace,
        deleted_before: UnixMillis,
        most: u32,
    ) -> Result<(), StoreError>;
}
