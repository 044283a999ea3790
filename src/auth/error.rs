//! Why a caller is not let in.

use crate::{limits::Exceeded, stores::StoreError};

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No bearer credential was sent.
    #[error("no bearer credential was sent")]
    Missing,
    /// The credential opens nothing.
    #[error("the credential is not valid")]
    Invalid,
    /// Too many wrong credentials from that address.
    #[error("too many wrong credentials from this address")]
    TooManyFailures(#[source] Exceeded),
    /// The key store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why somebody is not the administrator.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no admin token.
    #[error("there is no admin token")]
    Off,
    /// The credential is not the admin token.
    #[error("the credential is not the admin token")]
    Wrong,
    /// It was not compared.
    #[error(transparent)]
    Auth(#[from] AuthError),
}

/// Why a key was not changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no live key of that id.
    #[error("there is no live key with this id")]
    NotFound,
    /// It is not as the caller saw it.
    #[error("this key was changed since it was looked at")]
    Changed,
    /// The caller showed a text that was replaced.
    #[error("this key was rotated: its holder has a new text")]
    Superseded,
    /// The idempotency key was used for something else.
    #[error("this Idempotency-Key was used for another request")]
    AskedOtherwise,
    /// The sealed token does not open.
    #[error("the stored GitHub token does not open: it was changed, or sealed under another secret key")]
    Unreadable,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
