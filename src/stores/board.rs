//! The built-in board.

use async_trait::async_trait;

use super::{StoreError, TakenEntry};
use crate::model::{Effects, Task, TaskStatus, UnixMillis, Workspace};

/// What a person changes about a task.
#[derive(Clone, Debug, Default)]
pub struct TaskEdit {
    /// Moves it.
    pub status: Option<TaskStatus>,
    /// Assigns it to a person, or to nobody.
    pub assignee: Option<Option<String>>,
    /// Replaces its dependencies, as task ids.
    pub dependencies: Option<Vec<String>>,
    /// When.
    pub at: UnixMillis,
}

/// What became of a write of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is on the board.
    Yes,
    /// A person moved the task after the write was decided; theirs stands.
    Superseded,
    /// There is no such task.
    NoSuchTask,
}

/// Tasks of the built-in board. Every change sets `updated_at` to its moment or one more than it was, whichever is later.
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

    /// The tasks of those ids; `None` means every one. Oldest first.
    async fn tasks(&self, workspace: &Workspace, ids: Option<Vec<String>>) -> Result<Vec<Task>, StoreError>;

    /// The task with that id or key.
    async fn task(&self, workspace: &Workspace, id_or_key: &str) -> Result<Option<Task>, StoreError>;

    /// A person's change of a task; `false` when there is no such task.
    async fn edit_task(
        &self,
        workspace: &Workspace,
        task_id: &str,
        edit: TaskEdit,
        effects: Effects,
    ) -> Result<bool, StoreError>;

    /// A person's removal of a task; `false` when there is no such task.
    async fn delete_task(
        &self,
        workspace: &Workspace,
        task_id: &str,
        effects: Effects,
    ) -> Result<bool, StoreError>;

    /// Applies owed writes in order, each once however often it is delivered; one result each.
    async fn write_tasks(
        &self,
        entries: Vec<TakenEntry>,
        now: UnixMillis,
    ) -> Result<Vec<Written>, StoreError>;

    /// Comments on a task, in the order of their outbox entries.
    async fn comments(&self, workspace: &Workspace, task_id: &str) -> Result<Vec<String>, StoreError>;
}
