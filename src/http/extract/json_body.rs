//! What a caller asks for, typed: a JSON body or a query. Whatever is wrong is 422 and names the field.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::request::Parts,
};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::body;
use crate::http::{error::Refusal, state::AppState};

/// A JSON body and its bytes. None at all counts as `{}`; its content type is not looked at, for curl sends another.
pub struct Form<T>(pub T, pub Bytes);

/// The id in a path.
pub struct Id(pub String);

/// A query.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Form<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, _: &AppState) -> Result<Self, Refusal> {
        let bytes = body::read(request.into_body()).await?;
        let nothing = bytes.is_empty() || bytes.trim_ascii() == b"null";
        let text: &[u8] = if nothing { b"{}" } else { &bytes };
        // serde takes an array for a struct.
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err(Refusal::field("body", "expected a JSON object"));
        }
        let mut reader = serde_json::Deserializer::from_slice(text);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| refuse(&error))?;
        reader.end().map_err(|_| Refusal::field("body", "there is something after the JSON object"))?;
        Ok(Self(value, bytes))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Asked<T> {
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

impl FromRequestParts<AppState> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let id = Path::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| Refusal::field("id", "expected text in UTF-8"))
    }
}

fn refuse(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let (path, text) = (error.path().to_string(), error.inner().to_string());
    if !error.inner().is_data() {
        return Refusal::field("body", "expected a JSON object");
    }
    let text = text.split(" at line ").next().unwrap_or_default();
    // serde quotes what was sent, which may be a secret: only what is said of names is passed on.
    if text.starts_with("unknown field")
        || text.starts_with("missing field")
        || text.starts_with("duplicate field")
    {
        return Refusal::field(quoted(text).unwrap_or("body").to_owned(), text);
    }
    let wanted = text.split_once("expected ").map_or("another type", |(_, wanted)| wanted);
    Refusal::field(if path == "." { String::from("body") } else { path }, format!("expected {wanted}"))
}

fn quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1).filter(|name| name.len() <= 100)
}
