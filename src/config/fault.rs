//! What is wrong with a setting, and how settings are shown.

use std::fmt;

/// One thing wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The setting, or the place in a file.
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
    /// `flag`, `environment`, `.env`, `file` or `default`.
    pub origin: &'static str,
}
