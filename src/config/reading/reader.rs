//! Reads settings by name and collects every fault on the way, each with the place its value is from.

use std::{collections::BTreeMap, ops::RangeInclusive, path::Path, str::FromStr};

use secrecy::{ExposeSecret, SecretString};

use super::{
    effective::{self, Effective},
    layers::Layers,
    oddities::{comments, oddities},
    secret_file::read_secret,
    shown::message_about,
};
use crate::config::{
    fault::SettingFault,
    names::setting,
    sources::{EnvFile, Environment, Layer, read_toml},
};

/// Values given on the command line, by setting name.
pub type Flags = BTreeMap<&'static str, String>;

/// The settings as they were given, and what was found wrong. Not `Debug`: it holds secrets in clear.
#[derive(Default)]
pub struct SettingsReader {
    layers: Layers,
    /// What is wrong so far.
    pub faults: Vec<SettingFault>,
    /// What is odd but no reason to stop.
    pub warnings: Vec<SettingFault>,
}

impl SettingsReader {
    /// A reader over flags and environment alone; see [`SettingsReader::over`].
    pub fn new(flags: Flags, environment: BTreeMap<String, String>) -> Self {
        Self::over(flags, environment.into(), EnvFile::default())
    }

    /// A reader over these sources, the strongest first; `TASKGATE_CONFIG` in one of them names the file,
    /// which is weaker.
    pub fn over(flags: Flags, environment: Environment, env_file: EnvFile) -> Self {
        let flags = flags.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let given = [
            Layer::new("flag", "the command line", flags),
            Layer::new("environment", "the environment", environment.values),
            Layer::new(".env", ".env", env_file.values),
        ];
        let mut reader = Self { faults: env_file.faults, warnings: env_file.warnings, ..Self::default() };
        reader.layers = given.iter().fold(Layers::default(), Layers::over);
        let path = reader.text("TASKGATE_CONFIG");
        let in_file = path.as_ref().map(|path| read_toml(Path::new(path), &mut reader.faults));
        let file = Layer::new("file", path.unwrap_or_default(), in_file.unwrap_or_default());
        let below = given.iter().flat_map(Layer::borrowed).chain([Layer::defaults()]);
        let layers = std::mem::take(&mut reader.layers).over(&file);
        reader.layers = below.fold(layers, |layers, layer| layers.over(&layer));
        reader.note_unreadable(environment.unreadable);
        reader.note_oddities(&given, &file);
        reader
    }

    fn note_unreadable(&mut self, names: Vec<String>) {
        const NO_TEXT: &str = "is not UTF-8";
        for name in names {
            if name == "HOST" { self.warn(&name, NO_TEXT) } else { self.fault(&name, NO_TEXT) }
        }
    }

    /// Says what has no effect, or not the one that was meant.
    fn note_oddities(&mut self, given: &[Layer; 3], file: &Layer) {
        let [flags, environment, env_file] = given;
        let (all_comment, part_comment) = comments(environment);
        self.faults.extend(all_comment);
        self.warnings.extend(part_comment);
        let has_host =
            [flags, environment, env_file, file].iter().any(|layer| layer.said("MCP_HOST").is_some());
        for layer in [environment, env_file, file] {
            self.warnings.extend(oddities(layer, has_host));
        }
    }

    /// Notes a fault.
    pub fn fault(&mut self, key: &str, message: impl Into<String>) {
        self.faults.push(self.about(key, message));
    }

    /// Notes something odd.
    pub fn warn(&mut self, key: &str, message: impl Into<String>) {
        self.warnings.push(self.about(key, message));
    }

    /// What is to be said about a setting, with the place its value is from.
    fn about(&self, key: &str, message: impl Into<String>) -> SettingFault {
        let message = message_about(self.text(key).as_deref(), message.into());
        SettingFault { place: self.layers.place(key), ..SettingFault::new(key, message) }
    }

    /// Whether anybody gave that setting.
    pub fn is_given(&self, name: &str) -> bool {
        self.layers.is_given(name)
    }

    /// Whether anybody gave that secret, or a file that holds it.
    pub fn is_named(&self, name: &str) -> bool {
        self.is_given(name) || self.is_given(&format!("{name}_FILE"))
    }

    /// The setting as text, its default if nobody gave it; an empty value is the same as none.
    pub fn text(&self, name: &str) -> Option<String> {
        self.layers.text(name)
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

    /// A value that parses; else none, and a fault that says what was `expected`.
    fn parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.fault(name, format!("expected {expected}, got `{text}`"));
        }
        value
    }

    /// A value that parses; the default one, and a fault, in place of what does not.
    pub fn one_of<T: FromStr>(&mut self, name: &str, expected: &str) -> T {
        let value = self.parsed(name, expected).or_else(|| default(name));
        value.expect("the default of a setting is a value it may have")
    }

    /// A port; the default one in place of what is none.
    pub fn port(&mut self, name: &str) -> u16 {
        self.parsed(name, "a port from 0 to 65535").or_else(|| default(name)).unwrap_or_default()
    }

    /// A whole number within `range`; the default one, or the least, in place of what is none.
    pub fn number(&mut self, name: &str, range: &RangeInclusive<u32>) -> u32 {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.parsed(name, &expected);
        if let Some(number) = number.filter(|number| !range.contains(number)) {
            self.fault(name, format!("expected {expected}, got {number}"));
        }
        let number = number.filter(|number| range.contains(number));
        number.or_else(|| default(name)).unwrap_or(*range.start())
    }

    /// A whole number brought within `range`; the default one in place of what is none. Either is odd but no fault: the
    /// server whose settings these were did the same.
    pub fn clamped(&mut self, name: &str, range: &RangeInclusive<u32>) -> u32 {
        let or_default = default(name).unwrap_or(*range.start());
        let Some(text) = self.text(name) else { return or_default };
        let number = text.trim().parse::<i128>().ok();
        let clamped = number.map_or(or_default, |number| {
            u32::try_from(number.clamp(i128::from(*range.start()), i128::from(*range.end())))
                .unwrap_or(or_default)
        });
        if number != Some(i128::from(clamped)) {
            let bounds = format!("a whole number from {} to {}", range.start(), range.end());
            self.warn(name, format!("expected {bounds}, got `{text}`: {clamped} is used"));
        }
        clamped
    }

    /// `true` or `false` (also `1`, `0`, `yes`, `no`, `on`, `off`).
    pub fn flag(&mut self, name: &str) -> bool {
        let text = self.text(name).unwrap_or_default();
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => {
                self.fault(name, format!("expected true or false, got `{text}`"));
                default(name).unwrap_or_default()
            }
        }
    }

    /// One of `choices`; none if nobody chose, and none with a fault if it is none of them.
    pub fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let chosen = choices.iter().find(|(word, _)| *word == text.to_ascii_lowercase());
        if chosen.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.fault(name, format!("expected one of {}, got `{text}`", words.join(", ")));
        }
        chosen.map(|(_, value)| *value)
    }

    /// A secret of one line, from `NAME` or from the file that `NAME_FILE` names.
    pub fn secret(&mut self, name: &str) -> Option<SecretString> {
        let secret = self.secret_lines(name)?;
        if secret.expose_secret().contains(char::is_control) {
            self.fault(name, "holds a line break or another control character: one line is all of it");
        }
        Some(secret)
    }

    /// A secret that may have several lines.
    pub fn secret_lines(&mut self, name: &str) -> Option<SecretString> {
        let file_key = format!("{name}_FILE");
        let value = match (self.text(name), self.text(&file_key)) {
            (Some(_), Some(_)) => {
                self.fault(&file_key, format!("give either {name} or {file_key}, not both"));
                return None;
            }
            (Some(value), None) => value,
            (None, Some(path)) => match read_secret(Path::new(&path)) {
                Ok(value) => value,
                Err(problem) => {
                    self.fault(&file_key, problem);
                    return None;
                }
            },
            (None, None) => return None,
        };
        Some(value.into())
    }

    /// Every setting as it came out.
    pub fn effective(&self) -> Vec<Effective> {
        effective::effective(&self.layers)
    }
}

/// The default of a setting, for what goes on after a fault.
fn default<T: FromStr>(name: &str) -> Option<T> {
    setting(name).and_then(|setting| setting.default.parse().ok())
}
