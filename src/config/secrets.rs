//! Secrets given by whoever runs the gateway, and the rules that keep unsafe ones from starting. Every secret
//! that opens this gateway is read by [`opener`]; the secret key, which opens nothing by itself, has a
//! stricter rule everywhere.

use secrecy::{ExposeSecret, SecretString};

use super::{SettingsReader, SubscriberSettings, example::is_example};

/// Bytes a secret key needs.
const SECRET_KEY_BYTES: usize = 32;
/// Characters a secret that opens the gateway needs beyond loopback.
const OPENER_CHARACTERS: usize = 24;

/// What is posted to subscribers is signed with.
const SIGNER: &str = "TASKGATE_BOARD_WEBHOOK_SECRET";

/// Who can try to open the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nobody: no port is bound.
    Nobody,
    /// This machine.
    Loopback,
    /// Other machines.
    Beyond,
}

/// `MCP_SECRET_KEY`, `MCP_SECRET_KEY_OLD`, `MCP_ADMIN_TOKEN`, `MCP_AUTH_TOKENS`, `GITHUB_WEBHOOK_SECRET`,
/// `LINEAR_WEBHOOK_SECRET`, `PLANKA_WEBHOOK_TOKEN`, `TASKGATE_METRICS_TOKEN`, `TASKGATE_BOARD_WEBHOOK_SECRET`,
/// `TASKGATE_CREATE_SECRET`.
#[derive(Debug)]
pub struct SecretSettings {
    /// The secret key, if given; else `secret.key` of the data folder.
    pub secret_key: Option<SecretString>,
    /// The secret key before the last rotation, or after the next.
    pub secret_key_old: Option<SecretString>,
    /// The admin token: no principal, refused wherever a key is asked for.
    pub admin_token: Option<SecretString>,
    /// Static keys of the `default` workspace.
    pub static_keys: Vec<SecretString>,
    /// What GitHub signs its webhooks with; without it there are none.
    pub github_webhook: Option<SecretString>,
    /// What Linear signs its webhooks with; without it there are none.
    pub linear_webhook: Option<SecretString>,
    /// The access token of Planka's webhook; without it there is none.
    pub planka_webhook: Option<SecretString>,
    /// What opens `/metrics`; without it there is no such page.
    pub metrics_token: Option<SecretString>,
    /// What is posted to subscribers is signed with.
    pub board_webhook: Option<SecretString>,
    /// Whether `secret.key` may be made.
    pub create_secret: bool,
}

impl SecretSettings {
    pub(super) fn read(reader: &mut SettingsReader, reach: Reach, subscribers: &SubscriberSettings) -> Self {
        let create = reader.flag("TASKGATE_CREATE_SECRET");
        let settings = Self {
            secret_key: secret_key(reader, "MCP_SECRET_KEY"),
            secret_key_old: secret_key(reader, "MCP_SECRET_KEY_OLD"),
            admin_token: opener(reader, "MCP_ADMIN_TOKEN", reach),
            static_keys: static_keys(reader, reach),
            github_webhook: opener(reader, "GITHUB_WEBHOOK_SECRET", reach),
            linear_webhook: boards_opener(reader, ("LINEAR_WEBHOOK_SECRET", "linear"), reach),
            planka_webhook: boards_opener(reader, ("PLANKA_WEBHOOK_TOKEN", "planka"), reach),
            metrics_token: opener(reader, "TASKGATE_METRICS_TOKEN", reach),
            board_webhook: signer(reader, subscribers),
            create_secret: create || reach != Reach::Beyond,
        };
        if settings.secret_key.is_none() && !settings.create_secret {
            reader.fault(
                "MCP_SECRET_KEY",
                "listening beyond loopback needs a secret key of 32 bytes or more (openssl rand -hex 32), \
                 or TASKGATE_CREATE_SECRET=true to keep one in the data folder",
            );
        }
        settings.differ(reader);
        settings
    }

    /// Secrets that open the gateway, each with the setting it is from.
    pub fn openers(&self) -> impl Iterator<Item = (&'static str, &SecretString)> {
        let admin = self.admin_token.iter().map(|token| ("MCP_ADMIN_TOKEN", token));
        let others = [
            ("GITHUB_WEBHOOK_SECRET", &self.github_webhook),
            ("LINEAR_WEBHOOK_SECRET", &self.linear_webhook),
            ("PLANKA_WEBHOOK_TOKEN", &self.planka_webhook),
            ("TASKGATE_METRICS_TOKEN", &self.metrics_token),
        ];
        let others = others.into_iter().filter_map(|(name, secret)| Some((name, secret.as_ref()?)));
        admin.chain(self.static_keys.iter().map(|key| ("MCP_AUTH_TOKENS", key))).chain(others)
    }

    /// Who has one of them must not have another.
    fn differ(&self, reader: &mut SettingsReader) {
        let named = |name, secret: &Option<SecretString>| secret.clone().map(|secret| (name, secret));
        let mut seen = Vec::from_iter(named("MCP_SECRET_KEY", &self.secret_key));
        seen.extend(named("MCP_SECRET_KEY_OLD", &self.secret_key_old));
        seen.extend(self.openers().map(|(name, secret)| (name, secret.clone())));
        seen.extend(named(SIGNER, &self.board_webhook));
        for (at, (name, secret)) in seen.iter().enumerate() {
            let same = |(_, other): &&(_, SecretString)| other.expose_secret() == secret.expose_secret();
            match seen[..at].iter().find(same) {
                Some((other, _)) if other == name => reader.fault(name, "holds the same key twice"),
                Some((other, _)) => {
                    reader.fault(name, format!("is the same as {other}: each secret must be its own"));
                }
                None => {}
            }
        }
    }
}

fn secret_key(reader: &mut SettingsReader, name: &str) -> Option<SecretString> {
    let key = reader.secret(name)?;
    let text = key.expose_secret();
    if text.len() < SECRET_KEY_BYTES {
        reader.fault(
            name,
            format!("needs 32 bytes or more, has {}: openssl rand -hex 32 makes one", text.len()),
        );
    } else if is_example(text) {
        reader
            .fault(name, "is an example value, which others have too: openssl rand -hex 32 makes a real one");
    }
    Some(key)
}

/// A secret that opens this gateway.
fn opener(reader: &mut SettingsReader, name: &str, reach: Reach) -> Option<SecretString> {
    let secret = reader.secret(name)?;
    judge(reader, name, secret.expose_secret(), reach);
    Some(secret)
}

/// The secret of webhooks that only one kind of board has.
fn boards_opener(
    reader: &mut SettingsReader,
    (name, provider): (&str, &str),
    reach: Reach,
) -> Option<SecretString> {
    let secret = opener(reader, name, reach)?;
    let chosen = reader.text("KANBAN_PROVIDER");
    if !chosen.is_some_and(|chosen| chosen.trim().eq_ignore_ascii_case(provider)) {
        reader.warn(name, format!("is not used: KANBAN_PROVIDER is not {provider}"));
    }
    Some(secret)
}

/// The secret that proves to subscribers who told them: it and an address are set together. Whoever reaches a subscriber could
/// try to pass for the gateway.
fn signer(reader: &mut SettingsReader, subscribers: &SubscriberSettings) -> Option<SecretString> {
    const ADDRESSES: &str = "TASKGATE_BOARD_WEBHOOK_URL";
    let reach = if subscribers.go_beyond_loopback() { Reach::Beyond } else { Reach::Loopback };
    let secret = opener(reader, SIGNER, reach);
    if reader.is_named(ADDRESSES) && !reader.is_named(SIGNER) {
        let text = "nothing is posted unsigned: set TASKGATE_BOARD_WEBHOOK_SECRET too (openssl rand -hex 32)";
        reader.fault(ADDRESSES, text);
    }
    if reader.is_named(SIGNER) && !reader.is_named(ADDRESSES) {
        reader.fault(SIGNER, "signs nothing without TASKGATE_BOARD_WEBHOOK_URL: set that too, or neither");
    }
    secret
}

/// Beyond loopback what can be guessed is a fault, on loopback a warning.
fn judge(reader: &mut SettingsReader, name: &str, text: &str, reach: Reach) {
    if reach != Reach::Nobody && !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return reader
            .fault(name, "holds a character that no client can send: use ASCII letters, digits and signs");
    }
    let Some(weakness) = weakness(text) else { return };
    let way = "openssl rand -hex 32 makes a real one";
    match reach {
        Reach::Nobody => {}
        Reach::Loopback => {
            reader.warn(name, format!("{weakness} before others may reach the gateway: {way}"));
        }
        Reach::Beyond => reader.fault(name, format!("{weakness} beyond loopback: {way}")),
    }
}

fn weakness(text: &str) -> Option<&'static str> {
    if text.chars().count() < OPENER_CHARACTERS {
        return Some("a secret that proves something needs 24 characters or more");
    }
    is_example(text).then_some("an example value, which others have too, must be replaced")
}

fn static_keys(reader: &mut SettingsReader, reach: Reach) -> Vec<SecretString> {
    let Some(list) = reader.secret("MCP_AUTH_TOKENS") else { return Vec::new() };
    let keys: Vec<_> = list.expose_secret().split(',').map(str::trim).filter(|key| !key.is_empty()).collect();
    if list.expose_secret().split(',').any(|key| key.trim().is_empty()) {
        reader.fault("MCP_AUTH_TOKENS", "has an empty item: take out the comma that is too many");
    }
    for key in &keys {
        judge(reader, "MCP_AUTH_TOKENS", key, reach);
    }
    keys.into_iter().map(SecretString::from).collect()
}

#[cfg(test)]
mod tests {
    use crate::config::{SettingFault, Settings, SettingsReader};

    const REAL: [&str; 4] = [
        "9b1f7c4e2a8d6053e7c1b94f0d2a6e8c3f5b7d91",
        "k3Jw8QpZr5VtNc1YbXm0LsHd7FgU2aEo",
        "violet-tractor-umbrella-canyon-71",
        "d0c5e1f3-7b62-4a98-8e1f-3c7a9b2d4e60",
    ];

    /// Names of settings with faults, and with warnings.
    fn read(host: &str, pairs: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let pairs = pairs
            .iter()
            .copied()
            .chain([("MCP_HOST", host)])
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let loaded = Settings::load(SettingsReader::new([].into(), pairs.collect()), false);
        let names = |faults: Vec<SettingFault>| faults.into_iter().map(|fault| fault.key).collect();
        (names(loaded.faults), names(loaded.warnings))
    }

    #[test]
    fn whatever_opens_the_gateway_is_long_and_no_example_beyond_loopback_and_a_warning_on_it() {
        for name in ["MCP_ADMIN_TOKEN", "MCP_AUTH_TOKENS", "GITHUB_WEBHOOK_SECRET", "TASKGATE_METRICS_TOKEN"]
        {
            for weak in [
                "x",
                "changeme",
                "admin",
                "change-me-change-me-change-me",
                "0123456789abcdef0123456789abcdef",
                "${ADMIN_TOKEN_OF_MINE}",
            ] {
                let key = ("MCP_SECRET_KEY", REAL[0]);
                assert_eq!(read("0.0.0.0", &[key, (name, weak)]).0, [name], "{weak}");
                assert_eq!(
                    read("127.0.0.1", &[key, (name, weak)]),
                    (vec![], vec![name.to_owned()]),
                    "{weak}"
                );
            }
            for real in &REAL[1..] {
                assert_eq!(
                    read("0.0.0.0", &[("MCP_SECRET_KEY", REAL[0]), (name, real)]).0,
                    [""; 0],
                    "{real}"
                );
                assert_eq!(read("127.0.0.1", &[(name, real)]), (vec![], vec![]), "{real}");
            }
            assert_eq!(
                read("127.0.0.1", &[(name, "schlüssel-für-das-tor-der-aufgaben-81")]).0,
                [name],
                "no header holds it"
            );
        }
    }

    #[test]
    fn what_subscribers_are_told_is_signed_with_a_secret_nobody_guesses() {
        let read = |secret: &str, addresses: &str| {
            read(
                "127.0.0.1",
                &[("TASKGATE_BOARD_WEBHOOK_SECRET", secret), ("TASKGATE_BOARD_WEBHOOK_URL", addresses)],
            )
        };
        let (here, there) = ("http://127.0.0.1:9/hook", "https://hooks.example.com/a");
        let name = || vec![String::from("TASKGATE_BOARD_WEBHOOK_SECRET")];
        for weak in ["x", "changeme", "change-me-change-me-change-me"] {
            assert_eq!(read(weak, here), (vec![], name()), "{weak}");
            assert_eq!(read(weak, &format!("{here},{there}")).0, name(), "{weak}");
        }
        assert_eq!(read(REAL[1], there), (vec![], vec![]));
    }

    #[test]
    fn a_secret_key_is_long_and_no_example_everywhere() {
        for name in ["MCP_SECRET_KEY", "MCP_SECRET_KEY_OLD"] {
            for weak in [
                "short",
                "0123456789abcdef0123456789abcdef",
                "secret-key-here-secret-key-here-",
                "example-example-example-example-",
            ] {
                assert_eq!(read("127.0.0.1", &[(name, weak)]).0, [name], "{weak}");
            }
            assert_eq!(read("127.0.0.1", &[(name, REAL[0])]).0, [""; 0]);
        }
    }

    #[test]
    fn no_two_secrets_are_the_same() {
        let all = [
            "MCP_SECRET_KEY",
            "MCP_SECRET_KEY_OLD",
            "MCP_ADMIN_TOKEN",
            "MCP_AUTH_TOKENS",
            "GITHUB_WEBHOOK_SECRET",
            "LINEAR_WEBHOOK_SECRET",
            "PLANKA_WEBHOOK_TOKEN",
            "TASKGATE_METRICS_TOKEN",
            "TASKGATE_BOARD_WEBHOOK_SECRET",
        ];
        let address = ("TASKGATE_BOARD_WEBHOOK_URL", "https://hooks.example.com");
        for (at, second) in all.iter().enumerate() {
            for first in &all[..at] {
                let signs = second.starts_with("TASKGATE_BOARD").then_some(address);
                let pairs = [(*first, REAL[0]), (*second, REAL[0])].into_iter().chain(signs);
                let pairs: Vec<_> = pairs.collect();
                assert_eq!(read("127.0.0.1", &pairs).0, [*second], "{first}");
            }
        }
        let twice = [REAL[1], REAL[1]].join(",");
        assert_eq!(read("127.0.0.1", &[("MCP_AUTH_TOKENS", &twice)]).0, ["MCP_AUTH_TOKENS"]);
    }
}
