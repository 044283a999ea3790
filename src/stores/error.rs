//! What can go wrong with a store.

use std::{error::Error, sync::Arc};

/// What the backend said. Shared, because one failed transaction fails every decision in it.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// A store's failure, by meaning. Whoever answers a caller, or gives up, logs it once with its causes.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer held the store for too long; trying again helps.
    #[error("the store is busy")]
    Busy,
    /// There is no room for what is to be written; nothing of it was.
    #[error("the disk is full")]
    Full(#[source] Cause),
    /// The store is elsewhere and cannot be reached; what was asked for may have happened. Trying again helps.
    #[error("the store cannot be reached")]
    Away(#[source] Cause),
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
    /// A store that cannot be reached, with that cause.
    pub fn away(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Away(Arc::new(cause))
    }

    /// A failure of the backend with that cause.
    pub fn backend(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Backend(Arc::new(cause))
    }
}
