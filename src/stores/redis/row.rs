//! From and to what Redis keeps: a row is lines that scripts read, and after them one of JSON that they never parse.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::stores::StoreError;

/// Rows asked for at once: first few, as nobody knows how long they are, then as many as make an answer of some 1 MiB. A longer one
/// would hold up whoever asks on the same connection.
pub(super) struct PartSize(usize);

const FIRST_PART: usize = 16;
const MOST_ROWS: usize = 500;
const ANSWER_BYTES: usize = 1 << 20;

impl PartSize {
    pub(super) const fn first() -> Self {
        Self(FIRST_PART)
    }

    pub(super) const fn rows(&self) -> usize {
        self.0
    }

    /// Takes in how long rows were. What comes next may be longer, so the next part is not many times as large.
    pub(super) fn learn(&mut self, rows: usize, bytes: usize) {
        let fitting = (ANSWER_BYTES * rows.max(1)).checked_div(bytes).unwrap_or(MOST_ROWS);
        self.0 = fitting.min(self.0 * 4).clamp(1, MOST_ROWS);
    }
}

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

#[cfg(test)]
mod tests {
    use super::PartSize;

    #[test]
    fn parts_grow_while_rows_are_short_and_shrink_where_they_are_long() {
        let mut size = PartSize::first();
        let mut next = |bytes_a_row: usize| {
            let rows = size.rows();
            size.learn(rows, rows * bytes_a_row);
            size.rows()
        };
        assert_eq!([(); 4].map(|()| next(500)), [64, 256, 500, 500]);
        assert_eq!((next(65_536), next(65_536), next(10_000_000), next(0)), (16, 16, 1, 4));
    }
}
