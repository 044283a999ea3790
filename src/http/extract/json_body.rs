//! A JSON body, typed. Whatever is wrong with it is 422 and names the field.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::body;
use crate::http::{error::Refusal, state::AppState};

/// A JSON body and its bytes. None at all counts as `{}`; its content type is not looked at, for curl sends another.
pub struct JsonBody<T>(pub T, pub Bytes);

impl<T: DeserializeOwned> FromRequest<AppState> for JsonBody<T> {
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
