//! Why a server cannot be used, with the cause and the cure.

use std::sync::Arc;

use redis::{ConnectionAddr, ConnectionInfo, ErrorKind, RedisError, ServerErrorKind};

use crate::stores::{Absence, StoreError};

/// Why the server cannot be used now.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LinkFault {
    /// No connection can be made.
    #[error("no connection to Redis can be made ({cause}): {cure}")]
    Unreachable {
        /// As the machine says it.
        cause: String,
        /// What is likely wrong.
        cure: &'static str,
    },
    /// It does not answer.
    #[error(
        "Redis does not answer: is it stopped or busy with a slow command, and are host, port and firewall right?"
    )]
    Silent,
    /// It reads its data.
    #[error("Redis reads its data: it answers when that is done")]
    Loading,
    /// It is a replica, or has lost its master.
    #[error("this Redis is a replica, which may not write: REDIS_URL has to name the one that is written to")]
    ReadOnly,
    /// It does not take the name or password, or forbids a command.
    #[error(
        "Redis refuses the gateway ({0}): look at the name and password in REDIS_URL and at what that user may do"
    )]
    Refused(String),
    /// It is not the store that was there before.
    #[error(
        "this Redis is not the one the gateway worked on, or was emptied: put it back, or restart the gateway to begin on it"
    )]
    Replaced,
    /// A newer version wrote it.
    #[error("this Redis has schema version {found}, this version knows {known}: run the newer taskgate")]
    Newer {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It does not say which server it is.
    #[error(
        "this Redis does not say which server it is (INFO replication): TASKGATE_REDIS_IDENTITY=none goes without it"
    )]
    Nameless,
}

impl LinkFault {
    /// The fault of the connection that an answer shows, if it shows one: another connection may do better.
    pub(in super::super) fn of(error: &RedisError) -> Option<Self> {
        match error.kind() {
            ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown) => {
                Some(Self::ReadOnly)
            }
            ErrorKind::Server(ServerErrorKind::BusyLoading) => Some(Self::Loading),
            ErrorKind::AuthenticationFailed => Some(Self::refused(error)),
            _ if error.is_timeout() => Some(Self::Silent),
            _ if error.is_io_error() || error.is_unrecoverable_error() => Some(Self::Unreachable {
                cause: error.to_string(),
                cure: "the connection was lost, and is made again",
            }),
            _ => None,
        }
    }

    /// What kept a connection from being made. The library's words for the common causes name none of them.
    pub(super) fn of_connecting(error: &RedisError, to: &ConnectionInfo) -> Self {
        if matches!(error.code(), Some("WRONGPASS" | "NOAUTH" | "NOPERM")) {
            return Self::refused(error);
        }
        let cause = error.to_string();
        let cure = match to.addr() {
            _ if error.is_connection_refusal() => {
                "nothing listens there: is Redis started, and its port right?"
            }
            ConnectionAddr::TcpTls { .. } if is_cut(error) => {
                "the server ended it: does it speak TLS on that port? Without TLS the address begins with redis://"
            }
            ConnectionAddr::TcpTls { .. } => {
                "look at the host's name and its certificate: TASKGATE_REDIS_CA_FILE names a CA of your own"
            }
            ConnectionAddr::Tcp(..) if is_cut(error) => {
                "the server ended it: it is in protected mode (set a password, or bind it), or speaks TLS on that port (rediss://)"
            }
            _ => "look at the host and the port in REDIS_URL",
        };
        match Self::of(error) {
            Some(fault @ (Self::Loading | Self::ReadOnly | Self::Refused(_) | Self::Silent)) => fault,
            _ => Self::Unreachable { cause, cure },
        }
    }

    /// What it means for who asked.
    pub(super) fn told(self) -> StoreError {
        let why = match &self {
            Self::Unreachable { .. } | Self::Silent => Absence::Unreachable,
            Self::Loading => Absence::Loading,
            Self::ReadOnly => Absence::ReadOnly,
            Self::Refused(_) | Self::Nameless => Absence::Refused,
            Self::Newer { found, known } => return StoreError::Newer { found: *found, known: *known },
            Self::Replaced => return StoreError::Replaced(Arc::new(self)),
        };
        StoreError::away(why, self)
    }

    pub(in super::super) fn refused(error: &RedisError) -> Self {
        // The library has no kind of its own for a server that wants a password and was given none.
        let is_locked =
            error.kind() == ErrorKind::AuthenticationFailed || error.to_string().contains("NOAUTH");
        let said = if is_locked {
            "it takes no such name and password, or wants some"
        } else {
            error.code().unwrap_or("its answer is no Redis server's")
        };
        Self::Refused(said.to_owned())
    }
}

fn is_cut(error: &RedisError) -> bool {
    error.is_connection_dropped() || error.is_io_error()
}

/// What a failure means for who asked on a connection of its own.
pub(in super::super) fn failure(error: RedisError) -> StoreError {
    match LinkFault::of(&error) {
        Some(fault) => fault.told(),
        None => meaning(error),
    }
}

/// What an answer means for who asked.
pub(super) fn meaning(error: RedisError) -> StoreError {
    match error.code() {
        Some("OOM" | "MISCONF") => StoreError::Full(Arc::new(error)),
        Some("WRONGTYPE" | "FOREIGN") => StoreError::Corrupt(Arc::new(error)),
        _ => StoreError::backend(error),
    }
}
