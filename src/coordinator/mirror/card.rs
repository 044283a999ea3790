//! One task in the mirror.

use std::sync::Arc;

use super::{place::GroupPlace, ready::Spot};
use crate::{
    model::{Claim, Moment, StoreMillis, Task, TaskStatus, shown_status, visible},
    stores::SeenTask,
};

/// How a task stands for those who look for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be granted.
    Ready,
    /// It is open and waits for others.
    Waiting,
    /// It is open and assigned to a person.
    Assigned,
    /// An agent holds it.
    Held,
    /// A person works on it: in progress without a claim of ours.
    WithPerson,
    /// It is blocked or parked.
    Blocked,
    /// It is not open yet.
    Backlog,
    /// It is done.
    Done,
    /// It is cancelled.
    Cancelled,
}

impl Standing {
    /// How many there are.
    pub(super) const COUNT: usize = 9;

    /// Whether nothing more is to be done.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }
}

/// A task with the newest claim on it, as of one moment.
#[derive(Clone, Debug)]
pub struct TaskCard {
    /// The task as the board has it; one that is closed there without its description, which is kept on the board alone.
    pub task: Arc<Task>,
    /// The newest claim.
    pub claim: Option<Arc<Claim>>,
    /// Its status once every decision has reached the board.
    pub status: TaskStatus,
    /// When this was so.
    pub now: Moment,
}

impl TaskCard {
    /// What people call the task: key and title.
    pub fn name(&self) -> String {
        format!("{} {}", self.task.key, visible(&self.task.title))
    }

    /// The reason why the board does not take a change of the task that was decided.
    pub fn rejected(&self) -> Option<&str> {
        self.claim.as_ref()?.rejected.as_deref()
    }

    /// What whoever decides something about the task has before their eyes.
    pub fn seen(&self) -> SeenTask {
        SeenTask {
            status: shown_status(self.task.status, self.claim.as_deref(), self.now.store),
            assignee: self.task.assignee.clone(),
            dependencies: self.task.dependencies.clone(),
            holder: self.holder().map(|claim| (claim.agent_id.clone(), claim.generation)),
        }
    }

    /// The claim that holds the task.
    pub fn holder(&self) -> Option<&Claim> {
        self.claim.as_deref().filter(|claim| claim.is_live(self.now.store))
    }
}

pub(super) struct Card {
    pub(super) task: Arc<Task>,
    pub(super) claim: Option<Arc<Claim>>,
    /// Its words, by number, sorted.
    pub(super) terms: Box<[u32]>,
    pub(super) standing: Standing,
    /// Its place among those that stand alike.
    pub(super) placed: Option<GroupPlace>,
    /// Its spot in the index while it is ready.
    pub(super) spot: Option<Spot>,
    /// When the live claim on it ends.
    pub(super) ends_at: Option<StoreMillis>,
}
