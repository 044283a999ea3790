//! An agent's hold on a task.

use serde::{Deserialize, Serialize};

use super::{Severity, TaskStatus};
use crate::model::{StoreMillis, UnixMillis, words::words};

/// How a claim stands. A `Live` one whose lease has ended counts as none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// The agent works on it, as long as the lease lasts.
    Live,
    /// The agent finished it.
    Done,
    /// The agent could not go on; it holds nothing.
    Blocked,
    /// The agent gave it back; it is open.
    Released,
    /// Too many holders in a row lost it; a person has to look at it.
    Parked,
    /// A person's move on the board ended it: the board says how the task stands.
    Ended,
}

words!(ClaimState {
    Live = "live",
    Done = "done",
    Blocked = "blocked",
    Released = "released",
    Parked = "parked",
    Ended = "ended"
});

/// What a former holder left behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HandOff {
    /// Who held it.
    pub agent_id: String,
    /// Percent done, as they last reported.
    pub progress: u8,
    /// What they last said.
    pub message: String,
    /// How long they held it, in milliseconds.
    pub held_millis: i64,
}

/// A status the board was seen with, or brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BoardMark {
    /// The status.
    pub status: TaskStatus,
    /// When.
    pub at: StoreMillis,
}

/// The newest claim on a task, with what must outlive it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// The task.
    pub task_id: String,
    /// Its holder.
    pub agent_id: String,
    /// Fencing number: rises with every grant of this task, for ever.
    pub generation: i64,
    /// How it stands.
    pub state: ClaimState,
    /// When it was granted.
    pub granted_at: StoreMillis,
    /// When the lease ends unless renewed.
    pub expires_at: StoreMillis,
    /// Percent done, as last reported.
    pub progress: u8,
    /// What the holder last said.
    pub message: String,
    /// How bad it is, if it is blocked.
    pub severity: Option<Severity>,
    /// Agents in a row whose lease on the task ended before they did, newest last.
    pub lost_by: Vec<String>,
    /// Whether the end of this claim's lease was recorded.
    pub expiry_recorded: bool,
    /// What the holder before this one left.
    pub hand_off: Option<HandOff>,
    /// How the board stood when a decision last looked.
    pub seen: BoardMark,
    /// The newest move of a person that was known to whoever last decided on it, where the board says when those were.
    #[serde(default)]
    pub moved_at: Option<UnixMillis>,
    /// The end of the lease as the board was told of it, at least as late as it is; `None` where boards are not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_until: Option<UnixMillis>,
    /// What was last delivered to the board. Kept by the store beside the record, not in it.
    #[serde(skip)]
    pub delivered: Option<BoardMark>,
    /// The reason why the board does not take a write about the task, until it takes a later move. Kept by the store beside the
    /// record, not in it.
    #[serde(skip)]
    pub rejected: Option<String>,
    /// Rises by one with every change of the record; 1 is the first.
    pub version: i64,
}

impl Claim {
    /// Whether the holder holds the task at `now`.
    pub fn is_live(&self, now: StoreMillis) -> bool {
        self.state == ClaimState::Live && self.expires_at > now
    }

    /// The status the board had when it was last seen or written by us, whichever is later.
    pub fn expected_on_board(&self) -> TaskStatus {
        match self.delivered {
            Some(delivered) if delivered.at >= self.seen.at => delivered.status,
            _ => self.seen.status,
        }
    }

    /// What this holder leaves to the next, should it hold no longer at `now`.
    pub fn hand_off_at(&self, now: StoreMillis) -> HandOff {
        HandOff {
            agent_id: self.agent_id.clone(),
            progress: self.progress,
            message: self.message.clone(),
            held_millis: self.expires_at.min(now).since(self.granted_at),
        }
    }
}

/// The status a task has at `now`, given how the board has it and the newest claim on it.
pub fn shown_status(on_board: TaskStatus, claim: Option<&Claim>, now: StoreMillis) -> TaskStatus {
    match claim {
        None => on_board,
        Some(claim) => match claim.state {
            ClaimState::Live if claim.is_live(now) => TaskStatus::InProgress,
            ClaimState::Live | ClaimState::Released => TaskStatus::Todo,
            ClaimState::Done => TaskStatus::Done,
            ClaimState::Blocked | ClaimState::Parked => TaskStatus::Blocked,
            ClaimState::Ended => on_board,
        },
    }
}

#[cfg(test)]
impl Claim {
    /// A live first claim of that agent on that task, granted at 0 for ten minutes; for tests.
    pub(crate) fn held(task_id: &str, agent_id: &str) -> Self {
        Self {
            task_id: task_id.to_owned(),
            agent_id: agent_id.to_owned(),
            generation: 1,
            state: ClaimState::Live,
            granted_at: StoreMillis(0),
            expires_at: StoreMillis(600_000),
            progress: 0,
            message: String::new(),
            severity: None,
            lost_by: Vec::new(),
            expiry_recorded: false,
            hand_off: None,
            seen: BoardMark { status: TaskStatus::Todo, at: StoreMillis(0) },
            moved_at: None,
            told_until: None,
            delivered: None,
            rejected: None,
            version: 1,
        }
    }
}
