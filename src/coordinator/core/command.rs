//! What asks for a decision: agents, administrators, time and the board.

use crate::model::{AgentId, Profile, Severity, StoreMillis, TaskStatus, ToldClaim, UnixMillis};

/// A request for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Somebody registers or updates an agent.
    Register {
        /// The agent's id.
        id: AgentId,
        /// The user.
        owner: String,
        /// What the agent says of itself.
        profile: Profile,
    },
    /// An administrator takes an agent from its owner.
    Disown,
    /// An agent asks for a task and there is none to offer.
    Request,
    /// An agent asks for a task and is offered this one.
    Grant {
        /// The task.
        task_id: String,
        /// How the board has it.
        on_board: TaskStatus,
    },
    /// An agent reports on a task.
    Report {
        /// Under which claim; `None`: its newest.
        generation: Option<i64>,
        /// What it reports.
        kind: ReportKind,
        /// In its own words.
        message: String,
    },
    /// The end of a lease is looked at.
    ExpireLease {
        /// What people call the task.
        task_name: String,
    },
    /// The board was read.
    ReadBoard {
        /// The task as it was found; `None`: it is gone.
        found: Option<OnBoard>,
        /// When the reading began.
        read_at: StoreMillis,
        /// What people call the task.
        task_name: String,
    },
    /// The board tells of a claim.
    Recover(ToldClaim),
}

/// What an agent reports on a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReportKind {
    /// It is alive.
    Heartbeat,
    /// It goes on, this many percent done.
    Progress(u8),
    /// It is finished.
    Complete,
    /// It cannot go on.
    Block {
        /// How bad it is.
        severity: Severity,
        /// Advice that goes with the comment on the board.
        advice: String,
    },
    /// It gives the task back.
    Release,
}

/// A task as the board has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OnBoard {
    /// Its status.
    pub status: TaskStatus,
    /// Whether a person is assigned.
    pub assigned: bool,
    /// When a person last moved or assigned it, if the board says so.
    pub moved_at: Option<UnixMillis>,
}
