//! The `{id}` of a path; where it is that of a key, never a key itself: addresses are kept in histories and logs.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use crate::{
    auth::ApiKey,
    http::{error::Refusal, state::AppState},
    model::Code,
};

/// The id in a path.
pub struct PathId(pub String);

impl FromRequestParts<AppState> for PathId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let id = Path::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| Refusal::field("id", "expected text in UTF-8"))
    }
}

/// The id of a key in a path.
pub struct KeyPathId(pub String);

impl FromRequestParts<AppState> for KeyPathId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let PathId(id) = PathId::from_request_parts(parts, state).await?;
        if ApiKey::is_well_formed(&id) {
            let text = "a key itself stands in this address, where others may read it: rotate it, and go by the list of keys";
            return Err(Refusal::new(Code::NotFound, text));
        }
        Ok(Self(id))
    }
}
