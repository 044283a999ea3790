//! A JSON body with the `Idempotency-Key` beside it: who sends the same of both again is given the answer of the first time.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::HeaderValue,
};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::JsonBody;
use crate::{
    auth::IdempotencyKey,
    http::{error::Refusal, state::AppState},
};

/// A JSON body that may be sent again.
pub struct IdempotentBody<T>(pub T, pub Sent);

/// A request as it was sent, for telling whether another is the same.
pub struct Sent {
    pub body: Bytes,
    key: Option<HeaderValue>,
}

impl Sent {
    /// The request's idempotency key for what is asked by the body alone, if it has one.
    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey<'_>>, Refusal> {
        self.idempotency_key_for(&self.body)
    }

    /// The request's idempotency key for what is `asked`, if it has one.
    pub fn idempotency_key_for<'a>(&'a self, asked: &'a [u8]) -> Result<Option<IdempotencyKey<'a>>, Refusal> {
        let Some(key) = &self.key else { return Ok(None) };
        let usable =
            |name: &&str| (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
        match key.to_str().ok().filter(usable) {
            Some(name) => Ok(Some(IdempotencyKey { name, asked })),
            None => Err(Refusal::field("Idempotency-Key", "expected 1 to 255 visible characters")),
        }
    }
}

impl<T: DeserializeOwned> FromRequest<AppState> for IdempotentBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, state: &AppState) -> Result<Self, Refusal> {
        let key = request.headers().get("idempotency-key").cloned();
        let JsonBody(value, body) = JsonBody::from_request(request, state).await?;
        Ok(Self(value, Sent { body, key }))
    }
}
