//! The environment as the system hands it over.

use std::{collections::BTreeMap, ffi::OsString};

use crate::config::names::is_read;

/// The environment. Not `Debug`: it holds secrets in clear.
#[derive(Default)]
pub struct Environment {
    /// Values by name.
    pub(in crate::config) values: BTreeMap<String, String>,
    /// Names of ours whose value is no text.
    pub(in crate::config) unreadable: Vec<String>,
}

impl From<BTreeMap<String, String>> for Environment {
    fn from(values: BTreeMap<String, String>) -> Self {
        Self { values, unreadable: Vec::new() }
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    /// What is no text is left out; those of our names are remembered.
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let mut environment = Self::default();
        for (name, value) in variables {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => {
                    environment.values.insert(name, value);
                }
                Err(_) if is_read(&name) => environment.unreadable.push(name),
                Err(_) => {}
            }
        }
        environment
    }
}
