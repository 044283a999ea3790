//! The seam every board provider fills.

use async_trait::async_trait;

use super::BoardError;
use crate::model::{Effects, NewTask, OwedWrite, Task, WriteOutcome};

/// A place in a board's history. Only the board that gave it can read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// The difference of a board to a place in its history.
#[derive(Debug)]
pub struct Changes {
    /// Tasks that were made or changed, as they are now. A closed one may come without its description.
    pub tasks: Vec<Task>,
    /// Ids of tasks that changed and are not there any more. A board that cannot tell of them names none: they are found
    /// when it is next read as a whole.
    pub gone: Vec<String>,
    /// Whether `tasks` is all there is, since the board could not say what changed, or was not asked.
    pub is_whole: bool,
    /// The place where the next call goes on.
    pub cursor: Cursor,
}

/// A task that was made, or that the same request had made before.
#[derive(Clone, Debug)]
pub struct Created {
    /// The task, with the id and the key the board gave it.
    pub task: Task,
    /// Whether all that the task entails was recorded in the same step. If not, whoever asked records it now.
    pub recorded: bool,
}

/// What making a task entails, once the board has named it.
pub type Entail<'a> = dyn Fn(&Task) -> Effects + Send + Sync + 'a;

/// The board of one workspace.
///
/// **Only a board that is kept in our own store is atomic with what goes with a change.** There, a task is made in one step with
/// the audit record of it; a board elsewhere shares no transaction with us, and what a task entails is recorded after its
/// answer: a process that dies in between leaves a task that no record tells of, never a record of a task that is not there.
/// In the same way a write is owed in our store first and brought to the board later, once or more than once.
///
/// A board that cannot say when a person last moved a task leaves `moved_at` out of it: what a person did is then told from what
/// was last delivered. One that says it does so of every task.
///
/// Every call ends by itself: a board gives up on a backend that does not answer. None is tried again by the board beyond what its
/// protocol asks for; whoever called does that.
#[async_trait]
pub trait Board: Send + Sync {
    /// The provider's name as `KANBAN_PROVIDER` has it, such as `local`.
    fn provider(&self) -> &'static str;

    /// The board as a person is told of it, such as `the built-in board`.
    fn describe(&self) -> String;

    /// What changed since `cursor`; the whole board for `None`, and when that place is no longer known. The new cursor is from
    /// before the reading, so that nothing falls between two calls.
    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, BoardError>;

    /// The tasks of those ids. Those that are gone are left out.
    async fn tasks(&self, ids: &[String]) -> Result<Vec<Task>, BoardError>;

    /// The task with that id or key.
    async fn find(&self, id_or_key: &str) -> Result<Option<Task>, BoardError>;

    /// Makes a task, which the board names. The same `once` makes one task, however often it is asked for. What it entails goes
    /// in with it where that is possible; `entail` is then asked before the task has its key.
    async fn create(&self, task: &NewTask, once: &str, entail: &Entail<'_>) -> Result<Created, BoardError>;

    /// Delivers owed writes (at most 64) in their order; one result each. After one that may be tried again, the rest of that task
    /// is left alone; after a failure that concerns the board as a whole, so is everything. A write of the same id changes
    /// nothing when it comes again: `attempts` says whether it may have come before.
    async fn write(&self, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>>;
}
