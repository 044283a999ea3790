//! What can go wrong with a store.

use std::{error::Error, sync::Arc};

use crate::model::Code;

/// What the backend said. Shared, because one failed transaction fails every decision in it.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// When trying again may help: soon where the store comes back by itself, later where somebody has to see to it.
const SOON_SECONDS: u64 = 1;
const LATER_SECONDS: u64 = 5;

/// Why a store that is elsewhere cannot be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is not reached, or does not answer.
    Unreachable,
    /// It reads its data, and answers once that is done.
    Loading,
    /// It takes no writes: it is a copy of another, or has lost that.
    ReadOnly,
    /// It does not let this gateway in, or forbids it what it needs.
    Refused,
}

/// A store's failure, by meaning. Whoever answers a caller, or gives up, logs it once with its causes.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer held the store for too long; trying again helps.
    #[error("the store is busy")]
    Busy,
    /// There is no room for what is to be written; nothing of it was.
    #[error("the disk, or the memory of Redis, is full")]
    Full(#[source] Cause),
    /// The store is elsewhere and cannot be used now. Trying again helps.
    #[error("the store cannot be reached")]
    Away(Absence, #[source] Cause),
    /// The store is elsewhere, and whether it did what it was asked is not known: its answer never came. Asking again tells.
    #[error("the store did not say whether it was done")]
    Uncertain(#[source] Cause),
    /// The store was emptied or is another than before. Nothing is written to it until this process was started again.
    #[error("the store is not the one this gateway worked on")]
    Replaced(#[source] Cause),
    /// The store was restarted, or another took its place: what it lost is being found out. It takes moments.
    #[error("the store was restarted, and what it kept is being compared")]
    Unsettled,
    /// It is done, but on fewer copies of the store than was asked for, so that a failure might undo it: nobody may rely on it.
    #[error("too few copies of the store have it")]
    Unsafe,
    /// The store is closed: the process is about to end, or a thread of it has.
    #[error("the store is closed")]
    Closed,
    /// The file was written by a newer version, at the start or since.
    #[error("the database has schema version {found}, this version knows {known}: run the newer taskgate")]
    Newer {
        /// The file's version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// What is stored cannot be read back.
    #[error("the database is damaged")]
    Corrupt(#[source] Cause),
    /// The backend failed otherwise.
    #[error("the store failed")]
    Backend(#[source] Cause),
}

impl StoreError {
    /// A store that cannot be used for that reason, with that cause.
    pub fn away(why: Absence, cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Away(why, Arc::new(cause))
    }

    /// A failure of the backend with that cause.
    pub fn backend(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Backend(Arc::new(cause))
    }

    /// The code for callers.
    pub const fn code(&self) -> Code {
        match self {
            Self::Busy => Code::StoreBusy,
            Self::Away(..) | Self::Uncertain(_) => Code::StoreUnavailable,
            Self::Replaced(_) => Code::StoreReplaced,
            Self::Unsettled => Code::StoreUnsettled,
            Self::Unsafe => Code::StoreUnsafe,
            Self::Full(_) | Self::Closed | Self::Newer { .. } | Self::Corrupt(_) | Self::Backend(_) => {
                Code::StoreFailed
            }
        }
    }

    /// Whether the store is elsewhere and cannot be used: one line says so for all who ask.
    pub const fn is_absence(&self) -> bool {
        matches!(self, Self::Away(..) | Self::Replaced(_) | Self::Unsettled)
    }

    /// When trying again may help.
    pub const fn retry_after_seconds(&self) -> u64 {
        match self {
            Self::Busy | Self::Away(..) | Self::Uncertain(_) | Self::Unsettled | Self::Unsafe => SOON_SECONDS,
            Self::Replaced(_)
            | Self::Full(_)
            | Self::Closed
            | Self::Newer { .. }
            | Self::Corrupt(_)
            | Self::Backend(_) => LATER_SECONDS,
        }
    }
}
