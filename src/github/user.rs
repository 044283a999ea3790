//! `GET /user` at the configured host and no other.
//! <https://docs.github.com/en/rest/users/users#get-the-authenticated-user>

use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    config::GithubSettings,
    net::{HttpClient, NetError},
};

/// Why GitHub did not say whose a token is.
#[derive(Debug, thiserror::Error)]
pub enum GithubError {
    /// It does not take the token.
    #[error("GitHub does not take this token")]
    Refused,
    /// It answered something else.
    #[error("GitHub answered with status {0}")]
    Unexpected(u16),
    /// It cannot be reached.
    #[error("GitHub cannot be reached")]
    Unreachable(#[from] NetError),
}

/// GitHub at one host.
#[derive(Clone, Debug)]
pub struct Github {
    client: HttpClient,
    api: String,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

impl Github {
    /// GitHub where the settings say.
    pub fn new(client: HttpClient, settings: &GithubSettings) -> Self {
        Self { client, api: settings.api_url.as_str().trim_end_matches('/').to_owned() }
    }

    /// The login of a token's owner.
    pub async fn login_of(&self, token: &SecretString) -> Result<String, GithubError> {
        let url = format!("{}/user", self.api);
        let answer = self.client.get(&url, token, "application/vnd.github+json").await?;
        match answer.status {
            200 => serde_json::from_slice(&answer.body)
                .map(|user: User| user.login)
                .map_err(|_| GithubError::Unexpected(200)),
            401 | 403 => Err(GithubError::Refused),
            other => Err(GithubError::Unexpected(other)),
        }
    }
}
