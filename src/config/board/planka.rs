//! The board that Planka keeps: which server, which board there, and as whom.

use std::net::IpAddr;

use secrecy::SecretString;
use url::Url;

use super::unused::say_unused;
use crate::config::{
    SettingsReader,
    host::{has_user, host_name, is_loopback_name},
};

const BASE_URL: &str = "PLANKA_BASE_URL";
const PUBLIC_URL: &str = "PLANKA_PUBLIC_URL";
const API_KEY: &str = "PLANKA_API_KEY";
const EMAIL: &str = "PLANKA_AGENT_EMAIL";
const PASSWORD: &str = "PLANKA_AGENT_PASSWORD";
const PROJECT_ID: &str = "PLANKA_PROJECT_ID";
const PROJECT_NAME: &str = "PLANKA_PROJECT_NAME";
const BOARD_ID: &str = "PLANKA_BOARD_ID";
const BOARD_NAME: &str = "PLANKA_BOARD_NAME";
/// Characters of a name that Planka takes.
const MOST_NAME_CHARS: usize = 128;

/// Who the gateway is at Planka.
#[derive(Clone, Debug)]
pub enum PlankaCredential {
    /// A key of a user.
    ApiKey(SecretString),
    /// A user who signs in.
    Password {
        /// The user's e-mail address or name.
        email: String,
        /// The user's password.
        password: SecretString,
    },
}

/// What a project or a board is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlankaName {
    /// The number in its address.
    Id(String),
    /// What people call it.
    Name(String),
}

impl PlankaName {
    /// Either of them.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Id(name) | Self::Name(name) => name,
        }
    }
}

/// `PLANKA_BASE_URL`, `PLANKA_PUBLIC_URL`, `PLANKA_API_KEY`, `PLANKA_AGENT_EMAIL`, `PLANKA_AGENT_PASSWORD`, `PLANKA_PROJECT_ID`, `PLANKA_PROJECT_NAME`,
/// `PLANKA_BOARD_ID`, `PLANKA_BOARD_NAME`.
#[derive(Clone, Debug)]
pub struct PlankaBoardSettings {
    /// Where it is asked, without a slash at the end.
    pub base_url: Url,
    /// Where people open it, without a slash at the end.
    pub public_url: Url,
    /// As whom it is asked.
    pub credential: PlankaCredential,
    /// The board's project; always given where the board is known by its name.
    pub project: Option<PlankaName>,
    /// The board.
    pub board: PlankaName,
}

impl PlankaBoardSettings {
    /// The settings, where the board is one of Planka.
    pub(super) fn read(reader: &mut SettingsReader) -> Option<Self> {
        let missing = missing(reader);
        if !missing.is_empty() {
            let text = format!("a board of Planka needs {} too", missing.join(" and "));
            reader.fault("KANBAN_PROVIDER", text);
        }
        for name in ["TASKGATE_SAMPLE_BOARD", "TASKGATE_EPHEMERAL_BOARD"] {
            if reader.is_given(name) {
                reader.warn(name, "is not used: the board is kept by Planka");
            }
        }
        let base_url = base_url(reader);
        let public_url = public_url(reader).or_else(|| base_url.clone());
        let credential = credential(reader);
        let project = named(reader, PROJECT_ID, PROJECT_NAME);
        let board = named(reader, BOARD_ID, BOARD_NAME);
        if matches!(board, Some(PlankaName::Name(_))) && project.is_none() {
            reader.fault(
                BOARD_NAME,
                "a name alone may be that of several boards: set PLANKA_PROJECT_NAME or PLANKA_PROJECT_ID too",
            );
        }
        Some(Self {
            base_url: base_url?,
            public_url: public_url?,
            credential: credential?,
            project,
            board: board?,
        })
    }

    /// Says what has no effect since the board is another one.
    pub(super) fn is_unused(reader: &mut SettingsReader) {
        let places = [BASE_URL, PUBLIC_URL, PROJECT_ID, PROJECT_NAME, BOARD_ID, BOARD_NAME];
        say_unused(reader, "planka", (&places, &[API_KEY, EMAIL, PASSWORD]));
    }
}

fn missing(reader: &SettingsReader) -> Vec<&'static str> {
    let has = |names: &[&str]| names.iter().any(|name| reader.is_given(name));
    let has_credential =
        has(&[API_KEY, "PLANKA_API_KEY_FILE", EMAIL, PASSWORD, "PLANKA_AGENT_PASSWORD_FILE"]);
    let given = [
        (has(&[BASE_URL]), BASE_URL),
        (has_credential, "PLANKA_API_KEY (or PLANKA_AGENT_EMAIL and PLANKA_AGENT_PASSWORD)"),
        (has(&[BOARD_ID, BOARD_NAME]), "PLANKA_BOARD_ID (or PLANKA_BOARD_NAME)"),
    ];
    given.into_iter().filter(|(given, _)| !given).map(|(_, name)| name).collect()
}

/// The address, without a slash at the end.
fn base_url(reader: &mut SettingsReader) -> Option<Url> {
    let text = reader.text(BASE_URL)?;
    let url = Url::parse(text.trim()).ok();
    let url = url.filter(|url| {
        let host = url.host_str().and_then(host_name);
        let is_safe =
            url.scheme() == "https" || (url.scheme() == "http" && host.as_deref().is_some_and(is_near));
        host.is_some() && is_safe && url.port() != Some(0)
    });
    let Some(mut url) = url else {
        reader.fault(
            BASE_URL,
            "expected an https:// address (http:// only for this machine, a name without a dot, such as a service of compose, or \
             a private address)",
        );
        return None;
    };
    if has_user(&url) {
        reader.fault(BASE_URL, "holds a user or password: PLANKA_API_KEY, or PLANKA_AGENT_EMAIL and PLANKA_AGENT_PASSWORD, says who asks");
    }
    is_plain(reader, BASE_URL, &url);
    url.set_path(url.path().trim_end_matches('/').to_owned().as_str());
    Some(url)
}

/// The address for links, without a slash at the end. Nothing is sent there.
fn public_url(reader: &mut SettingsReader) -> Option<Url> {
    let text = reader.text(PUBLIC_URL)?;
    let url = Url::parse(text.trim()).ok();
    let url = url
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.host_str().is_some() && !has_user(url));
    let Some(mut url) = url else {
        reader.fault(
            PUBLIC_URL,
            "expected the address at which people open Planka, such as http://localhost:3000",
        );
        return None;
    };
    is_plain(reader, PUBLIC_URL, &url);
    url.set_path(url.path().trim_end_matches('/').to_owned().as_str());
    Some(url)
}

/// Refuses an address that goes on beyond Planka's own.
fn is_plain(reader: &mut SettingsReader, name: &str, url: &Url) {
    if url.query().is_some() || url.fragment().is_some() {
        reader.fault(name, "expected an address without ? and #");
    }
    if url.path().split('/').any(|part| part == "api" || part == "boards") {
        reader.fault(name, "expected the address at which people open Planka, without /api or /boards");
    }
}

/// Whether what is sent in clear to that host stays on this machine or in a network of one's own.
fn is_near(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => is_loopback_name(host) || !host.contains('.'),
    }
}

fn credential(reader: &mut SettingsReader) -> Option<PlankaCredential> {
    let (key, email, password) = (reader.secret(API_KEY), reader.text(EMAIL), reader.secret(PASSWORD));
    let has = |secret: &Option<SecretString>, name: &str| {
        secret.is_some() || reader.is_given(&format!("{name}_FILE"))
    };
    let (has_key, has_password) = (has(&key, API_KEY), has(&password, PASSWORD));
    let given = [(EMAIL, email.is_some()), (PASSWORD, has_password)];
    if has_key {
        for (name, _) in given.into_iter().filter(|(_, given)| *given) {
            reader.warn(name, "is not used beside PLANKA_API_KEY");
        }
        return key.map(PlankaCredential::ApiKey);
    }
    match (email, has_password) {
        (Some(email), true) => Some(PlankaCredential::Password { email, password: password? }),
        (Some(_), false) => {
            reader.fault(EMAIL, "nothing comes of it without PLANKA_AGENT_PASSWORD: set that too");
            None
        }
        (None, true) => {
            reader.fault(PASSWORD, "nothing comes of it without PLANKA_AGENT_EMAIL: set that too");
            None
        }
        (None, false) => None,
    }
}

/// What is known by one of these two settings.
fn named(
    reader: &mut SettingsReader,
    id_setting: &'static str,
    name_setting: &'static str,
) -> Option<PlankaName> {
    let (id, name) = (reader.text(id_setting), reader.text(name_setting));
    if id.is_some() && name.is_some() {
        reader.fault(name_setting, format!("is not used beside {id_setting}: leave one of them out"));
    }
    if let Some(id) = id {
        let is_id =
            |id: &str| !id.starts_with('0') && id.len() <= 19 && id.bytes().all(|byte| byte.is_ascii_digit());
        if !is_id(&id) {
            reader.fault(id_setting, format!("expected the number in its address, got `{id}`"));
        }
        return Some(PlankaName::Id(id));
    }
    let name = name?.trim().to_owned();
    if name.is_empty() || name.chars().count() > MOST_NAME_CHARS {
        reader.fault(name_setting, format!("expected a name of 1 to {MOST_NAME_CHARS} characters"));
    }
    Some(PlankaName::Name(name))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::config::{BoardProvider, Settings};

    /// The settings, or the names of those with faults.
    fn read(pairs: &[(&str, &str)]) -> Result<PlankaBoardSettings, Vec<String>> {
        let pairs = pairs.iter().chain(&[("KANBAN_PROVIDER", "planka")]);
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let loaded = Settings::load(SettingsReader::new([].into(), pairs), false);
        if !loaded.faults.is_empty() {
            return Err(loaded.faults.into_iter().map(|fault| fault.key).collect());
        }
        match loaded.settings.board.provider {
            BoardProvider::Planka(planka) => Ok(planka),
            other => panic!("{other:?}"),
        }
    }

    fn at(url: &str) -> Result<PlankaBoardSettings, Vec<String>> {
        read(&[(BASE_URL, url), (API_KEY, "key"), (BOARD_ID, "7")])
    }

    #[test]
    fn a_board_is_named_by_id_or_by_name_and_asked_by_key_or_password() {
        let by_id = at("https://planka.example/team/").unwrap();
        assert_eq!(by_id.base_url.as_str(), "https://planka.example/team");
        assert_eq!(by_id.public_url, by_id.base_url);
        let inner = [(BASE_URL, "http://planka:1337"), (API_KEY, "key"), (BOARD_ID, "7")];
        let seen = read(&[&inner[..], &[(PUBLIC_URL, "http://boards.example.com/")]].concat()).unwrap();
        assert_eq!(seen.public_url.as_str(), "http://boards.example.com/");
        for wrong in [
            "boards.example.com",
            "ftp://boards.example.com",
            "https://a:b@boards.example.com",
            "https://x/api",
        ] {
            let faults = read(&[&inner[..], &[(PUBLIC_URL, wrong)]].concat());
            assert_eq!(faults.unwrap_err(), [PUBLIC_URL], "{wrong}");
        }
        assert_eq!((by_id.project, by_id.board), (None, PlankaName::Id("7".into())));
        let by_name = [
            (BASE_URL, "http://planka:1337"),
            (EMAIL, "agent@example.com"),
            (PASSWORD, "secret"),
            (PROJECT_NAME, "Gateway"),
            (BOARD_NAME, " Sprint "),
        ];
        let by_name = read(&by_name).unwrap();
        assert_eq!(by_name.board, PlankaName::Name("Sprint".into()));
        let PlankaCredential::Password { password, .. } = by_name.credential else { panic!("a password") };
        assert_eq!(password.expose_secret(), "secret");
    }

    #[test]
    fn what_is_sent_in_clear_stays_near() {
        for url in [
            "http://localhost:3000",
            "http://127.0.0.1",
            "http://[::1]:3000",
            "http://planka",
            "http://192.168.1.7:3000",
            "http://10.0.0.1",
            "http://[fd00::1]",
            "https://planka.example",
        ] {
            assert!(at(url).is_ok(), "{url}");
        }
        for url in [
            "http://planka.example",
            "http://8.8.8.8",
            "http://169.254.169.254",
            "http://[2001:db8::1]",
            "ftp://planka",
            "planka:3000",
            "https://user:word@planka.example",
            "https://planka.example/?a=b",
            "https://planka.example/api",
            "https://planka.example/boards/7",
        ] {
            assert_eq!(at(url).unwrap_err(), [BASE_URL], "{url}");
        }
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let key = [(BASE_URL, "http://planka"), (API_KEY, "key")];
        let faults = |more: &[(&str, &str)]| read(&[&key[..], more].concat()).unwrap_err();
        assert_eq!(read(&[]).unwrap_err(), ["KANBAN_PROVIDER"]);
        assert_eq!(faults(&[]), ["KANBAN_PROVIDER"]);
        assert_eq!(faults(&[(BOARD_NAME, "Sprint")]), [BOARD_NAME]);
        assert_eq!(faults(&[(BOARD_ID, "abc")]), [BOARD_ID]);
        let both = [
            (BOARD_ID, "7"),
            (BOARD_NAME, "Sprint"),
            (PROJECT_ID, "8"),
            (PROJECT_NAME, "Gateway"),
            (EMAIL, "agent@example.com"),
        ];
        assert_eq!(faults(&both), [PROJECT_NAME, BOARD_NAME], "a key goes before a password");
        let alone = [(BASE_URL, "http://planka"), (BOARD_ID, "7")];
        assert_eq!(read(&[&alone[..], &[(EMAIL, "a")]].concat()).unwrap_err(), [EMAIL]);
        assert_eq!(read(&[&alone[..], &[(PASSWORD, "a")]].concat()).unwrap_err(), [PASSWORD]);
    }

    #[test]
    fn what_belongs_to_planka_is_none_of_another_boards() {
        let load = |provider: &[(&str, &str)]| {
            let pairs = [provider, &[(BASE_URL, "http://planka"), (API_KEY, "key")]].concat();
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Settings::load(SettingsReader::new([].into(), pairs), false)
        };
        let keys = |faults: Vec<crate::config::SettingFault>| {
            faults.into_iter().map(|fault| fault.key).collect::<Vec<_>>()
        };
        let unchosen = load(&[]);
        assert_eq!(
            (keys(unchosen.faults), keys(unchosen.warnings)),
            (vec![BASE_URL.into()], vec![API_KEY.into()])
        );
        let local = load(&[("KANBAN_PROVIDER", "local")]);
        assert_eq!(
            (keys(local.faults), keys(local.warnings)),
            (vec![], vec![BASE_URL.to_owned(), API_KEY.to_owned()])
        );
    }
}
