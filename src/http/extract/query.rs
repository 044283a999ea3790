//! A query, typed. Whatever is wrong with it is 422 and names the parameter.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::http::{error::Refusal, state::AppState};

/// The parameters of a query.
pub struct QueryParams<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for QueryParams<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Refusal> {
        let query = Query::try_from_uri(&parts.uri);
        let Query(value) = query.map_err(|error| {
            let text =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            // The name comes first, unless it is of a parameter there is not.
            let (name, problem) = text.split_once(": ").unwrap_or(("query", &text));
            Refusal::field(name, problem)
        })?;
        Ok(Self(value))
    }
}
