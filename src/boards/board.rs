//! The seam every board provider fills.

use async_trait::async_trait;

use crate::{
    model::{Effects, NewTask, Task, Workspace},
    stores::{StoreError, TakenEntry, Written},
};

/// A board's failure, by meaning.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// There is no such task on the board (any more).
    #[error("the board has no such task")]
    NoSuchTask,
    /// The board cannot be reached or written just now.
    #[error(transparent)]
    Unavailable(StoreError),
}

impl From<StoreError> for BoardError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}

/// A place in a board's history. Only the board that gave it can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// What is different on a board since a place in its history.
#[derive(Debug)]
pub struct Changes {
    /// Tasks that were made or changed, as they are now. A closed one may come without its description.
    pub tasks: Vec<Task>,
    /// Ids of tasks that changed and are not there any more.
    pub gone: Vec<String>,
    /// Whether `tasks` is all there is, since the board could not say what changed, or was not asked.
    pub is_whole: bool,
    /// Where the next call goes on.
    pub cursor: Cursor,
}

/// A workspace's board.
#[async_trait]
pub trait Board: Send + Sync {
    /// The provider's name, such as `local`.
    fn provider(&self) -> &'static str;

    /// What changed since `cursor`; everything for `None`. The cursor is from before the reading, so that nothing falls
    /// between two calls.
    async fn changes(&self, workspace: &Workspace, since: Option<Cursor>) -> Result<Changes, BoardError>;

    /// The tasks of those ids. Those that are gone are left out.
    async fn tasks(&self, workspace: &Workspace, ids: Vec<String>) -> Result<Vec<Task>, BoardError>;

    /// The task with that id or key.
    async fn task(&self, workspace: &Workspace, id_or_key: &str) -> Result<Option<Task>, BoardError>;

    /// Makes a task under the id it is given; `effects` are appended if and only if it is made.
    async fn create(
        &self,
        workspace: &Workspace,
        id: String,
        task: NewTask,
        effects: Effects,
    ) -> Result<Task, BoardError>;

    /// Delivers owed writes in order; one result each. After a failure the rest of that task is left alone. A second
    /// delivery of the same entry changes nothing.
    async fn deliver(&self, entries: &[TakenEntry]) -> Vec<Result<Written, BoardError>>;
}
