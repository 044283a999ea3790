//! The built-in board.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Effects, OutboxEntry, Task, UnixMillis, Workspace};

/// Tasks of the built-in board.
#[async_trait]
pub trait LocalBoard: Send + Sync {
    /// Stores a task and gives it the next key of its workspace; answers it as stored.
    async fn create_task(
        &self,
        workspace: &Workspace,
        task: Task,
        effects: Effects,
    ) -> Result<Task, StoreError>;

    /// Stores `tasks` if this workspace's board never had any; says whether it did.
    async fn seed_board(
        &self,
        workspace: &Workspace,
        tasks: Vec<Task>,
        effects: Effects,
    ) -> Result<bool, StoreError>;

    /// Every task, oldest first.
    async fn tasks(&self, workspace: &Workspace) -> Result<Vec<Task>, StoreError>;

    /// The task with that id or key.
    async fn task(&self, workspace: &Workspace, id_or_key: &str) -> Result<Option<Task>, StoreError>;

    /// Applies an owed write once per entry; `false` when there is no such task.
    async fn write_task(&self, entry: &OutboxEntry, now: UnixMillis) -> Result<bool, StoreError>;

    /// Comments on a task, oldest first.
    async fn comments(&self, workspace: &Workspace, task_id: &str) -> Result<Vec<String>, StoreError>;
}
