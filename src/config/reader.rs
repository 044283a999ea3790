//! Reads settings by name from flags, environment and file, and collects every fault on the way.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::RangeInclusive,
    path::Path,
    str::FromStr,
};

use secrecy::SecretString;

use super::table::SETTINGS;

/// Values given on the command line, by setting name.
pub type Flags = BTreeMap<&'static str, String>;

/// One thing wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The setting.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.key, self.message)
    }
}

/// A setting as it came out, for `taskgate config`.
#[derive(Debug, Clone)]
pub struct Effective {
    /// The setting.
    pub name: &'static str,
    /// Its value; secrets are not shown.
    pub value: String,
    /// `flag`, `environment`, `file` or `default`.
    pub origin: &'static str,
}

/// The sources, strongest first, and what was found wrong. Not `Debug`: it holds secrets in clear.
#[derive(Default)]
pub struct Reader {
    flags: Flags,
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    /// What is wrong so far.
    pub faults: Vec<Fault>,
    /// What is odd but no reason to stop.
    pub warnings: Vec<Fault>,
}

impl Reader {
    /// A reader over these sources; `TASKGATE_CONFIG` in one of the first two names the file.
    pub fn new(flags: Flags, environment: BTreeMap<String, String>) -> Self {
        let mut reader = Self { flags, environment, ..Self::default() };
        if let Some(path) = reader.text("TASKGATE_CONFIG") {
            reader.read_file(Path::new(&path));
        }
        reader
    }

    fn read_file(&mut self, path: &Path) {
        let table = std::fs::read_to_string(path)
            .map_err(|error| error.to_string())
            .and_then(|text| text.parse::<toml::Table>().map_err(|error| error.message().to_owned()));
        let table = match table {
            Ok(table) => table,
            Err(error) => {
                return self.fault("TASKGATE_CONFIG", format!("cannot read {}: {error}", path.display()));
            }
        };
        let known: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.name).collect();
        for (name, value) in table {
            if !known.contains(name.as_str())
                && !name.strip_suffix("_FILE").is_some_and(|n| known.contains(n))
            {
                self.fault(&name, format!("no such setting (in {})", path.display()));
                continue;
            }
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Array(items) => {
                    items.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(",")
                }
                other => other.to_string(),
            };
            self.file.insert(name, value);
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

    fn find(&self, name: &str) -> Option<(&str, &'static str)> {
        let sources = [
            (self.flags.get(name), "flag"),
            (self.environment.get(name), "environment"),
            (self.file.get(name), "file"),
        ];
        let found = sources.into_iter().find_map(|(value, origin)| value.map(|v| (v.trim(), origin)));
        found.filter(|(value, _)| !value.is_empty())
    }

    /// The setting as text; an empty value is the same as none.
    pub fn text(&self, name: &str) -> Option<String> {
        self.find(name).map(|(value, _)| value.to_owned())
    }

    /// The items of a comma list.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
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
        match (self.text(name), self.text(&file_key)) {
            (Some(_), Some(_)) => {
                self.fault(&file_key, format!("give either {name} or {file_key}, not both"));
                None
            }
            (Some(value), None) => Some(value.into()),
            (None, Some(path)) => self.secret_file(&file_key, Path::new(&path)),
            (None, None) => None,
        }
    }

    fn secret_file(&mut self, key: &str, path: &Path) -> Option<SecretString> {
        use std::os::unix::fs::MetadataExt;
        let exposed =
            |meta: &std::fs::Metadata| meta.mode() & 0o077 != 0 && !path.starts_with("/run/secrets");
        match std::fs::metadata(path).and_then(|meta| Ok((meta, std::fs::read_to_string(path)?))) {
            Err(error) => self.fault(key, format!("cannot read {}: {error}", path.display())),
            Ok((meta, _))
                if exposed(&meta) && std::fs::OpenOptions::new().append(true).open(path).is_ok() =>
            {
                self.fault(key, format!("{} can be read by others: chmod 600 it", path.display()));
            }
            Ok((_, text)) if text.trim().is_empty() => {
                self.fault(key, format!("{} is empty", path.display()));
            }
            Ok((_, text)) => return Some(text.trim().to_owned().into()),
        }
        None
    }

    /// Every setting as it came out.
    pub fn effective(&self) -> Vec<Effective> {
        let shown = |setting: &super::Setting| match self.find(setting.name) {
            Some((_, origin)) if setting.secret => (String::from("(secret)"), origin),
            Some((value, origin)) => (value.to_owned(), origin),
            None if setting.secret && self.find(&format!("{}_FILE", setting.name)).is_some() => {
                (String::from("(secret, from a file)"), "file")
            }
            None => (setting.default.to_owned(), "default"),
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
