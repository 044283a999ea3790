//! Why an agent holds a task no longer without having said so, in one log line whatever the cause.

use super::core::Command;
use crate::model::{Claim, Moment};

/// The cause of a lost lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeaseLoss {
    /// It ended, and the task is offered again.
    Expired,
    /// It ended, and the task is offered no more: its holders lost it in a row.
    Parked,
    /// A person moved or assigned the task.
    Moved,
    /// The task is gone from the board.
    Gone,
}

impl LeaseLoss {
    /// The cause that a reading of the board shows.
    pub(super) const fn of_reading(command: &Command) -> Self {
        if matches!(command, Command::ReadBoard { found: None, .. }) { Self::Gone } else { Self::Moved }
    }

    /// Says it, of the claim that held the task.
    pub(super) fn log(self, task: &str, claim: &Claim, now: Moment) {
        let (task_id, agent, generation) = (&claim.task_id, &claim.agent_id, claim.generation);
        let expires_at = now.on_wall(claim.expires_at).rfc3339();
        let (cause, message) = match self {
            Self::Expired => ("expired", "a lease ended, the task is offered again"),
            Self::Parked => ("expired", "three holders in a row lost the task, it is parked"),
            Self::Moved => ("moved_by_person", "a person moved the task, which ended its claim"),
            Self::Gone => ("deleted", "a held task is gone from the board, which ended its claim"),
        };
        if self == Self::Parked {
            tracing::warn!(task, task_id, agent, generation, expires_at, cause, "{message}");
        } else {
            tracing::info!(task, task_id, agent, generation, expires_at, cause, "{message}");
        }
    }
}
