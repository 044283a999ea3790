//! What is wrong with a setting.

use std::fmt;

/// One thing wrong with one setting, or odd about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// The setting, or the place in a file.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Where the value was given, if it was.
    pub place: Option<String>,
}

impl SettingFault {
    /// A fault that says itself where it is.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into(), place: None }
    }
}

impl fmt::Display for SettingFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.key, self.message)?;
        self.place.as_ref().map_or(Ok(()), |place| write!(out, " (from {place})"))
    }
}
