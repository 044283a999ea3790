//! Why the gateway does not start.

use crate::{auth::AuthError, stores::StoreError};

/// A failure to start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("the database in {folder} cannot be used")]
    Store {
        /// The data folder.
        folder: String,
        /// What is wrong.
        #[source]
        source: StoreError,
    },
    /// The secret key cannot be read or made.
    #[error(transparent)]
    Secret(#[from] AuthError),
    /// A file cannot be written.
    #[error("{path} cannot be written")]
    File {
        /// Which.
        path: String,
        /// What is wrong.
        #[source]
        source: std::io::Error,
    },
    /// The log of what agents did cannot be opened.
    #[error("the folder {folder} of TASKGATE_EVENT_LOG cannot be written")]
    EventLog {
        /// Which.
        folder: String,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: choose another with --port or MCP_PORT")]
    Bind {
        /// Which.
        address: std::net::SocketAddr,
        /// What is wrong.
        #[source]
        source: std::io::Error,
    },
}
