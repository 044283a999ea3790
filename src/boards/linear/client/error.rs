//! Why Linear gave no answer that is of use, and what that means to whoever works on the board.

use std::sync::Arc;

use crate::{boards::BoardError, model::UnixMillis, net::NetError};

/// A failure, by what it means to whoever asked.
#[derive(Debug, thiserror::Error)]
pub(in crate::boards::linear) enum LinearError {
    /// The key or the token is wrong, was revoked or has ended.
    #[error("Linear does not take this key or token: it is wrong, was revoked or has ended")]
    Unauthorized,
    /// The credential may not do that.
    #[error("Linear does not allow that: {message}")]
    Forbidden {
        /// What Linear says.
        message: String,
    },
    /// It is not there, or the credential does not see it.
    #[error("there is no such thing at Linear, or the credential does not see it")]
    NotFound,
    /// The id that was chosen for something new is taken.
    #[error("Linear has something of that id already")]
    Taken,
    /// No more requests are taken for now.
    #[error("Linear takes no more requests of this credential before {}", until.rfc3339())]
    RateLimited {
        /// Until then.
        until: UnixMillis,
    },
    /// It refuses what it was asked.
    #[error("Linear refuses the request: {message}")]
    Rejected {
        /// What it says.
        message: String,
    },
    /// It failed within itself.
    #[error("Linear could not answer: {message}")]
    Failed {
        /// What it says.
        message: String,
    },
    /// It failed.
    #[error("Linear failed with status {status}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// What is there is no API of Linear, or a proxy answers in its place.
    #[error("what LINEAR_API_URL names answers with status {status}, which is not how Linear answers")]
    NoApi {
        /// The HTTP status.
        status: u16,
    },
    /// There was no answer.
    #[error("Linear cannot be reached")]
    Unreachable(#[source] NetError),
    /// It took too long.
    #[error("Linear did not answer in time")]
    TooSlow,
    /// The answer is larger than is read.
    #[error("Linear's answer is longer than 32 MiB")]
    TooLong,
    /// The answer is not what was asked for.
    #[error(
        "Linear's answer makes no sense (a proxy may have answered, or LINEAR_API_URL names something else)"
    )]
    Malformed(#[source] serde_json::Error),
    /// A write may have happened or not.
    #[error("it is not known whether Linear did it")]
    Unsure(#[source] Box<Self>),
    /// The application gets no token.
    #[error("the application of LINEAR_CLIENT_ID gets no token")]
    NoToken(#[source] Arc<Self>),
}

impl LinearError {
    /// What a failure means when it was a write that failed.
    pub(super) fn of_write(self) -> Self {
        let is_unsure = match &self {
            Self::Unreachable(error) => !error.is_unsent(),
            Self::TooSlow
            | Self::TooLong
            | Self::Malformed(_)
            | Self::Failed { .. }
            | Self::Unavailable { .. }
            | Self::NoApi { .. } => true,
            _ => false,
        };
        if is_unsure { Self::Unsure(Box::new(self)) } else { self }
    }

    /// Whether the same may be answered a moment later.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::TooSlow | Self::Failed { .. } | Self::Unavailable { .. })
    }

    /// What it means for the board.
    pub(in crate::boards::linear) fn of_board(self) -> BoardError {
        match self {
            Self::Unauthorized => BoardError::Unauthorized,
            Self::NotFound => BoardError::NoSuchTask,
            Self::RateLimited { until } => BoardError::RateLimited { until },
            Self::Rejected { message } => BoardError::Rejected { reason: message },
            Self::Taken => BoardError::Rejected { reason: self.to_string() },
            Self::Forbidden { message } => {
                BoardError::Forbidden { missing: format!("a permission ({message})") }
            }
            Self::NoToken(cause) => match &*cause {
                Self::Unauthorized => BoardError::Unauthorized,
                Self::Rejected { message } => BoardError::Forbidden {
                    missing: format!(
                        "a token: {message} (the page of the OAuth application at Linear switches client credentials on)"
                    ),
                },
                Self::RateLimited { until } => BoardError::RateLimited { until: *until },
                _ => BoardError::unavailable(Self::NoToken(cause)),
            },
            other => BoardError::unavailable(other),
        }
    }
}
