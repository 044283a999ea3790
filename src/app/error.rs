//! Why the gateway does not start.

use crate::{secrets::SecretKeyError, stores::StoreError};

/// A failure to start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("the database in {folder} (TASKGATE_DATA_DIR) cannot be used")]
    Store {
        /// The data folder.
        folder: String,
        /// What is wrong.
        #[source]
        source: StoreError,
    },
    /// Redis cannot be used now; it may come back by itself.
    #[error("the Redis of REDIS_URL cannot be used now")]
    StoreAway {
        /// What is wrong.
        #[source]
        source: StoreError,
    },
    /// Redis cannot be worked on until somebody changes something.
    #[error("the Redis of REDIS_URL cannot be worked on")]
    Redis {
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What Redis holds was made under another secret key.
    #[error(
        "what this Redis holds was made under another secret key: set MCP_SECRET_KEY to that one; to change it, set MCP_SECRET_KEY to \
         the new one and MCP_SECRET_KEY_OLD to the one before (docs/keys.md); to begin anew beside it, set TASKGATE_REDIS_PREFIX"
    )]
    OtherSecretInRedis,
    /// A command is to work on a file, and what is kept is elsewhere.
    #[error(
        "with REDIS_URL there is no file here: save Redis as its own documents say, and MCP_SECRET_KEY with it \
         (docs/several-machines.md)"
    )]
    KeptInRedis,
    /// Nothing can be kept in the data folder.
    #[error(
        "the data folder {folder} cannot be written by user {user}: give it to that user (`chown -R {user} FOLDER`, with what is \
         mounted there if this is a container), set TASKGATE_DATA_DIR to a folder this user may write, or TASKGATE_STORE=memory to \
         keep nothing"
    )]
    Folder {
        /// The data folder.
        folder: String,
        /// Who this process is.
        user: u32,
        /// What is wrong.
        #[source]
        source: std::io::Error,
    },
    /// A command is to work on a store that is gone with each process.
    #[error("TASKGATE_STORE=memory keeps no file: there is nothing to work on")]
    NothingKept,
    /// A command is to work on a store that was never made.
    #[error("there is no taskgate.db in {folder}: set TASKGATE_DATA_DIR")]
    NoDatabase {
        /// The data folder.
        folder: String,
    },
    /// The secret key cannot be read or made.
    #[error(transparent)]
    Secret(#[from] SecretKeyError),
    /// The records were made under another secret key.
    #[error(
        "taskgate.db in {folder} was made under another secret key: set MCP_SECRET_KEY to that one, or put secret.key back if it was \
         kept there; to change it, set MCP_SECRET_KEY to the new one and MCP_SECRET_KEY_OLD to the one before (docs/keys.md); to \
         begin anew, set TASKGATE_DATA_DIR to an empty folder"
    )]
    OtherSecret {
        /// The data folder.
        folder: String,
    },
    /// A file cannot be written.
    #[error("{path} cannot be written: set TASKGATE_DATA_DIR to a folder this user may write")]
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
    /// The address of metrics cannot be listened on.
    #[error("cannot listen on {address} for metrics: choose another with TASKGATE_METRICS_LISTEN")]
    BindMetrics {
        /// Which.
        address: std::net::SocketAddr,
        /// What is wrong.
        #[source]
        source: std::io::Error,
    },
}

impl StartError {
    /// Whether it lasts until somebody changes a setting, or what a setting names.
    pub const fn is_configuration(&self) -> bool {
        matches!(self, Self::Redis { .. } | Self::OtherSecretInRedis)
    }
}
