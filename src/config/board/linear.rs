//! The board that Linear keeps: the issues of a team, or of one of its projects.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::unused::say_unused;
use crate::config::{SettingsReader, host::has_user, url::safe_url};

const KEY: &str = "LINEAR_API_KEY";
const CLIENT: &str = "LINEAR_CLIENT_ID";
const CLIENT_SECRET: &str = "LINEAR_CLIENT_SECRET";
const TEAM: &str = "LINEAR_TEAM_ID";
const PROJECT: &str = "LINEAR_PROJECT_ID";
const API: &str = "LINEAR_API_URL";

/// As whom Linear is asked.
#[derive(Clone, Debug)]
pub enum LinearCredentialSettings {
    /// A personal API key.
    Key(SecretString),
    /// An OAuth application that gets tokens by client credentials.
    App {
        /// Its client id.
        id: String,
        /// Its client secret.
        secret: SecretString,
    },
}

/// `LINEAR_API_KEY` or `LINEAR_CLIENT_ID` with `LINEAR_CLIENT_SECRET`, `LINEAR_TEAM_ID`, `LINEAR_PROJECT_ID`, `LINEAR_API_URL`.
#[derive(Clone, Debug)]
pub struct LinearBoardSettings {
    /// As whom.
    pub credential: LinearCredentialSettings,
    /// The team, by its id or its key.
    pub team: String,
    /// One project of it, by its id or the end of its address.
    pub project: Option<String>,
    /// The GraphQL API.
    pub api: Url,
}

impl LinearBoardSettings {
    /// The settings, where the board is one of Linear.
    pub(super) fn read(reader: &mut SettingsReader) -> Option<Self> {
        let credential = credential(reader);
        if !reader.is_given(TEAM) {
            reader.fault("KANBAN_PROVIDER", format!("a board at Linear needs {TEAM} too"));
        }
        for name in ["TASKGATE_SAMPLE_BOARD", "TASKGATE_EPHEMERAL_BOARD"] {
            if reader.is_given(name) {
                reader.warn(name, "is not used: the board is at Linear");
            }
        }
        let team = named(reader, TEAM, "the key of a team, such as ENG, or its id");
        let project = named(reader, PROJECT, "a project's id, or the end of its address");
        let api = api(reader);
        Some(Self { credential: credential?, team: team?, project, api: api? })
    }

    /// Says what has no effect since the board is another one.
    pub(super) fn is_unused(reader: &mut SettingsReader) {
        say_unused(reader, "linear", (&[TEAM, PROJECT], &[API, KEY, CLIENT, CLIENT_SECRET]));
    }
}

fn credential(reader: &mut SettingsReader) -> Option<LinearCredentialSettings> {
    let said = [KEY, CLIENT, CLIENT_SECRET].map(|name| reader.is_named(name));
    match said {
        [false, false, false] => {
            let text = format!("a board at Linear needs {KEY} too (or {CLIENT} and {CLIENT_SECRET})");
            reader.fault("KANBAN_PROVIDER", text);
        }
        [true, false, false] | [false, true, true] => {}
        [true, ..] => {
            let other = if said[1] { CLIENT } else { CLIENT_SECRET };
            let text = format!("{KEY} is set too: the gateway is one or the other, so take one of them away");
            reader.fault(other, text);
        }
        [false, has_id, _] => {
            let (present, missing) = if has_id { (CLIENT, CLIENT_SECRET) } else { (CLIENT_SECRET, CLIENT) };
            let text = format!("nothing comes of it without {missing}: set that too, or neither");
            reader.fault(present, text);
        }
    }
    let key = secret(reader, KEY, "lin_api_...");
    let app = secret(reader, CLIENT_SECRET, "the client secret on the application's page");
    let id = reader.text(CLIENT);
    match (key, id.zip(app)) {
        (Some(key), None) => Some(LinearCredentialSettings::Key(key)),
        (None, Some((id, secret))) => Some(LinearCredentialSettings::App { id, secret }),
        _ => None,
    }
}

/// A secret that a header can hold.
fn secret(reader: &mut SettingsReader, name: &str, expected: &str) -> Option<SecretString> {
    let secret = reader.secret(name)?;
    let text = secret.expose_secret();
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        reader.fault(name, format!("expected {expected}: letters, digits and signs without a blank"));
    }
    Some(secret)
}

/// A name that stands in an address.
fn named(reader: &mut SettingsReader, name: &str, expected: &str) -> Option<String> {
    let text = reader.text(name)?.trim().to_owned();
    let is_name = (1..=200).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !is_name {
        reader.fault(name, format!("expected {expected}, got `{text}`"));
    }
    Some(text)
}

fn api(reader: &mut SettingsReader) -> Option<Url> {
    let text = reader.text(API)?;
    let url = safe_url(reader, API, &text)?;
    if has_user(&url) {
        reader.fault(API, "holds a user or password: the key is sent in a header");
    }
    if url.query().is_some() || url.fragment().is_some() {
        reader.fault(API, "expected an address without ? and #");
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use crate::config::{BoardProvider, LinearCredentialSettings, Settings, SettingsReader};

    /// The board that settings name, or the names of those with faults; and those with warnings.
    fn read(pairs: &[(&str, &str)]) -> (Result<BoardProvider, Vec<String>>, Vec<String>) {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let loaded = Settings::load(SettingsReader::new([].into(), pairs), false);
        let warnings = loaded.warnings.into_iter().map(|warning| warning.key).collect();
        if loaded.faults.is_empty() {
            return (Ok(loaded.settings.board.provider), warnings);
        }
        (Err(loaded.faults.into_iter().map(|fault| fault.key).collect()), warnings)
    }

    const LINEAR: (&str, &str) = ("KANBAN_PROVIDER", "linear");

    #[test]
    fn a_team_and_a_credential_make_a_board() {
        let with = |more: &[(&str, &str)]| read(&[&[LINEAR, ("LINEAR_TEAM_ID", "ENG")], more].concat()).0;
        let Ok(BoardProvider::Linear(board)) = with(&[("LINEAR_API_KEY", "lin_api_hush")]) else {
            panic!("it is one of Linear")
        };
        assert_eq!((board.team.as_str(), board.api.as_str()), ("ENG", "https://api.linear.app/graphql"));
        assert!(!format!("{board:?}").contains("hush"));
        let app =
            [("LINEAR_CLIENT_ID", "id"), ("LINEAR_CLIENT_SECRET", "hush"), ("LINEAR_PROJECT_ID", "road-1a")];
        let Ok(BoardProvider::Linear(board)) = with(&app) else { panic!("it is one of Linear") };
        assert!(matches!(board.credential, LinearCredentialSettings::App { id, .. } if id == "id"));
        let here = [("LINEAR_API_KEY", "k"), ("LINEAR_API_URL", "http://127.0.0.1:9/graphql")];
        assert!(with(&here).is_ok());
    }

    #[test]
    fn what_is_missing_too_much_or_cannot_be_meant_is_a_fault() {
        let faults = |pairs: &[(&str, &str)]| read(&[&[LINEAR], pairs].concat()).0.err().unwrap_or_default();
        assert_eq!(faults(&[]), ["KANBAN_PROVIDER", "KANBAN_PROVIDER"]);
        let team = ("LINEAR_TEAM_ID", "ENG");
        let key = ("LINEAR_API_KEY", "k");
        assert_eq!(faults(&[team, key, ("LINEAR_CLIENT_ID", "id")]), ["LINEAR_CLIENT_ID"]);
        assert_eq!(faults(&[team, ("LINEAR_CLIENT_ID", "id")]), ["LINEAR_CLIENT_ID"]);
        assert_eq!(faults(&[team, ("LINEAR_CLIENT_SECRET", "s")]), ["LINEAR_CLIENT_SECRET"]);
        assert_eq!(faults(&[team, ("LINEAR_API_KEY", "a b")]), ["LINEAR_API_KEY"]);
        assert_eq!(faults(&[("LINEAR_TEAM_ID", "a team"), key]), ["LINEAR_TEAM_ID"]);
        for url in ["http://api.linear.app/graphql", "https://u:p@x/graphql", "https://x/graphql?a=b", "x"] {
            assert_eq!(faults(&[team, key, ("LINEAR_API_URL", url)]), ["LINEAR_API_URL"], "{url}");
        }
    }

    #[test]
    fn what_has_no_effect_is_said() {
        let key = ("LINEAR_API_KEY", "k");
        assert_eq!(read(&[key]).1, ["LINEAR_API_KEY"]);
        let team = read(&[key, ("LINEAR_TEAM_ID", "ENG")]);
        assert_eq!(
            (team.0.unwrap_err(), team.1),
            (vec!["LINEAR_TEAM_ID".into()], vec!["LINEAR_API_KEY".into()])
        );
        assert_eq!(read(&[("KANBAN_PROVIDER", "local"), key]).1, ["LINEAR_API_KEY"]);
    }
}
