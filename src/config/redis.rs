//! A Redis that keeps everything in the place of the data folder.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{SettingsReader, host::is_loopback_host, names::setting};

const URL: &str = "REDIS_URL";
const CA_FILE: &str = "TASKGATE_REDIS_CA_FILE";
const PREFIX: &str = "TASKGATE_REDIS_PREFIX";
const INSECURE: &str = "TASKGATE_REDIS_INSECURE";
/// Settings that say more of the Redis in use.
const OTHERS: [&str; 5] = [PREFIX, CA_FILE, "TASKGATE_REDIS_REPLICAS", INSECURE, "TASKGATE_REDIS_IDENTITY"];
/// Characters of a prefix.
const MOST_CHARACTERS: usize = 64;
/// Replicas that may be waited for.
const MOST_REPLICAS: u32 = 16;
/// Schemes of an address, and whether what is said there is encrypted.
const SCHEMES: [(&str, bool); 4] =
    [("redis", false), ("rediss", true), ("redis+unix", false), ("unix", false)];

/// `REDIS_URL`, `TASKGATE_REDIS_PREFIX`, `TASKGATE_REDIS_CA_FILE`, `TASKGATE_REDIS_REPLICAS`, `TASKGATE_REDIS_INSECURE`,
/// `TASKGATE_REDIS_IDENTITY`.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Where it is, with the name and the password it wants.
    pub url: SecretString,
    /// Every name there begins with it.
    pub prefix: String,
    /// Certificates of CAs in PEM that are trusted for it, in the place of the machine's.
    pub ca: Option<Vec<u8>>,
    /// How many replicas have to confirm a write before anybody is told of it.
    pub replicas: u32,
    /// Whether scripts there can read which server they run on.
    pub has_identity: bool,
}

impl RedisSettings {
    /// None where nobody gave an address.
    pub(super) fn read(reader: &mut SettingsReader) -> Option<Self> {
        if !reader.is_named(URL) {
            for name in OTHERS {
                let default = setting(name).map_or("", |setting| setting.default);
                if reader.text(name).unwrap_or_default() != default {
                    reader.fault(name, "nothing comes of it without REDIS_URL");
                }
            }
            return None;
        }
        let insecure = reader.flag(INSECURE);
        let identities = [("server", true), ("none", false)];
        let (prefix, ca) = (prefix(reader), certificates(reader));
        let replicas = reader.number("TASKGATE_REDIS_REPLICAS", &(0..=MOST_REPLICAS));
        let has_identity = reader.choice("TASKGATE_REDIS_IDENTITY", &identities).unwrap_or(true);
        let url = reader.secret(URL)?;
        judge(reader, url.expose_secret(), (insecure, ca.is_some()));
        Some(Self { url, prefix, ca, replicas, has_identity })
    }
}

/// Says what is wrong with an address, and nothing of what it holds.
fn judge(reader: &mut SettingsReader, text: &str, (insecure, has_ca): (bool, bool)) {
    let url = Url::parse(text).ok();
    let scheme = url.as_ref().and_then(|url| SCHEMES.iter().find(|(scheme, _)| *scheme == url.scheme()));
    let (Some(url), Some((scheme, is_encrypted))) = (url, scheme) else {
        return reader.fault(
            URL,
            "expected an address like redis://user:password@host:6379/0, rediss:// with TLS, or redis+unix:///path/of/socket",
        );
    };
    if has_ca && !is_encrypted {
        reader.fault(CA_FILE, "is for rediss:// only, and REDIS_URL begins otherwise");
    }
    let has_host = matches!(*scheme, "redis" | "rediss");
    let Some(host) = url.host_str().filter(|host| has_host && !host.is_empty()) else {
        if has_host {
            reader.fault(URL, "names no host: expected an address like redis://user:password@host:6379/0");
        }
        return;
    };
    let number = url.path().trim_matches('/');
    if !number.is_empty() && number.parse::<u16>().is_err() {
        reader.fault(URL, "ends with what is no number of a database: 0 is the first");
    }
    if is_loopback_host(host) || host.trim_matches(['[', ']']) == "::1" {
        return;
    }
    if url.password().is_none_or(str::is_empty) && !insecure {
        reader.fault(
            URL,
            "has no password, so that whoever reaches that Redis can change every record: set one there and here, or \
             TASKGATE_REDIS_INSECURE=true where nobody else does reach it",
        );
    }
    if !is_encrypted {
        reader.warn(
            URL,
            "is without TLS: whoever can listen on the way reads the password and every record (rediss://)",
        );
    }
}

fn prefix(reader: &mut SettingsReader) -> String {
    let prefix = reader.text(PREFIX).unwrap_or_default();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.:".contains(character);
    if prefix.len() > MOST_CHARACTERS || !prefix.chars().all(is_plain) {
        reader.fault(PREFIX, format!("expected at most {MOST_CHARACTERS} letters, digits and - _ . :"));
    }
    prefix
}

fn certificates(reader: &mut SettingsReader) -> Option<Vec<u8>> {
    let path = reader.text(CA_FILE)?;
    match std::fs::read(Path::new(&path)) {
        Ok(pem) if String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") => Some(pem),
        Ok(_) => {
            reader.fault(CA_FILE, format!("{path} holds no certificate in PEM"));
            None
        }
        Err(error) => {
            reader.fault(CA_FILE, format!("{path} cannot be read: {error}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{SettingFault, Settings, SettingsReader};

    const SECRET: (&str, &str) = ("MCP_SECRET_KEY", "9b1f7c4e2a8d6053e7c1b94f0d2a6e8c3f5b7d91");

    const URL: (&str, &str) = ("REDIS_URL", "redis://127.0.0.1");

    /// The names of faults and of warnings.
    fn read(pairs: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let loaded = Settings::load(SettingsReader::new([].into(), pairs), false);
        let names = |faults: Vec<SettingFault>| faults.into_iter().map(|fault| fault.key).collect();
        (names(loaded.faults), names(loaded.warnings))
    }

    #[test]
    fn an_address_says_where_and_is_safe_or_said_not_to_be() {
        for (url, faults, warnings) in [
            ("redis://127.0.0.1:6379", 0, 0),
            ("redis://localhost/3", 0, 0),
            ("redis://[::1]:6379", 0, 0),
            ("redis+unix:///run/redis.sock", 0, 0),
            ("rediss://:hunter2@redis.example:6380/0", 0, 0),
            ("redis://:hunter2@redis.example", 0, 1),
            ("rediss://redis.example", 1, 0),
            ("rediss://user:@redis.example", 1, 0),
            ("http://redis.example", 1, 0),
            ("redis.example:6379", 1, 0),
            ("redis://", 1, 0),
            ("redis://127.0.0.1/first", 1, 0),
        ] {
            let (found, odd) = read(&[SECRET, ("REDIS_URL", url)]);
            assert_eq!((found.len(), odd.len()), (faults, warnings), "{url}: {found:?} {odd:?}");
            assert!(found.iter().chain(&odd).all(|name| name == "REDIS_URL"), "{url}: {found:?} {odd:?}");
        }
        let open = [SECRET, ("REDIS_URL", "rediss://redis.example"), ("TASKGATE_REDIS_INSECURE", "true")];
        assert_eq!(read(&open).0, [""; 0]);
    }

    #[test]
    fn the_rest_is_for_a_redis_that_is_there() {
        for (name, value) in [
            ("TASKGATE_REDIS_PREFIX", "gate"),
            ("TASKGATE_REDIS_REPLICAS", "1"),
            ("TASKGATE_REDIS_IDENTITY", "none"),
            ("TASKGATE_REDIS_INSECURE", "true"),
            ("TASKGATE_REDIS_CA_FILE", "/dev/null"),
        ] {
            assert_eq!(read(&[(name, value)]).0, [name], "without REDIS_URL");
        }
        for (name, value) in [
            ("TASKGATE_REDIS_PREFIX", "{gate}"),
            ("TASKGATE_REDIS_REPLICAS", "17"),
            ("TASKGATE_REDIS_IDENTITY", "me"),
            ("TASKGATE_REDIS_CA_FILE", "/dev/null"),
            ("TASKGATE_STORE", "memory"),
            ("TASKGATE_STORE", "sqlite"),
        ] {
            assert_eq!(read(&[SECRET, URL, (name, value)]).0, [name], "{value}");
        }
        assert_eq!(read(&[URL]).0, ["MCP_SECRET_KEY"], "all gateways need the same");
    }
}
