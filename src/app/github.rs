//! The client of GitHub, and as whom callers without a GitHub token of their own ask it, if they may.

use std::sync::Arc;

use crate::{
    auth::Keyring,
    clock::Clock,
    config::{Mode, Settings},
    github::{Credential, Credentials, Github, GithubApp},
    net::HttpClient,
    telemetry::metrics::Upstream,
};

/// The way out, GitHub behind it, and the credentials of callers there.
pub(super) fn github_of(
    settings: &Settings,
    keyring: &Arc<Keyring>,
    clock: &Arc<dyn Clock>,
) -> (HttpClient, Github, Arc<Credentials>) {
    let client = HttpClient::new(settings.network.clone());
    let github = Github::new(client.to(Upstream::Github), &settings.github, Arc::clone(clock));
    let credentials = Credentials::new(Arc::clone(keyring), shared_credential(settings, &github));
    (client, github, Arc::new(credentials))
}

/// The workspace's credential, if it is shared; over standard input and output there is one user, whose it is.
fn shared_credential(settings: &Settings, github: &Github) -> Option<Credential> {
    let is_shared = settings.github.share_token || settings.listen.mode == Mode::Stdio;
    workspace_credential(settings, github).filter(|_| is_shared)
}

/// The workspace's own credential: its token, or its App.
pub(super) fn workspace_credential(settings: &Settings, github: &Github) -> Option<Credential> {
    let host = Arc::clone(&github.default_host().name);
    let token = settings.github.token.clone().map(|token| Credential::token(token, Arc::clone(&host)));
    token.or_else(|| {
        settings.github.app.clone().map(|app| Credential::app(Arc::new(GithubApp::new(app, host))))
    })
}
