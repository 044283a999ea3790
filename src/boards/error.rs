//! Why a board did not do what it was asked.

use std::{error::Error, sync::Arc};

use crate::model::UnixMillis;

/// What a board's backend said. Shared, because one failed request fails every write in it.
pub type BoardCause = Arc<dyn Error + Send + Sync>;

/// A board's failure, by meaning. Each backend has an error of its own, private to its folder, and one `From` into this.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BoardError {
    /// There is no such task on the board (any more).
    #[error("the board has no such task")]
    NoSuchTask,
    /// The board does not take the credential: a person has to give another.
    #[error("the board does not take the gateway's credential")]
    Unauthorized,
    /// The board knows the credential, which may not do this.
    #[error("the board's credential lacks {missing}")]
    Forbidden {
        /// The permission it lacks, in the board's words.
        missing: String,
    },
    /// The board takes no more requests before that moment.
    #[error("the board takes no more requests before {}", until.rfc3339())]
    RateLimited {
        /// The end of the wait, by the board's clock.
        until: UnixMillis,
    },
    /// The board will never take this, however often it is asked.
    #[error("the board does not take this: {reason}")]
    Rejected {
        /// The board's reason, in its own words.
        reason: String,
    },
    /// The board cannot be reached or written just now; trying again may help.
    #[error("the board cannot be reached")]
    Unavailable {
        /// What came in between.
        #[source]
        source: BoardCause,
    },
}

impl BoardError {
    /// A board that cannot be reached for that reason.
    pub fn unavailable(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable { source: Arc::new(cause) }
    }
}
