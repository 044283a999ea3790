//! Why Planka gave no answer that is of use, and what that means to whoever works on the board.

use crate::{boards::BoardError, model::UnixMillis, net::NetError};

/// A failure, by what it means.
#[derive(Debug, thiserror::Error)]
pub(in crate::boards) enum PlankaError {
    /// The key or the password is wrong, or has ended.
    #[error("Planka does not take the gateway's credential")]
    Unauthorized,
    /// A first sign-in, which asks for the terms to be accepted.
    #[error("{}", TERMS)]
    Terms,
    /// The user may not do that.
    #[error("Planka does not allow that: {message}")]
    Forbidden { message: String },
    /// It is not there, or the user does not see it.
    #[error("there is no such thing in Planka, or the gateway's user does not see it")]
    NotFound,
    /// It refuses what it was asked.
    #[error("Planka refuses the request (status {status}): {message}")]
    Rejected { status: u16, message: String },
    /// Whatever stands before it takes no more requests for now.
    #[error("no more requests are taken for {seconds} s")]
    RateLimited { seconds: i64 },
    /// It failed.
    #[error("Planka failed with status {status}")]
    Unavailable { status: u16 },
    /// There was no answer.
    #[error("Planka cannot be reached")]
    Unreachable(#[source] NetError),
    /// Others wait for it too.
    #[error("Planka's board is still being read")]
    StillReading,
    /// The answer is larger than is read.
    #[error("Planka's answer is longer than is read ({most_bytes} bytes)")]
    TooLong { most_bytes: usize },
    /// A page for people came.
    #[error(
        "a page came where Planka answers JSON (status {status}): is PLANKA_BASE_URL the address of Planka itself?"
    )]
    Page { status: u16 },
    /// The answer is not what was asked for.
    #[error("Planka's answer makes no sense")]
    Malformed(#[source] serde_json::Error),
    /// It points to another address, which was not followed: the credential stays where it belongs.
    #[error(
        "PLANKA_BASE_URL points to another address (status {status}), which is not followed: set that address"
    )]
    Elsewhere { status: u16 },
    /// A Planka before 2.0.
    #[error(
        "this Planka is older than 2.0: it has no API keys, no types of lists and no comments of their own, so upgrade it to 2.x"
    )]
    Old,
    /// A board that is not there, or is not the one that was meant.
    #[error("{0}")]
    NoBoard(String),
    /// A write may have happened or not.
    #[error("it is not known whether Planka did it")]
    Unsure(#[source] Box<Self>),
}

/// What a user is told who never accepted the terms.
pub(super) const TERMS: &str = "the acceptance of Planka's terms: sign in once in the browser as the gateway's user, or run \
                                `taskgate board init`";

impl PlankaError {
    /// What a failure means when it was a write that failed.
    pub(super) fn of_write(self) -> Self {
        let is_unsure = match &self {
            Self::Unreachable(error) => !error.is_unsent(),
            Self::TooLong { .. } | Self::Page { .. } | Self::Malformed(_) | Self::Unavailable { .. } => true,
            _ => false,
        };
        if is_unsure { Self::Unsure(Box::new(self)) } else { self }
    }

    /// What it means to whoever works on the board, at a moment of the wall clock.
    pub(super) fn on_board(self, now: UnixMillis) -> BoardError {
        match self {
            Self::Unauthorized => BoardError::Unauthorized,
            Self::NotFound => BoardError::NoSuchTask,
            Self::Terms => BoardError::Forbidden { missing: TERMS.to_owned() },
            Self::Forbidden { message } => BoardError::Forbidden { missing: message },
            Self::RateLimited { seconds } => {
                BoardError::RateLimited { until: now.plus(seconds.saturating_mul(1000)) }
            }
            Self::NoBoard(reason) => BoardError::Rejected { reason },
            Self::Rejected { message, .. } => BoardError::Rejected { reason: message },
            Self::Old | Self::Elsewhere { .. } => BoardError::Rejected { reason: self.to_string() },
            other => BoardError::unavailable(other),
        }
    }
}
