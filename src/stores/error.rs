//! What can go wrong with a store.

/// A store's failure, by meaning.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer held the store for too long; trying again helps.
    #[error("the store is busy")]
    Busy,
    /// The store is closed or was never opened.
    #[error("the store is closed")]
    Closed,
    /// The file was written by a newer version.
    #[error("the database has schema version {found}, this version knows {known}: run the newer taskgate")]
    Newer {
        /// The file's version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A stored value cannot be read back.
    #[error("a stored {what} cannot be read")]
    Corrupt {
        /// Which kind of value.
        what: &'static str,
    },
    /// The backend failed.
    #[error("the store failed")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
}
