//! How refusals look in the OpenAPI document: `refusal` makes them, this describes them.

use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// A refusal.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"code": "invalid_field", "error": "expires_in: expected 1 to 315360000 seconds from now", "field": "expires_in"}))]
pub struct Problem {
    /// A stable word to branch on.
    code: String,
    /// What is wrong and what to do, for people.
    error: String,
    /// Which field of the body or the query is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// When to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// What every route may refuse with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is only described")]
pub enum ErrorResponses {
    /// The request cannot be read.
    #[response(status = 400)]
    BadRequest(#[to_schema] Problem),
    /// No usable credential.
    #[response(status = 401)]
    Unauthenticated(#[to_schema] Problem),
    /// The credential is not for this, or the `Origin` is not allowed.
    #[response(status = 403)]
    Forbidden(#[to_schema] Problem),
    /// There is no such thing, or it is another's.
    #[response(status = 404)]
    NotFound(#[to_schema] Problem),
    /// This path does not take that method.
    #[response(status = 405)]
    MethodNotAllowed(#[to_schema] Problem),
    /// The body did not arrive within 10 seconds.
    #[response(status = 408)]
    Timeout(#[to_schema] Problem),
    /// The body is larger than 1 MiB (5 MiB of a webhook).
    #[response(status = 413)]
    TooLarge(#[to_schema] Problem),
    /// The `Host` is not allowed.
    #[response(status = 421)]
    Misdirected(#[to_schema] Problem),
    /// A field is missing, unknown or outside its range.
    #[response(status = 422)]
    Unprocessable(#[to_schema] Problem),
    /// Over the limit; `Retry-After` says when to try again.
    #[response(status = 429)]
    TooMany(#[to_schema] Problem),
    /// The store is not available, or the gateway has no admin token.
    #[response(status = 503)]
    Unavailable(#[to_schema] Problem),
}
