//! The `{id}` of a path.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use crate::http::{error::Refusal, state::AppState};

/// The id in a path.
pub struct PathId(pub String);

impl FromRequestParts<AppState> for PathId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let id = Path::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| Refusal::field("id", "expected text in UTF-8"))
    }
}
