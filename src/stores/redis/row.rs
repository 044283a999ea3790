//! From and to what Redis keeps: a row is lines that scripts read, and after them one of JSON that they never parse.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::stores::StoreError;

/// A row that cannot be read.
#[derive(Debug)]
struct Unreadable(&'static str);

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a {} cannot be read back", self.0)
    }
}

impl std::error::Error for Unreadable {}

pub(super) fn unreadable(what: &'static str) -> StoreError {
    StoreError::Corrupt(std::sync::Arc::new(Unreadable(what)))
}

/// The JSON at a row's end.
pub(super) fn json<T: DeserializeOwned>(row: &str, what: &'static str) -> Result<T, StoreError> {
    let json = row.rsplit_once('\n').map_or(row, |(_, json)| json);
    serde_json::from_str(json).map_err(|_| unreadable(what))
}

/// A value as JSON text, which is one line. Only for our own plain types, which always have one.
pub(super) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values with string keys always serialise")
}
