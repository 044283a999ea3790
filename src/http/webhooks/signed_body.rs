//! Bodies that their sender signed, with HMAC-SHA-256 under the secret of its webhook. Who signs wrongly again and again is locked out.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, request::Parts},
};
use bytes::Bytes;

use crate::{
    http::{
        error::Refusal,
        state::{AppState, RequestInfo, WebhookSender},
    },
    model::Code,
    telemetry::metrics::AuthFailure,
};

/// How one sender signs.
pub(super) struct Signing {
    pub(super) sender: WebhookSender,
    /// The signature in the headers, if there is one.
    pub(super) signature: fn(&HeaderMap) -> Option<[u8; 32]>,
    /// What is said where there is none.
    pub(super) unsigned: &'static str,
    /// What is said where it is not that of the body.
    pub(super) wrongly_signed: &'static str,
}

impl Signing {
    /// The head of a request and its body, which is signed. The head is not.
    pub(super) async fn read(
        &self,
        request: Request<Body>,
        state: &AppState,
    ) -> Result<(Parts, Bytes), Refusal> {
        let secret = state.webhooks.secret(self.sender).ok_or_else(Refusal::not_found)?;
        let (parts, body) = request.into_parts();
        let address = RequestInfo::of(&parts).client_address;
        state.authenticator.check_address(address)?;
        let refused = |text| Refusal::new(Code::Unauthenticated, text);
        let signature = (self.signature)(&parts.headers).ok_or_else(|| refused(self.unsigned))?;
        let body = state.webhooks.read(body).await?;
        if !secret.has_signed(&body, &signature) {
            state.authenticator.count_failure(address, AuthFailure::WrongWebhookSecret);
            return Err(refused(self.wrongly_signed));
        }
        Ok((parts, body))
    }
}
