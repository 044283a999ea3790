//! The built-in board.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Effects, Moment, OwedWrite, Task, TaskStatus, UnixMillis, Workspace, WriteOutcome};

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
    pub at: Moment,
    /// Only while the task is as it was seen; `None`: however it is.
    pub seen: Option<SeenTask>,
}

/// A task as a person saw it who decides something about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTask {
    /// Its status once every decision has reached the board.
    pub status: TaskStatus,
    /// The person it was assigned to.
    pub assignee: Option<String>,
    /// What it depended on, as task ids.
    pub dependencies: Vec<String>,
    /// The agent that held it, and under which generation.
    pub holder: Option<(String, i64)>,
}

/// The end of a person's change.
#[derive(Clone, Debug, PartialEq)]
pub enum Edited {
    /// It is made; the task as it is now, or as it was before it was deleted.
    Done(Box<Task>),
    /// There is no such task.
    Gone,
    /// The task is not as it was seen; nothing changed.
    Changed,
}

/// A place in the built-in board's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardPlace {
    /// The newest event.
    pub event: i64,
    /// Tasks on the board. Another number without an event is somebody's who writes to the file by other means.
    pub tasks: i64,
}

/// What is different on the built-in board since a place in its history.
#[derive(Debug)]
pub struct TaskChanges {
    /// Tasks that were made or changed, oldest first when they are all there are.
    pub tasks: Vec<Task>,
    /// Ids of those that are not there any more.
    pub gone: Vec<String>,
    /// Whether `tasks` is all there is; closed ones are without their description then.
    pub is_whole: bool,
    /// Where the board stood when the reading began.
    pub at: BoardPlace,
}

/// Tasks of the built-in board. Every change sets `updated_at` to its moment or one more than it was, whichever is later.
#[async_trait]
pub trait TaskStore: Send + Sync {
    /// Stores a task under its id and gives it the next key of its workspace; answers it as stored. One of that id that is there
    /// already is answered as it is, and nothing is changed or appended.
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

    /// What changed since that place; everything for `None`, and when the event log no longer goes back to it or does not
    /// tell of it.
    async fn task_changes(
        &self,
        workspace: &Workspace,
        since: Option<BoardPlace>,
    ) -> Result<TaskChanges, StoreError>;

    /// The tasks of those ids; `None` means every one. Oldest first.
    async fn tasks(&self, workspace: &Workspace, ids: Option<Vec<String>>) -> Result<Vec<Task>, StoreError>;

    /// The task with that id or key.
    async fn task(&self, workspace: &Workspace, id_or_key: &str) -> Result<Option<Task>, StoreError>;

    /// A person's change of a task.
    async fn edit_task(
        &self,
        workspace: &Workspace,
        task_id: &str,
        edit: TaskEdit,
        effects: Effects,
    ) -> Result<Edited, StoreError>;

    /// A person's removal of a task with its comments; `seen` as in [`TaskEdit`].
    async fn delete_task(
        &self,
        workspace: &Workspace,
        task_id: &str,
        (seen, at): (Option<SeenTask>, Moment),
        effects: Effects,
    ) -> Result<Edited, StoreError>;

    /// Forgets claims and completions of at most `limit` tasks that were deleted before that moment. One that an agent
    /// still holds is left until that has ended.
    async fn forget_deleted(
        &self,
        workspace: &Workspace,
        before: UnixMillis,
        limit: u32,
    ) -> Result<(), StoreError>;

    /// Applies owed writes of one workspace in order, each once however often it is delivered; one result each, `None` where there is no such
    /// task.
    async fn write_tasks(
        &self,
        owed: Vec<OwedWrite>,
        now: UnixMillis,
    ) -> Result<Vec<Option<WriteOutcome>>, StoreError>;

    /// Comments on a task, in the order of their outbox entries.
    async fn comments(&self, workspace: &Workspace, task_id: &str) -> Result<Vec<String>, StoreError>;
}
