//! Reads settings by name from flags, environment, `.env` and file, and collects every fault on the way.

use std::{collections::BTreeMap, ops::RangeInclusive, path::Path, str::FromStr};

use secrecy::SecretString;

use super::{
    Effective, EnvFile, Environment, Fault,
    names::{borrowed, is_meant, is_read, problem},
    private_file::{is_exposed, read_bounded},
    sources::read_toml,
    table::{SETTINGS, Setting},
};
use crate::model::without_mark;

/// Bytes of the largest file that is taken for a secret.
const MOST_SECRET_BYTES: u64 = 64 * 1024;

/// Values given on the command line, by setting name.
pub type Flags = BTreeMap<&'static str, String>;

/// The sources, strongest first, and what was found wrong. Not `Debug`: it holds secrets in clear.
#[derive(Default)]
pub struct Reader {
    flags: Flags,
    environment: BTreeMap<String, String>,
    env_file: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    /// What is wrong so far.
    pub faults: Vec<Fault>,
    /// What is odd but no reason to stop.
    pub warnings: Vec<Fault>,
}

impl Reader {
    /// A reader over flags and environment alone; see [`Reader::over`].
    pub fn new(flags: Flags, environment: BTreeMap<String, String>) -> Self {
        Self::over(flags, environment.into(), EnvFile::default())
    }

    /// A reader over these sources; `TASKGATE_CONFIG` in one of them names the file.
    pub fn over(flags: Flags, environment: Environment, env_file: EnvFile) -> Self {
        let mut reader = Self {
            flags,
            environment: environment.values,
            env_file: env_file.values,
            faults: env_file.faults,
            warnings: env_file.warnings,
            ..Self::default()
        };
        for name in environment.unreadable {
            const NO_TEXT: &str = "is not UTF-8";
            if name == "HOST" { reader.warn(&name, NO_TEXT) } else { reader.fault(&name, NO_TEXT) }
        }
        if let Some(path) = reader.text("TASKGATE_CONFIG") {
            reader.file = read_toml(Path::new(&path), &mut reader.faults);
        }
        reader.look_at_names();
        reader
    }

    /// Says what has no effect, or not the one that was meant.
    fn look_at_names(&mut self) {
        let mut odd = Vec::new();
        let given = self.environment.iter().filter(|(name, _)| is_read(name));
        let comments: Vec<_> =
            given.filter_map(|(name, value)| Some((name.clone(), comment_in(value.trim())?))).collect();
        for (name, is_all) in comments {
            if is_all { self.fault(&name, COMMENT) } else { self.warn(&name, MAYBE_COMMENT) }
        }
        for source in [&self.environment, &self.env_file, &self.file] {
            for (name, value) in source.iter().map(|(name, value)| (name, value.trim())) {
                let unknown = problem(name, value);
                let quoted = is_read(name) && is_quoted(value);
                let foreign = !value.is_empty()
                    && !is_meant(name, value)
                    && (name != "HOST" || self.find("MCP_HOST").is_none());
                odd.extend(unknown.map(|text| (name.clone(), text)));
                odd.extend(quoted.then(|| (name.clone(), QUOTED.to_owned())));
                odd.extend(
                    foreign.then(|| (name.clone(), format!("ignored, as it is no {}", meant_for(name)))),
                );
            }
        }
        for (name, text) in odd {
            self.warn(&name, text);
        }
    }

    /// Notes a fault.
    pub fn fault(&mut self, key: &str, message: impl Into<String>) {
        self.faults.push(Fault { key: key.to_owned(), message: message.into() });
    }

    /// Notes something odd.
    pub fn warn(&mut self, key: &str, message: impl Into<String>) {
        self.warnings.push(Fault { key: key.to_owned(), message: message.into() });
    }

    /// The first of the sources that says something to us.
    fn find(&self, name: &str) -> Option<(&str, &'static str)> {
        let sources = [
            (self.flags.get(name), "flag"),
            (self.environment.get(name), "environment"),
            (self.env_file.get(name), ".env"),
            (self.file.get(name), "file"),
        ];
        let given =
            sources.into_iter().filter_map(|(value, origin)| value.map(|value| (value.trim(), origin)));
        given.into_iter().find(|(value, _)| !value.is_empty() && is_meant(name, value))
    }

    /// Whether anybody gave that setting.
    pub fn is_given(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The setting as text; an empty value is the same as none.
    pub fn text(&self, name: &str) -> Option<String> {
        self.find(name).map(|(value, _)| value.to_owned())
    }

    /// The items of a comma list. An empty one is a fault: something is missing there.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let Some(text) = self.text(name) else { return Vec::new() };
        let items: Vec<_> = text.split(',').map(|item| item.trim().to_owned()).collect();
        if items.iter().any(String::is_empty) {
            self.fault(name, "has an empty item: take out the comma that is too many");
        }
        items.into_iter().filter(|item| !item.is_empty()).collect()
    }

    /// A value that parses, or the default with a fault saying what was `expected`.
    pub fn parsed<T: FromStr>(&mut self, name: &str, default: T, expected: &str) -> T {
        let Some(text) = self.text(name) else { return default };
        text.parse().unwrap_or_else(|_| {
            self.fault(name, format!("expected {expected}, got `{text}`"));
            default
        })
    }

    /// A whole number within `range`.
    pub fn number(&mut self, name: &str, default: u32, range: &RangeInclusive<u32>) -> u32 {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.parsed(name, default, &expected);
        if range.contains(&number) {
            return number;
        }
        self.fault(name, format!("expected {expected}, got {number}"));
        default
    }

    /// `true` or `false` (also `1`, `0`, `yes`, `no`, `on`, `off`).
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        let Some(text) = self.text(name) else { return default };
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => {
                self.fault(name, format!("expected true or false, got `{text}`"));
                default
            }
        }
    }

    /// One of `choices`, else a fault.
    pub fn choice<T: Copy>(&mut self, name: &str, default: T, choices: &[(&str, T)]) -> T {
        let Some(text) = self.text(name) else { return default };
        let chosen = choices.iter().find(|(word, _)| *word == text.to_ascii_lowercase());
        chosen.map_or_else(
            || {
                let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
                self.fault(name, format!("expected one of {}, got `{text}`", words.join(", ")));
                default
            },
            |(_, value)| *value,
        )
    }

    /// A secret, from `NAME` or from the file that `NAME_FILE` names.
    pub fn secret(&mut self, name: &str) -> Option<SecretString> {
        let file_key = format!("{name}_FILE");
        let value = match (self.text(name), self.text(&file_key)) {
            (Some(_), Some(_)) => {
                self.fault(&file_key, format!("give either {name} or {file_key}, not both"));
                return None;
            }
            (Some(value), None) => value,
            (None, Some(path)) => self.secret_file(&file_key, Path::new(&path))?,
            (None, None) => return None,
        };
        if value.contains(char::is_control) {
            self.fault(name, "holds a line break or another control character: one line is all of it");
        }
        Some(value.into())
    }

    fn secret_file(&mut self, key: &str, path: &Path) -> Option<String> {
        let read =
            read_bounded(path, MOST_SECRET_BYTES).and_then(|bytes| Ok((std::fs::metadata(path)?, bytes)));
        match read.map(|(file, bytes)| (is_exposed(path, &file), String::from_utf8(bytes))) {
            Err(error) => self.fault(key, format!("cannot read {}: {error}", path.display())),
            Ok((true, _)) => {
                self.fault(key, format!("{} can be read by others: chmod 600 it", path.display()));
            }
            Ok((false, Err(_))) => self.fault(key, format!("{} is not UTF-8", path.display())),
            Ok((false, Ok(text))) => {
                let text = without_mark(&text).trim();
                if !text.is_empty() {
                    return Some(text.to_owned());
                }
                self.fault(key, format!("{} is empty", path.display()));
            }
        }
        None
    }

    /// Every setting as it came out.
    pub fn effective(&self) -> Vec<Effective> {
        let shown = |setting: &Setting| {
            let found = self.find(setting.name).or_else(|| self.find(borrowed(setting.name)?));
            match found {
                Some((_, origin)) if setting.secret => (String::from("(secret)"), origin),
                Some((value, origin)) => (without_user(value), origin),
                None if setting.secret && self.is_given(&format!("{}_FILE", setting.name)) => {
                    (String::from("(secret, from a file)"), "file")
                }
                None => (setting.default.to_owned(), "default"),
            }
        };
        SETTINGS
            .iter()
            .map(|setting| {
                let (value, origin) = shown(setting);
                Effective { name: setting.name, value, origin }
            })
            .collect()
    }
}

const COMMENT: &str =
    "is a comment, which docker's --env-file takes for the value: put it on a line of its own";
const MAYBE_COMMENT: &str =
    "goes on after a `#`, which docker's --env-file does not take for a comment: it is part of the value";
const QUOTED: &str = "is given in quotes, which are part of the value (docker's --env-file keeps them): take them away if they are not meant";

/// Whether a value from the environment is all comment (`true`) or may end with one (`false`).
fn comment_in(value: &str) -> Option<bool> {
    let is_all = value.strip_prefix('#').is_some_and(|rest| rest.starts_with([' ', '\t']));
    (is_all || value.contains(" #") || value.contains("\t#")).then_some(is_all)
}

fn is_quoted(value: &str) -> bool {
    let inside = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    ['"', '\''].into_iter().filter_map(inside).any(|inside| !inside.is_empty())
}

fn meant_for(name: &str) -> &'static str {
    if name == "HOST" {
        "address: set MCP_HOST to choose one"
    } else {
        "port but a URL, as Kubernetes sets it"
    }
}

/// A value to be shown: whoever put a password into a URL that takes none is told so, and it goes no further.
fn without_user(value: &str) -> String {
    let has_user =
        value.split("://").skip(1).any(|rest| rest.split('/').next().is_some_and(|host| host.contains('@')));
    if has_user { String::from("(hidden: it holds a user or password)") } else { value.to_owned() }
}
