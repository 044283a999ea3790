//! Why the gateway has no secret key to start with.

use std::path::PathBuf;

/// What to do about a key file that cannot be read or made.
const WAYS_OUT: &str =
    "set TASKGATE_DATA_DIR to a folder this user may write, or give the key as MCP_SECRET_KEY";

/// The secret key cannot be read or made.
#[derive(Debug, thiserror::Error)]
#[error("the secret key {} cannot be used: {fault}", path.display())]
pub struct SecretKeyError {
    /// Path of the key file.
    pub path: PathBuf,
    /// What is wrong and what to do.
    pub fault: SecretKeyFault,
}

/// What is wrong with a key file, each with the way out.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeyFault {
    /// There is none, and none may be made.
    #[error("it is missing: set MCP_SECRET_KEY, or TASKGATE_CREATE_SECRET=true")]
    Missing,
    /// There is none, and a database that was made under one.
    #[error(
        "it is missing, and taskgate.db beside it was made under a secret key: put the file back, or set MCP_SECRET_KEY to that key; \
         without it no stored key works again, and what remains is to begin anew in an empty folder (TASKGATE_DATA_DIR)"
    )]
    Lost,
    /// Somebody removes what is made.
    #[error("it was removed as soon as it was made")]
    Removed,
    /// It holds less than a key.
    #[error(
        "it holds fewer than 32 bytes: put a copy of it back, or set MCP_SECRET_KEY; if there is no database beside it yet, remove it \
         and it is made anew"
    )]
    Short,
    /// It holds the text of another secret, a setting.
    #[error("it holds the same as {0}: each secret must be its own")]
    SameAs(String),
    /// It holds what our examples show.
    #[error("it holds an example value, which others have too: openssl rand -hex 32 makes a real one")]
    Example,
    /// Everybody can read it, whatever is done.
    #[error(
        "every user of this machine can read it, and its mode cannot be changed: chmod 600 it as its owner, or set MCP_SECRET_KEY to \
         what it holds and remove it"
    )]
    Exposed,
    /// It cannot be read or written.
    #[error("{0}: {WAYS_OUT}")]
    File(#[from] std::io::Error),
}
