//! The seam every board provider fills.

use std::time::Duration;

use async_trait::async_trait;

use super::{BoardDescription, BoardError, BoardReport, TouchedTask};
use crate::model::{Effects, NewTask, OwedWrite, StoreMillis, Task, ToldClaim, WriteOutcome};

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
    /// When the board was read, if that was before it was asked for: another process did.
    pub read_at: Option<StoreMillis>,
}

/// A task that was made, or that the same request had made before.
#[derive(Clone, Debug)]
pub struct Created {
    /// The task, with the id and the key the board gave it.
    pub task: Task,
    /// Whether all that the task entails was recorded in the same step. If not, whoever asked records it now.
    pub recorded: bool,
    /// What of it could not be put on the board, each with the reason. The task is there all the same.
    pub warnings: Vec<String>,
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

    /// The board as a person is told of it. Nothing is asked for that.
    fn describe(&self) -> BoardDescription;

    /// How often it is read as a whole, whatever it says has changed: what it does not tell of is found then.
    fn whole_every(&self) -> Duration {
        Duration::from_secs(600)
    }

    /// Connects and reads, writes nothing, and says what was found.
    async fn check(&self) -> Result<BoardReport, BoardError>;

    /// The tasks that a webhook of the board says were touched; `None` where it is none of this board's.
    fn received(&self, _event: &str, _payload: &[u8]) -> Option<Vec<TouchedTask>> {
        None
    }

    /// Which board this is, such as `local`: the same for as long as it is the same board, wherever it moves and whatever it is
    /// called. A provider that has more than one board says what of it tells them apart.
    async fn identity(&self) -> Result<String, BoardError> {
        Ok(self.provider().to_owned())
    }

    /// What changed since `cursor`; the whole board for `None`, and when that place is no longer known. The new cursor is from
    /// before the reading, so that nothing falls between two calls.
    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, BoardError>;

    /// The tasks of those ids. Those that are gone are left out.
    async fn tasks(&self, ids: &[String]) -> Result<Vec<Task>, BoardError>;

    /// The tasks of those ids as another process on the same store has read them, which told of it; as `tasks` where it is not known
    /// what that was. With the moment at which the oldest was read, where that was before they were asked for.
    async fn told_tasks(&self, ids: &[String]) -> Result<(Vec<Task>, Option<StoreMillis>), BoardError> {
        Ok((self.tasks(ids).await?, None))
    }

    /// The task with that id or key.
    async fn find(&self, id_or_key: &str) -> Result<Option<Task>, BoardError>;

    /// The newest claim on that task of which the board itself tells, because a gateway with the same secret key wrote it there: for
    /// who has no record of it. A board that is kept with the records tells of none.
    async fn told_claim(&self, _id: &str) -> Result<Option<ToldClaim>, BoardError> {
        Ok(None)
    }

    /// Makes a task, which the board names. The same `once` makes one task, however often it is asked for. What it entails goes
    /// in with it where that is possible; `entail` is then asked before the task has its key.
    async fn create(&self, task: &NewTask, once: &str, entail: &Entail<'_>) -> Result<Created, BoardError>;

    /// Delivers owed writes (at most 64) in their order; one result each. After one that may be tried again, the rest of that task
    /// is left alone; after a failure that concerns the board as a whole, so is everything. A write of the same id changes
    /// nothing when it comes again: `attempts` says whether it may have come before.
    async fn write(&self, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>>;
}
