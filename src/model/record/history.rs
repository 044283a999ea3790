//! What happened to tasks, as people ask for it: who was granted one, what became of that, and why.

use crate::model::{UnixMillis, words::words};

/// Characters of what was said that are kept.
const MOST_WORDS: usize = 500;

/// What happened to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryAction {
    /// An agent was granted it.
    Granted,
    /// Its holder said how it goes. Of a grant only the newest is kept.
    Progress,
    /// Its holder came back after the lease had ended, and holds it again.
    Resumed,
    /// Its holder finished it.
    Completed,
    /// Its holder cannot go on.
    Blocked,
    /// Its holder gave it back.
    Released,
    /// Its holder's lease ended.
    LeaseEnded,
    /// Its holder's lease ended, one too many in a row.
    Parked,
    /// What a person did on the board ended the claim on it.
    EndedByPerson,
    /// The claim that the board tells of was put on record again.
    Recovered,
    /// A report of an agent that does not hold it was not taken.
    Refused,
    /// It was made.
    Created,
    /// A person moved it.
    Moved,
    /// A person assigned it.
    Assigned,
    /// A person took the assignment back.
    Unassigned,
    /// A person changed what it depends on.
    Depends,
    /// A person deleted it.
    Deleted,
}

words!(HistoryAction {
    Granted = "granted",
    Progress = "progress",
    Resumed = "resumed",
    Completed = "completed",
    Blocked = "blocked",
    Released = "released",
    LeaseEnded = "lease_ended",
    Parked = "parked",
    EndedByPerson = "ended_by_person",
    Recovered = "recovered",
    Refused = "refused",
    Created = "created",
    Moved = "moved",
    Assigned = "assigned",
    Unassigned = "unassigned",
    Depends = "depends",
    Deleted = "deleted"
});

/// The reason why an agent holds a task no longer without having said so, or why its report came too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// Its lease ended.
    LeaseEnded,
    /// A person moved or assigned the task.
    MovedByPerson,
    /// The task is gone from the board.
    Deleted,
    /// Somebody was granted the task since.
    GrantedSince,
}

words!(LossCause {
    LeaseEnded = "lease_ended",
    MovedByPerson = "moved_by_person",
    Deleted = "deleted",
    GrantedSince = "granted_since"
});

/// A thing that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The task.
    pub task_id: String,
    /// When, by the wall clock.
    pub at: UnixMillis,
    /// What.
    pub action: HistoryAction,
    /// The agent it is about, or nothing.
    pub agent_id: String,
    /// A key id, `admin`, `command-line`, or `system` for the gateway itself.
    pub actor: String,
    /// The claim it is about.
    pub generation: Option<i64>,
    /// Percent done by then.
    pub progress: Option<u8>,
    /// The reason of a loss.
    pub cause: Option<LossCause>,
    /// What was said, or what it was changed to; at most 500 characters.
    pub words: String,
}

impl HistoryEntry {
    /// An entry that is about no claim.
    pub fn of_task(task_id: &str, action: HistoryAction, actor: &str, at: UnixMillis) -> Self {
        Self {
            task_id: task_id.to_owned(),
            at,
            action,
            agent_id: String::new(),
            actor: actor.to_owned(),
            generation: None,
            progress: None,
            cause: None,
            words: String::new(),
        }
    }

    /// The same with what was said, as much of it as is kept.
    pub fn with_words(mut self, words: &str) -> Self {
        self.words = words.chars().take(MOST_WORDS).collect();
        self
    }

    /// Whether it tells of that act with these words, as far as they are kept.
    pub fn tells(&self, action: HistoryAction, words: &str) -> bool {
        self.action == action && self.words.chars().eq(words.chars().take(MOST_WORDS))
    }
}
