//! Whose token a call uses: the key's own, else the workspace's if that is shared, else none.

use std::sync::Arc;

use super::Credential;
use crate::{
    auth::{Keyring, KeyringError},
    model::{Actor, Code, Principal},
};

/// Why a call has no credential. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Neither the key nor the workspace has one to use.
    #[error(
        "this key has no GitHub token: whoever runs the gateway adds one with PATCH /admin/tokens/{{id}} \
         {{\"github_token\": \"...\"}}"
    )]
    None,
    /// It was stored without the host it is for.
    #[error(
        "this key's GitHub token was stored without its host: give it again with PATCH /admin/tokens/{{id}} \
         {{\"github_token\": \"...\", \"github_host\": \"github.com\"}}"
    )]
    NoHost,
    /// It is for another host.
    #[error("this key's GitHub token is for {token_host} and is not sent to {asked}")]
    HostMismatch {
        /// Whom it may be sent to.
        token_host: String,
        /// Who was to be asked.
        asked: String,
    },
    /// The stored token cannot be used.
    #[error("the key's GitHub token cannot be read")]
    Keyring(#[from] KeyringError),
}

impl CredentialError {
    /// The code for callers.
    pub fn code(&self) -> Code {
        match self {
            Self::None | Self::NoHost => Code::GithubTokenMissing,
            Self::HostMismatch { .. } => Code::HostMismatch,
            Self::Keyring(KeyringError::Store(error)) => error.code(),
            Self::Keyring(_) => Code::Internal,
        }
    }
}

/// The credentials of callers.
pub struct Credentials {
    keyring: Arc<Keyring>,
    /// The workspace's, if callers may use it.
    shared: Option<Credential>,
}

impl Credentials {
    /// The tokens of keys, and `shared` for those without one.
    pub fn new(keyring: Arc<Keyring>, shared: Option<Credential>) -> Self {
        Self { keyring, shared }
    }

    /// As whom GitHub is asked for that caller; at `host`, if one is meant.
    pub async fn of(&self, principal: &Principal, host: Option<&str>) -> Result<Credential, CredentialError> {
        let own = self.own(principal).await?;
        let credential = own.or_else(|| self.shared.clone()).ok_or(CredentialError::None)?;
        match host.filter(|host| !host.eq_ignore_ascii_case(credential.host())) {
            Some(asked) => Err(CredentialError::HostMismatch {
                token_host: credential.host().to_owned(),
                asked: asked.to_owned(),
            }),
            None => Ok(credential),
        }
    }

    async fn own(&self, principal: &Principal) -> Result<Option<Credential>, CredentialError> {
        let record = match self.keyring.find(&principal.key_id).await {
            Ok(record) => record,
            // A static key and the local user have no record.
            Err(KeyringError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let actor = Actor { name: &record.id, request_id: "" };
        let Some(token) = self.keyring.github_token(actor, &record).await? else { return Ok(None) };
        let host = record.github_host.as_deref().ok_or(CredentialError::NoHost)?;
        Ok(Some(Credential::token(token, host.into())))
    }
}
