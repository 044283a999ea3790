//! Which hosts are asked, and as whom the workspace is.

use secrecy::SecretString;

use super::{
    addresses::{GithubAddress, addresses},
    app::GithubAppSettings,
};
use crate::config::SettingsReader;

/// `GH_HOST`, `GITHUB_API_URL`, `GITHUB_GRAPHQL_URL`, `GITHUB_TOKEN`, `TASKGATE_SHARE_GITHUB_TOKEN`, `GITHUB_APP_*`.
#[derive(Clone, Debug)]
pub struct GithubSettings {
    /// Where each GitHub's APIs are, the configured one first; github.com is always among them.
    pub hosts: Vec<GithubAddress>,
    /// The workspace's token for the first of them; with `stdio`, the user's own.
    pub token: Option<SecretString>,
    /// Whether keys without a token of their own use the workspace's.
    pub share_token: bool,
    /// The App that stands for the workspace in place of a token.
    pub app: Option<GithubAppSettings>,
}

impl GithubSettings {
    pub(in crate::config) fn read(reader: &mut SettingsReader) -> Self {
        let hosts = addresses(reader);
        let token = reader.secret("GITHUB_TOKEN");
        let app = GithubAppSettings::read(reader);
        if token.is_some() && app.is_some() {
            reader.fault(
                "GITHUB_TOKEN",
                "GITHUB_APP_ID is set too: the workspace is one or the other, so take one of them away",
            );
        }
        let share_token = reader.flag("TASKGATE_SHARE_GITHUB_TOKEN");
        if share_token && token.is_none() && app.is_none() {
            reader.fault(
                "TASKGATE_SHARE_GITHUB_TOKEN",
                "there is nothing to share: set GITHUB_TOKEN or GITHUB_APP_ID",
            );
        }
        Self { hosts, token, share_token, app }
    }
}
