//! Why the coordinator says no.

use super::core::CommandRefusal;
use crate::{boards::BoardError, model::Code, stores::StoreError};

/// Agents of one owner in a workspace: each is kept in the memory of every process.
pub(super) const MOST_AGENTS: usize = 1_000;

/// A refusal or failure.
#[derive(Debug, thiserror::Error)]
pub enum CoordinatorError {
    /// No such agent, or it is another owner's.
    #[error("agent `{0}` not found: register it with register_agent, under the same user")]
    AgentNotFound(String),
    /// The id belongs to another owner.
    #[error(
        "agent_id `{0}` is taken by another user in this workspace: choose another. If it was yours under a key that was \
         replaced, have an administrator run `taskgate agents release {0}` and register again, or make your key for \
         the same user"
    )]
    AgentIdTaken(String),
    /// The owner has as many as one may have.
    #[error(
        "this user has {MOST_AGENTS} agents, the most one user may have: register under the id of one of them \
         (list_registered_agents), or ask whoever runs the gateway for `taskgate agents release`"
    )]
    TooManyAgents,
    /// No such task here.
    #[error("task `{0}` not found: list_tasks shows the tasks of this board")]
    TaskNotFound(String),
    /// The sender is not the holder under that generation.
    #[error(
        "agent `{agent_id}` is not the live holder of task `{task_id}`: {why}. {}; request_next_task gives the agent a task",
        if *is_kept { "What was said is kept as a comment on the task, nothing else was changed" } else { "Nothing was changed" }
    )]
    NotTaskHolder {
        /// The agent.
        agent_id: String,
        /// The task.
        task_id: String,
        /// What came between.
        why: CommandRefusal,
        /// Whether its words were.
        is_kept: bool,
    },
    /// The agent has no claim to speak of.
    #[error("agent `{agent_id}` holds no task: {}", and_now(notices))]
    HoldsNothing {
        /// The agent.
        agent_id: String,
        /// What became of the task it held, if that is why.
        notices: Vec<String>,
    },
    /// The process is about to stop.
    #[error("the gateway is about to restart: try again")]
    Stopping,
    /// Others were quicker again and again; nothing changed.
    #[error("too many calls decide about the same records at once: try again")]
    Contended,
    /// The board failed.
    #[error(transparent)]
    Board(BoardError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn and_now(notices: &[String]) -> String {
    let all = notices.iter().map(String::as_str).chain(["request_next_task gives it one"]);
    all.collect::<Vec<_>>().join(" ")
}

impl CoordinatorError {
    /// The stable code of this refusal.
    pub fn code(&self) -> Code {
        match self {
            Self::AgentNotFound(_) => Code::AgentNotFound,
            Self::AgentIdTaken(_) => Code::AgentIdTaken,
            Self::TooManyAgents => Code::TooManyAgents,
            Self::TaskNotFound(_) | Self::Board(BoardError::NoSuchTask) => Code::TaskNotFound,
            Self::NotTaskHolder { .. } | Self::HoldsNothing { .. } => Code::NotTaskHolder,
            Self::Stopping => Code::ShuttingDown,
            Self::Contended | Self::Store(StoreError::Busy) => Code::StoreBusy,
            Self::Store(_) => Code::StoreFailed,
            Self::Board(BoardError::RateLimited { .. } | BoardError::Unavailable { .. }) => {
                Code::BoardUnavailable
            }
            Self::Board(
                BoardError::Unauthorized | BoardError::Forbidden { .. } | BoardError::Rejected { .. },
            ) => Code::BoardRefused,
        }
    }
}

impl From<BoardError> for CoordinatorError {
    /// A board that is kept in our own store fails as that store does.
    fn from(error: BoardError) -> Self {
        let BoardError::Unavailable { source } = &error else { return Self::Board(error) };
        match source.downcast_ref::<StoreError>() {
            Some(store) => Self::Store(store.clone()),
            None => Self::Board(error),
        }
    }
}
