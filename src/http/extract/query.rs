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
            Refusal::field(name, in_words(problem))
        })?;
        Ok(Self(value))
    }
}

/// A problem as a caller of a page knows it, where the standard library speaks of its own.
fn in_words(problem: &str) -> &str {
    match problem {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "expected a whole number"
        }
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "this number is beyond what is taken"
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_said_in_words() {
        for text in ["abc", "", "1e2", "99999999999", "-1"] {
            let problem = text.parse::<u32>().unwrap_err().to_string();
            let said = in_words(&problem);
            assert!(said.contains("whole number") || said.contains("beyond"), "{text}: {said}");
        }
    }
}
