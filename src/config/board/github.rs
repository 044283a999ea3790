//! The board that GitHub keeps: the issues of a repository, and a project beside them.

use crate::config::SettingsReader;

const OWNER: &str = "GITHUB_OWNER";
const REPO: &str = "GITHUB_REPO";
const PROJECT: &str = "GITHUB_PROJECT_NUMBER";
const OFFER: &str = "GITHUB_OFFER";

/// Whose issues agents are offered that nobody has given a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Those of owners, members and collaborators.
    Trusted,
    /// Everybody's.
    All,
}

/// `GITHUB_OWNER`, `GITHUB_REPO`, `GITHUB_PROJECT_NUMBER`, `GITHUB_OFFER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubBoardSettings {
    /// The user or organisation.
    pub owner: String,
    /// The repository's name.
    pub repo: String,
    /// The number of a project of that owner, whose Status field says how an issue stands.
    pub project: Option<u32>,
    /// `None`: [`Offer::Trusted`] if everybody can see the repository, else [`Offer::All`].
    pub offer: Option<Offer>,
}

impl GithubBoardSettings {
    /// Whether all is given that such a board needs.
    pub(super) fn is_complete(reader: &SettingsReader) -> bool {
        missing(reader).is_empty()
    }

    /// The settings, where the board is one of GitHub.
    pub(super) fn read(reader: &mut SettingsReader) -> Option<Self> {
        let missing = missing(reader);
        if !missing.is_empty() {
            let text = format!("a board at GitHub needs {} too", missing.join(" and "));
            reader.fault("KANBAN_PROVIDER", text);
        }
        for name in ["TASKGATE_SAMPLE_BOARD", "TASKGATE_EPHEMERAL_BOARD"] {
            if reader.is_given(name) {
                reader.warn(name, "is not used: the board is at GitHub");
            }
        }
        let (owner, repo) = name(reader)?;
        Some(Self {
            owner,
            repo,
            project: project(reader),
            offer: reader.choice(OFFER, &[("trusted", Offer::Trusted), ("all", Offer::All)]),
        })
    }

    /// Says what has no effect since the board is another one.
    pub(super) fn is_unused(reader: &mut SettingsReader) {
        let chosen = reader.is_given("KANBAN_PROVIDER");
        for name in [OWNER, REPO, PROJECT, OFFER] {
            if !reader.is_given(name) {
                continue;
            }
            if chosen {
                reader.warn(name, "is not used: KANBAN_PROVIDER names another board");
            } else {
                let text = format!(
                    "nothing comes of it without {}: set that too, or KANBAN_PROVIDER=local for the built-in board",
                    missing(reader).join(" and ")
                );
                reader.fault(name, text);
            }
        }
    }
}

fn missing(reader: &SettingsReader) -> Vec<&'static str> {
    let has_credential =
        ["GITHUB_TOKEN", "GITHUB_TOKEN_FILE", "GITHUB_APP_ID"].iter().any(|name| reader.is_given(name));
    let has_owner = reader.is_given(OWNER) || reader.text(REPO).is_some_and(|repo| repo.contains('/'));
    let given = [
        (has_credential, "GITHUB_TOKEN (or GITHUB_APP_ID)"),
        (has_owner, OWNER),
        (reader.is_given(REPO), REPO),
    ];
    given.into_iter().filter(|(given, _)| !given).map(|(_, name)| name).collect()
}

/// Owner and repository; `owner/repo` in one is taken too.
fn name(reader: &mut SettingsReader) -> Option<(String, String)> {
    let (owner, repo) = (reader.text(OWNER), reader.text(REPO)?);
    let (owner, repo) = match (owner, repo.split_once('/')) {
        (None, Some((owner, repo))) => (owner.to_owned(), repo.to_owned()),
        (Some(given), Some((owner, repo))) if given == owner => (given, repo.to_owned()),
        (owner, _) => (owner?, repo),
    };
    let is_name = |name: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=100).contains(&name.len()) && name.bytes().all(is_plain) && name != "." && name != ".."
    };
    for (key, name) in [(OWNER, &owner), (REPO, &repo)] {
        if !is_name(name) {
            reader.fault(key, format!("expected a name as in github.com/OWNER/REPO, got `{name}`"));
        }
    }
    Some((owner, repo))
}

fn project(reader: &mut SettingsReader) -> Option<u32> {
    let text = reader.text(PROJECT)?;
    let number = text.trim().parse().ok().filter(|number| *number > 0);
    if number.is_none() {
        reader
            .fault(PROJECT, format!("expected the number at the end of the project's address, got `{text}`"));
    }
    number
}
