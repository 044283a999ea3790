//! Secrets a test knows of, and that none of them is found where it does not belong, in no spelling. Every gateway of the
//! suite looks for them in what it logged and stored when it ends, and every answer when it arrives.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Mutex, PoisonError},
};

use aho_corasick::AhoCorasick;
use base64::{Engine, engine::general_purpose::STANDARD};

/// Shorter ones are found by chance.
const SHORTEST: usize = 8;
/// Files that hold a secret because that is what they are for.
const OWN_FILES: [&str; 2] = ["secret.key", "first-key"];
/// A list of names with secrets.
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
/// Settings whose value, or each of a list, is a secret.
const SECRET_SETTINGS: [&str; 18] = [
    "REDIS_URL",
    "MCP_SECRET_KEY",
    "MCP_SECRET_KEY_OLD",
    "MCP_ADMIN_TOKEN",
    "MCP_AUTH_TOKENS",
    "GITHUB_TOKEN",
    "GITHUB_APP_PRIVATE_KEY",
    "LINEAR_API_KEY",
    "LINEAR_CLIENT_SECRET",
    "PLANKA_API_KEY",
    "PLANKA_AGENT_PASSWORD",
    "HTTPS_PROXY",
    "GITHUB_WEBHOOK_SECRET",
    "LINEAR_WEBHOOK_SECRET",
    "PLANKA_WEBHOOK_TOKEN",
    "TASKGATE_METRICS_TOKEN",
    "TASKGATE_BOARD_WEBHOOK_SECRET",
    HEADERS,
];

static KNOWN: Mutex<Known> = Mutex::new(Known { spellings: BTreeSet::new(), finder: None });

struct Known {
    spellings: BTreeSet<String>,
    finder: Option<AhoCorasick>,
}

/// From now on `secret` is looked for.
pub fn know(secret: &str) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if secret.len() >= SHORTEST && !known.spellings.contains(secret) {
        known.spellings.extend(spellings(secret));
        known.finder = None;
    }
}

/// Knows the secrets among a gateway's settings.
pub fn know_settings<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) {
    for (name, value) in settings.into_iter().filter(|(name, _)| SECRET_SETTINGS.contains(name)) {
        let of_pair =
            |item: &str| know(item.split_once('=').filter(|_| name == HEADERS).map_or(item, |pair| pair.1));
        value.split(',').for_each(of_pair);
    }
}

/// Knows the key that an answer shows.
pub fn know_shown(answer: &str) {
    for (_, rest) in
        answer.match_indices("\"mcp_key\":\"").map(|(at, label)| answer.split_at(at + label.len()))
    {
        know(rest.split('"').next().unwrap_or_default());
    }
}

/// Fails if a known secret is in `bytes`.
pub fn assert_none_in(place: &str, bytes: &[u8]) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let Known { spellings, finder } = &mut *known;
    let finder = finder.get_or_insert_with(|| AhoCorasick::new(&*spellings).unwrap());
    if let Some(found) = finder.find(bytes) {
        let around = &bytes[found.start().saturating_sub(200)..bytes.len().min(found.end() + 50)];
        panic!("a secret is in {place}: {}", String::from_utf8_lossy(around));
    }
}

/// Fails if a known secret is in a file below `folder` that is not made for one. What those hold is known from now on.
pub fn assert_none_below(folder: &Path) {
    let own = OWN_FILES.map(|name| folder.join(name));
    for secret in own.iter().filter_map(|path| std::fs::read_to_string(path).ok()) {
        know(secret.trim());
    }
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // It may be gone: another gateway that works on it tidies up.
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if !own.contains(&entry.path()) {
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                assert_none_in(&entry.path().display().to_string(), &bytes);
            }
        }
    }
}

/// A text in every spelling it could leak in.
fn spellings(secret: &str) -> Vec<String> {
    let hex = taskgate::model::hex(secret.as_bytes());
    let digits = hex.to_uppercase();
    let url: String = (0..secret.len()).map(|at| ["%", &digits[at * 2..at * 2 + 2]].concat()).collect();
    let mut all = vec![secret.to_owned(), hex, digits, url.to_lowercase(), url];
    // Base64 of a part of a longer text looks different at each of three places in it.
    for shift in 0..3 {
        let text = STANDARD.encode([&b"xxx"[..shift], secret.as_bytes()].concat());
        all.push(text[shift + 1..text.len() - 4].to_owned());
    }
    all
}
