//! Secrets given by whoever runs the gateway, and the rules that keep unsafe ones from starting.

use secrecy::{ExposeSecret, SecretString};

use super::Reader;

/// Values printed in documents and examples everywhere: never a secret.
const EXAMPLES: [&str; 9] = [
    "changeme",
    "change-me",
    "change_me",
    "example",
    "token1",
    "token2",
    "token3",
    "your-",
    "secret-key-here",
];
/// Bytes a secret key needs.
const SECRET_KEY_BYTES: usize = 32;
/// Characters a static key needs beyond loopback.
const STATIC_KEY_CHARACTERS: usize = 24;

/// `MCP_SECRET_KEY`, `MCP_SECRET_KEY_OLD`, `MCP_ADMIN_TOKEN`, `MCP_AUTH_TOKENS`, `TASKGATE_CREATE_SECRET`.
#[derive(Debug)]
pub struct SecretSettings {
    /// The secret key, if given; else `secret.key` of the data folder.
    pub secret_key: Option<SecretString>,
    /// The secret key before the last rotation.
    pub secret_key_old: Option<SecretString>,
    /// The admin token: no principal, refused wherever a key is asked for.
    pub admin_token: Option<SecretString>,
    /// Static keys of the `default` workspace.
    pub static_keys: Vec<SecretString>,
    /// Whether `secret.key` may be made.
    pub create_secret: bool,
}

impl SecretSettings {
    pub(super) fn read(reader: &mut Reader, loopback: bool) -> Self {
        let secret_key = secret_key(reader, "MCP_SECRET_KEY");
        let create = reader.flag("TASKGATE_CREATE_SECRET", false);
        if secret_key.is_none() && !loopback && !create {
            reader.fault(
                "MCP_SECRET_KEY",
                "listening beyond loopback needs a secret key of 32 bytes or more (openssl rand -hex 32), \
                 or TASKGATE_CREATE_SECRET=true to keep one in the data folder",
            );
        }
        Self {
            secret_key,
            secret_key_old: secret_key_old(reader),
            admin_token: reader.secret("MCP_ADMIN_TOKEN"),
            static_keys: static_keys(reader, loopback),
            create_secret: create || loopback,
        }
    }
}

fn secret_key_old(reader: &mut Reader) -> Option<SecretString> {
    secret_key(reader, "MCP_SECRET_KEY_OLD")
}

fn is_example(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    EXAMPLES
        .iter()
        .any(|example| value == *example || value.starts_with("your-") || value.contains("changeme"))
}

fn secret_key(reader: &mut Reader, name: &str) -> Option<SecretString> {
    let key = reader.secret(name)?;
    let text = key.expose_secret();
    if text.len() < SECRET_KEY_BYTES {
        reader.fault(
            name,
            format!("needs 32 bytes or more, has {}: openssl rand -hex 32 makes one", text.len()),
        );
    } else if is_example(text) || text.bytes().all(|byte| byte == text.as_bytes()[0]) {
        reader.fault(name, "is an example value: openssl rand -hex 32 makes a real one");
    }
    Some(key)
}

fn static_keys(reader: &mut Reader, loopback: bool) -> Vec<SecretString> {
    let Some(list) = reader.secret("MCP_AUTH_TOKENS") else { return Vec::new() };
    let keys: Vec<_> = list.expose_secret().split(',').map(str::trim).filter(|key| !key.is_empty()).collect();
    if !loopback {
        if keys.iter().any(|key| key.chars().count() < STATIC_KEY_CHARACTERS) {
            reader.fault("MCP_AUTH_TOKENS", "beyond loopback every static key needs 24 characters or more");
        }
        if keys.iter().any(|key| is_example(key)) {
            reader.fault("MCP_AUTH_TOKENS", "holds an example value, which anyone can guess");
        }
    }
    keys.into_iter().map(SecretString::from).collect()
}
