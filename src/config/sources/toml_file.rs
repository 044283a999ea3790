//! The file that `TASKGATE_CONFIG` names: TOML with settings by name.

use std::{collections::BTreeMap, path::Path};

use super::file_access::{MOST_BYTES, is_exposed, read_bounded};
use crate::{
    config::{
        fault::SettingFault,
        names::{is_secret_file, meant_in_file, setting},
    },
    model::without_mark,
};

/// The values of a TOML file by name; what is wrong with them is added to `faults`.
pub(in crate::config) fn read_toml(path: &Path, faults: &mut Vec<SettingFault>) -> BTreeMap<String, String> {
    let mut fault = |key: &str, message: String| faults.push(SettingFault::new(key, message));
    let table = match parse_toml(path) {
        Ok(table) => table,
        Err(problem) => {
            fault("TASKGATE_CONFIG", format!("cannot read {}: {problem}", path.display()));
            return BTreeMap::new();
        }
    };
    let mut values = BTreeMap::new();
    for (name, value) in table {
        let is_known = setting(&name).is_some() || is_secret_file(&name);
        if !is_known || name == "TASKGATE_CONFIG" {
            let meant = meant_in_file(&name).filter(|meant| *meant != name);
            let meant = meant.map_or_else(String::new, |meant| format!(", did you mean {meant}?"));
            fault(&name, format!("no such setting{meant} (in {})", path.display()));
            continue;
        }
        let is_secret = setting(&name).is_some_and(|setting| setting.secret);
        let is_text = value.is_str() || value.is_array();
        match toml_text(value) {
            Some(_) if is_secret && !is_text => {
                // Of a number, TOML keeps the value and not how it was written.
                fault(&name, format!("expected a secret in quotes (in {})", path.display()));
            }
            Some(text) => {
                values.insert(name, text);
            }
            None => {
                fault(&name, format!("expected text, a number or a list of texts (in {})", path.display()));
            }
        }
    }
    let holds_secrets = values
        .iter()
        .any(|(name, value)| !value.is_empty() && setting(name).is_some_and(|setting| setting.secret));
    if holds_secrets && std::fs::metadata(path).is_ok_and(|file| is_exposed(path, &file)) {
        fault(
            "TASKGATE_CONFIG",
            format!("{} holds secrets and can be read by others: chmod 600 it", path.display()),
        );
    }
    values
}

fn parse_toml(path: &Path) -> Result<toml::Table, String> {
    let bytes = read_bounded(path, MOST_BYTES).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| String::from("it is not UTF-8"))?;
    let text = without_mark(&text);
    text.parse::<toml::Table>().map_err(|error| {
        // The text around the error may be a secret.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("line {}: {}", before.matches('\n').count() + 1, error.message())
    })
}

/// A value as the environment would give it; `None` for what it could not.
fn toml_text(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(items) => {
            let items = items.iter().map(|item| item.as_str().filter(|text| !text.contains(',')));
            items.collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
