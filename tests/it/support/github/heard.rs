//! What a request was.

use std::time::Instant;

use serde_json::Value;

/// One request, as it arrived.
#[derive(Clone, Debug)]
pub struct Heard {
    /// When it was there as a whole.
    pub at: Instant,
    pub method: String,
    /// With its query.
    pub path: String,
    pub authorization: Option<String>,
    /// Whose token it was, if anybody's.
    pub login: Option<String>,
    /// Name of the GraphQL operation; empty of REST.
    pub operation: String,
    /// Whether it changes something.
    pub is_write: bool,
    /// Of the GraphQL operation.
    pub variables: Value,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Heard {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
