//! An agent's hold on a task.

use std::fmt;

use super::{UnixMillis, task::words};

/// How a claim stands. A `Live` one whose lease has ended counts as none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimState {
    /// The agent works on it, as long as the lease lasts.
    Live,
    /// The agent finished it.
    Done,
    /// The agent could not go on; it holds nothing.
    Blocked,
}

words!(ClaimState { Live = "live", Done = "done", Blocked = "blocked" });

/// The newest claim on a task.
#[derive(Clone, Debug)]
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
    pub granted_at: UnixMillis,
    /// When the lease ends unless renewed.
    pub expires_at: UnixMillis,
    /// Percent done, as last reported.
    pub progress: u8,
    /// What the holder last said.
    pub message: String,
}

impl Claim {
    /// Whether the holder holds the task at `now`.
    pub fn is_live(&self, now: UnixMillis) -> bool {
        self.state == ClaimState::Live && self.expires_at > now
    }
}
