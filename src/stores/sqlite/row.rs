//! From and to columns.

use std::sync::Arc;

use rusqlite::{Error, ErrorCode, Row, types::Type};
use serde::{Serialize, de::DeserializeOwned};

use crate::stores::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match (error.sqlite_error_code(), &error) {
            (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => Self::Busy,
            (Some(ErrorCode::DiskFull), _) => Self::Full(Arc::new(error)),
            (Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), _)
            | (None, Error::InvalidColumnType(..)) => Self::Corrupt(Arc::new(error)),
            _ => Self::backend(error),
        }
    }
}

/// A column that holds a word of a closed set.
pub(super) fn word<T>(row: &Row<'_>, column: &str, parse: fn(&str) -> Option<T>) -> Result<T, Error> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| unreadable(column))
}

/// The same, or NULL.
pub(super) fn optional_word<T>(
    row: &Row<'_>,
    column: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parse(&text).ok_or_else(|| unreadable(column))).transpose()
}

/// A column that holds JSON.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T, Error> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| unreadable(column))
}

/// A value as JSON text. Only for our own plain types, which always have one.
pub(super) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values with string keys always serialise")
}

/// A column with what does not belong there.
pub(super) fn unreadable(column: &str) -> Error {
    Error::InvalidColumnType(0, column.to_owned(), Type::Text)
}
