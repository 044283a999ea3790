//! Why the coordinator says no.

use std::{error::Error, fmt};

use super::core::CommandRefusal;
use crate::{
    boards::{Board, BoardError},
    model::{Code, UnixMillis, shortened},
    stores::StoreError,
    telemetry::metrics::{BOARD_FAILURES, Provider},
};

/// Agents of one owner in a workspace: each is kept in the memory of every process.
pub(super) const MOST_AGENTS: usize = 1_000;
/// Characters of an id that is repeated.
const SHOWN_CHARS: usize = 200;
/// Causes of a board's failure that callers are told: GitHub answers no JSON, say, and where that ends. The rest is for the log.
const SAID_CAUSES: usize = 2;
/// When to come again to a board that is being read.
const LOADED_SECONDS: u64 = 2;
/// When to come again with a search.
const SEARCHED_SECONDS: u64 = 2;

/// A refusal or failure.
#[derive(Debug, thiserror::Error)]
pub enum CoordinatorError {
    /// No such agent, or it is another owner's.
    #[error("agent `{}` not found: register it with register_agent, under the same user", shown(.0))]
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
    #[error("task `{}` not found: list_tasks shows the tasks of this board", shown(.0))]
    TaskNotFound(String),
    /// The board is elsewhere, and people change its tasks there.
    #[error(
        "tasks of {0} are moved, assigned and deleted there, not here: the gateway sees what was done when it next reads the board"
    )]
    ChangedElsewhere(String),
    /// A task would depend on itself.
    #[error("`{}` cannot wait for itself: name other tasks", shown(.0))]
    WaitsForItself(String),
    /// Nobody would see how a task is called.
    #[error("title: expected text that can be seen, got none")]
    UnseenTitle,
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
    /// As many look through boards as may, and as many wait.
    #[error("too many searches at once: try again in {SEARCHED_SECONDS} s")]
    TooManySearches,
    /// The board failed.
    #[error(transparent)]
    Board(#[from] BoardFailure),
    /// The board was never read yet, and its first reading takes longer than a caller is let wait.
    #[error("{0} is still being read for the first time")]
    BoardLoading(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whatever was sent as an id, as a sentence repeats it.
fn shown(id: &str) -> String {
    shortened(id, SHOWN_CHARS)
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
            Self::TaskNotFound(_) => Code::TaskNotFound,
            Self::ChangedElsewhere(_) => Code::BoardRefused,
            Self::WaitsForItself(_) | Self::UnseenTitle => Code::InvalidArguments,
            Self::NotTaskHolder { .. } | Self::HoldsNothing { .. } => Code::NotTaskHolder,
            Self::Stopping => Code::ShuttingDown,
            Self::Contended => Code::StoreBusy,
            Self::Store(error) => error.code(),
            Self::BoardLoading(_) => Code::BoardUnavailable,
            Self::TooManySearches => Code::RateLimited,
            Self::Board(failure) => failure.code(),
        }
    }

    /// The same failure, but nothing where the store cannot be used: one line says so for all who ask.
    pub fn unless_absence<T: Default>(self) -> Result<T, Self> {
        match self {
            Self::Store(error) if error.is_absence() => Ok(T::default()),
            error => Err(error),
        }
    }

    /// When trying again may help, where that is known.
    pub const fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            // The gateway asks such a board again by itself; who calls has nothing to wait for.
            Self::Board(failure) if matches!(failure.code(), Code::BoardRefused) => None,
            Self::Board(failure) => failure.retry_after_seconds,
            Self::BoardLoading(_) => Some(LOADED_SECONDS),
            Self::TooManySearches => Some(SEARCHED_SECONDS),
            Self::Store(error) => Some(error.retry_after_seconds()),
            _ => None,
        }
    }

    /// What a board's failure at that moment means. One that is kept in our own store fails as that store does.
    pub(super) fn of_board(board: &dyn Board, error: BoardError, now: UnixMillis) -> Self {
        if let BoardError::Unavailable { source } = &error
            && let Some(store) = source.downcast_ref::<StoreError>()
        {
            return Self::Store(store.clone());
        }
        if !matches!(error, BoardError::NoSuchTask) {
            BOARD_FAILURES.add(Provider::of(board.provider()));
        }
        Self::Board(BoardFailure::of(board, error, now))
    }
}

/// A board that did not do what it was asked, and which that is.
#[derive(Clone, Debug)]
pub struct BoardFailure {
    /// The board as a person is told of it, such as `octo/app at github.com`.
    pub board: String,
    /// What happened.
    pub error: BoardError,
    /// When the board says that trying again may help, or when the gateway tries again by itself.
    pub retry_after_seconds: Option<u64>,
}

impl BoardFailure {
    /// A failure of that board at that moment.
    pub fn of(board: &dyn Board, error: BoardError, now: UnixMillis) -> Self {
        let retry_after_seconds = match &error {
            BoardError::RateLimited { until } => {
                Some(until.0.saturating_sub(now.0).max(0).unsigned_abs().div_ceil(1000).max(1))
            }
            _ => None,
        };
        Self { board: board.describe().place(), error, retry_after_seconds }
    }

    const fn code(&self) -> Code {
        match self.error {
            BoardError::NoSuchTask => Code::TaskNotFound,
            BoardError::RateLimited { .. } | BoardError::Unavailable { .. } => Code::BoardUnavailable,
            BoardError::Unauthorized | BoardError::Forbidden { .. } | BoardError::Rejected { .. } => {
                Code::BoardRefused
            }
        }
    }

    /// The causes that are part of what is said: those that a caller can make something of.
    fn said(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        std::iter::successors(self.error.source(), |cause| Error::source(*cause)).take(SAID_CAUSES)
    }
}

impl fmt::Display for BoardFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.board, self.error)?;
        self.said().try_for_each(|cause| write!(out, ": {cause}"))?;
        match &self.error {
            BoardError::Unauthorized | BoardError::Forbidden { .. } => out.write_str(
                "; whoever runs the gateway has to see to it, trying again before that does not help",
            ),
            BoardError::Rejected { .. } => out.write_str("; trying the same again does not help"),
            _ => Ok(()),
        }
    }
}

impl Error for BoardFailure {
    /// What goes beyond what is said.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.said().last()?.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_is_told_to_wait_only_where_waiting_helps() {
        let failure = |error| {
            let board = String::from("octo/app at github.com");
            CoordinatorError::Board(BoardFailure { board, error, retry_after_seconds: Some(1) })
        };
        // The gateway tries again in a second, as of every board that could not be read.
        assert_eq!(failure(BoardError::Unauthorized).retry_after_seconds(), None);
        let limited = BoardError::RateLimited { until: UnixMillis(0) };
        assert_eq!(failure(limited).retry_after_seconds(), Some(1));
    }
}
