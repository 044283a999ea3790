//! The extractor that carries authority: a handler that takes a [`Caller`] answers authenticated callers within their
//! rate alone. Only `Authorization: Bearer` counts; never the query, never a cookie.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::{Gate, error::Refusal};
use crate::{
    auth::{AuthError, Credential},
    model::RequestId,
};

/// An authenticated caller within its rate.
pub(super) struct Caller {
    pub(super) credential: Arc<Credential>,
    pub(super) request_id: RequestId,
}

/// Where a request came from; put into its extensions by the front.
#[derive(Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);

impl FromRequestParts<Arc<Gate>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, gate: &Arc<Gate>) -> Result<Self, Refusal> {
        let ClientAddress(address) =
            *parts.extensions.get().expect("the front puts the client's address into every request");
        let request_id: &RequestId =
            parts.extensions.get().expect("the front puts a request id into every request");
        let request_id = request_id.clone();
        let bearer = bearer(&parts.headers)?;
        let credential = gate.parts.authenticator.authenticate(bearer, address).await?;
        gate.parts.limiter.check(&credential.principal.key_id)?;
        Ok(Self { credential, request_id })
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, AuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(AuthError::Missing);
    }
    let Some((scheme, token)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return Ok(None);
    };
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()))
}
