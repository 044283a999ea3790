//! `POST /webhooks/planka`: Planka tells what happened to a card. It signs nothing, but sends the webhook's access token along. There is
//! no such page without `PLANKA_WEBHOOK_TOKEN`.

use axum::{
    Json,
    body::Body,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, header},
};
use bytes::Bytes;
use serde::Deserialize;

use super::{
    delivery::{DeliveryName, DeliveryReceipt},
    headers::one_header,
};
use crate::{
    http::{
        error::{ErrorResponses, Refusal},
        state::{AppState, RequestInfo, WebhookSender},
    },
    model::{Code, hex},
    secrets::sha256,
    telemetry::metrics::AuthFailure,
};

/// Planka sends nothing again by itself.
const REMEMBERED_MILLIS: i64 = 10 * 60_000;

/// A delivery with the token.
pub struct PlankaDelivery {
    /// What happened, such as `cardUpdate`.
    event: String,
    body: Bytes,
}

/// What is read of the body; the rest the board knows.
#[derive(Deserialize)]
struct PlankaEnvelope {
    event: String,
}

/// A webhook of Planka.
#[utoipa::path(post, path = "/webhooks/planka", tag = "webhooks",
    params(("Authorization" = String, Header, description = "`Bearer` and the access token of the webhook")),
    request_body(content((Object = "application/json"))),
    responses((status = 200, body = DeliveryReceipt), ErrorResponses))]
pub async fn deliver(
    State(state): State<AppState>,
    delivery: PlankaDelivery,
) -> Result<Json<DeliveryReceipt>, Refusal> {
    let PlankaDelivery { event, body } = delivery;
    let events = state.webhooks.about_tasks(&event, &body, state.clock.now());
    let id = hex(&sha256(&body));
    let name = DeliveryName { sender: WebhookSender::Planka, id, remembered_millis: REMEMBERED_MILLIS };
    let status = state.webhooks.take(name, events, state.clock.store_now()).await?;
    Ok(Json(DeliveryReceipt::of(WebhookSender::Planka, status)))
}

impl FromRequest<AppState> for PlankaDelivery {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, state: &AppState) -> Result<Self, Refusal> {
        let secret = state.webhooks.secret(WebhookSender::Planka).ok_or_else(Refusal::not_found)?;
        let (parts, body) = request.into_parts();
        let address = RequestInfo::of(&parts).client_address;
        state.authenticator.check_address(address)?;
        let token = token(&parts.headers).ok_or_else(without_token)?;
        if !secret.is(token) {
            state.authenticator.count_failure(address, AuthFailure::WrongWebhookSecret);
            return Err(wrong_token());
        }
        let body = state.webhooks.read(body).await?;
        let PlankaEnvelope { event } = serde_json::from_slice(&body).map_err(|_| unreadable())?;
        Ok(Self { event, body })
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = one_header(headers, header::AUTHORIZATION.as_str())?.split_once(' ')?;
    Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
}

fn without_token() -> Refusal {
    let text = "send Authorization: Bearer with the token: give the webhook in Planka the access token of PLANKA_WEBHOOK_TOKEN";
    Refusal::without_credential(text)
}

fn wrong_token() -> Refusal {
    let text =
        "the token is not that of PLANKA_WEBHOOK_TOKEN: give the webhook in Planka the same access token";
    Refusal::new(Code::Unauthenticated, text)
}

fn unreadable() -> Refusal {
    Refusal::field("body", "expected the JSON of a webhook of Planka, with `event`")
}
