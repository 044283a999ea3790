//! A user's GitHub token: sealed under the secret key and bound to its record. In clear it exists only while it is used.

use secrecy::{ExposeSecret, SecretString};

use crate::{
    model::{SealedToken, Workspace},
    secrets::{Purpose, SecretKey},
};

/// A GitHub token sealed and bound to a record of that id and the version it is to have.
pub(super) fn seal(
    secret: &SecretKey,
    workspace: &Workspace,
    (id, version): (&str, i64),
    token: &SecretString,
) -> SealedToken {
    let bound = bound(workspace, id, version);
    let sealed = secret.sealer(Purpose::GithubToken).seal(token.expose_secret().as_bytes(), &bound);
    SealedToken { sealed, version }
}

/// What a sealed token is bound to.
pub(super) fn bound(workspace: &Workspace, id: &str, version: i64) -> Vec<u8> {
    match version {
        0 => format!("{}:{id}", workspace.as_str()),
        _ => format!("{}:{id}:{version}", workspace.as_str()),
    }
    .into_bytes()
}

/// What may be shown of a GitHub token.
pub(super) fn shown(token: &SecretString) -> String {
    token.expose_secret().chars().take(4).collect()
}
