//! As whom GitHub is asked. A credential belongs to one host, which is asked and no other.

use std::{fmt, sync::Arc};

use secrecy::{ExposeSecret, SecretString};

use super::app::GithubApp;
use crate::secrets::sha256;

/// A token, or an App that gets itself one, with the host it is for.
#[derive(Clone)]
pub struct Credential {
    pub(super) source: Source,
    host: Arc<str>,
    digest: [u8; 32],
}

/// Where the bearer token comes from.
#[derive(Clone)]
pub(super) enum Source {
    /// It is there.
    Token(SecretString),
    /// It is asked for, and anew before it ends.
    App(Arc<GithubApp>),
}

impl Credential {
    /// A user's token, or the workspace's, for that host.
    pub fn token(token: SecretString, host: Arc<str>) -> Self {
        let digest = sha256(format!("token\n{host}\n{}", token.expose_secret()));
        Self { source: Source::Token(token), host, digest }
    }

    /// An installation of an App.
    pub fn app(app: Arc<GithubApp>) -> Self {
        let host = Arc::clone(app.host());
        let digest = sha256(format!("app\n{host}\n{}\n{}", app.id(), app.installation_id()));
        Self { source: Source::App(app), host, digest }
    }

    /// The one host it may be sent to.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is an App's, which has permissions of its own; a token has those of its user at most.
    pub const fn is_app(&self) -> bool {
        matches!(self.source, Source::App(_))
    }

    /// What tells it from every other: what is kept for one caller is kept under it.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Credential({})", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_shows_its_host_alone_and_is_another_at_another_host() {
        let at = |host: &str| Credential::token(SecretString::from("ghp_hush"), host.into());
        assert_eq!(format!("{:?}", at("github.com")), "Credential(github.com)");
        assert_eq!(at("github.com").digest(), at("github.com").digest());
        assert_ne!(at("github.com").digest(), at("ghe.x").digest());
    }
}
