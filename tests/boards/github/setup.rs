//! A board over the fake.

use std::sync::Arc;

use secrecy::SecretString;
use taskgate::{
    boards::GithubBoard,
    clock::{Clock, SystemClock},
    config::{GithubAddress, GithubBoardSettings, GithubSettings, NetworkSettings, StatusNames},
    github::{Credential, Github},
    net::HttpClient,
    secrets::SecretKey,
};

use crate::support::github::FakeGithub;

/// Who the gateway is at GitHub.
pub const GATEWAY: &str = "taskgate-bot";
pub const REPO: &str = "octo/app";
/// What the gateway's marks are signed under.
pub const SECRET: &str = "a secret of the tests that is long enough";

/// A fake with an empty repository of an organization.
pub fn fake() -> FakeGithub {
    let github = FakeGithub::start();
    github.change(|world| {
        world.tracker.organizations.insert(String::from("octo"));
        world.repo(REPO);
    });
    github.token(GATEWAY);
    github
}

/// Its issues as a board, as a process has it.
pub fn board(fake: &FakeGithub, project: Option<u32>) -> GithubBoard {
    board_by(fake, project, Arc::new(SystemClock::new()))
}

pub fn board_by(fake: &FakeGithub, project: Option<u32>, clock: Arc<dyn Clock>) -> GithubBoard {
    board_at(&fake.url, fake, project, clock)
}

/// Those of a fake that is asked at that address.
pub fn board_at(url: &str, fake: &FakeGithub, project: Option<u32>, clock: Arc<dyn Clock>) -> GithubBoard {
    let address = GithubAddress {
        host: String::from("github.com"),
        rest: url.parse().unwrap(),
        graphql: format!("{url}/graphql").parse().unwrap(),
    };
    let settings = GithubSettings { hosts: vec![address], token: None, share_token: false, app: None };
    let client = HttpClient::new(NetworkSettings::default());
    let github = Github::new(client, &settings, Arc::clone(&clock));
    let credential = Credential::token(SecretString::from(fake.token(GATEWAY)), "github.com".into());
    let (owner, repo) = (String::from("octo"), String::from("app"));
    let settings = GithubBoardSettings { owner, repo, project, offer: None };
    let secret = SecretKey::new(SecretString::from(SECRET), None);
    GithubBoard::new(github, credential, &settings, StatusNames::default(), (clock, secret.mark_key()))
}
