//! GraphQL over HTTP: an answer with status 200 may well be a failure.
//! <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::GithubError;

/// What is sent.
#[derive(Serialize)]
pub(super) struct Question<'a, V> {
    pub(super) query: &'a str,
    pub(super) variables: &'a V,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    errors: Vec<QueryError>,
}

#[derive(Deserialize)]
struct QueryError {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Option<QueryErrorExtensions>,
}

#[derive(Deserialize)]
struct QueryErrorExtensions {
    #[serde(default)]
    saml_failure: Option<bool>,
}

impl QueryError {
    fn wants_sign_on(&self) -> bool {
        self.extensions.as_ref().and_then(|extensions| extensions.saml_failure) == Some(true)
    }
}

/// What is wrong with a query that HTTP took.
pub(super) enum QueryFailure {
    /// Too many of them, or too fast.
    Limited {
        /// Whether it was the pace.
        secondary: bool,
    },
    /// Something else.
    Other(GithubError),
}

/// Whether a message is the one about going too fast.
pub(super) fn is_about_pace(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("secondary rate limit") || message.contains("abuse detection")
}

/// The failure an answer with status 200 holds, if it does.
pub(super) fn failure(body: &[u8]) -> Option<QueryFailure> {
    let envelope: Envelope<'_> = match serde_json::from_slice(body) {
        Ok(envelope) => envelope,
        Err(error) => return Some(QueryFailure::Other(GithubError::Malformed(error))),
    };
    let first = envelope.errors.first()?;
    let message = first.message.clone();
    let failure = match first.kind.as_str() {
        "RATE_LIMITED" | "RATE_LIMIT" => {
            return Some(QueryFailure::Limited { secondary: is_about_pace(&message) });
        }
        _ if is_about_pace(&message) => return Some(QueryFailure::Limited { secondary: true }),
        "NOT_FOUND" => GithubError::NotFound,
        _ if first.wants_sign_on() => GithubError::SsoRequired { url: None },
        "FORBIDDEN" | "INSUFFICIENT_SCOPES" => GithubError::Forbidden { message, needs: None },
        "MAX_NODE_LIMIT_EXCEEDED" | "RESOURCE_LIMITS_EXCEEDED" => GithubError::NodeLimit,
        // It ran out of time within GitHub.
        _ if message.starts_with("Something went wrong while executing your query") => {
            GithubError::Unavailable { status: 502 }
        }
        "UNPROCESSABLE" => GithubError::Rejected { status: 422, message },
        _ => {
            GithubError::Query { messages: envelope.errors.into_iter().map(|error| error.message).collect() }
        }
    };
    Some(QueryFailure::Other(failure))
}

/// The data of an answer without a failure.
pub(super) fn data<T: DeserializeOwned>(body: &[u8]) -> Result<T, GithubError> {
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(GithubError::Malformed)?;
    serde_json::from_str(envelope.data.map_or("null", RawValue::get)).map_err(GithubError::Malformed)
}
