//! `POST /webhooks/linear`: Linear tells what happened to an issue. There is no such page without `LINEAR_WEBHOOK_SECRET`.
//! <https://linear.app/developers/webhooks>

use axum::{
    Json,
    body::Body,
    extract::{FromRequest, Request, State},
    http::HeaderMap,
};
use bytes::Bytes;
use serde::Deserialize;

use super::{
    delivery::{DeliveryName, DeliveryReceipt},
    headers::{one_header, short_name},
    signed_body::Signing,
};
use crate::{
    http::{
        error::{ErrorResponses, Refusal},
        state::{AppState, WebhookSender},
    },
    model::{Code, unhex},
};

/// Linear sends one again after an hour, and after six.
const REMEMBERED_MILLIS: i64 = 24 * 3_600_000;
/// How far the moment it was sent at may be from now.
const FRESH_MILLIS: u64 = 60_000;

const SIGNING: Signing = Signing {
    sender: WebhookSender::Linear,
    signature,
    unsigned: "send Linear-Signature (64 hex digits): give LINEAR_WEBHOOK_SECRET the signing secret that Linear shows at the webhook",
    wrongly_signed: "the signature is not that of this body under LINEAR_WEBHOOK_SECRET: set it to the signing secret that Linear \
                     shows at the webhook",
};

/// A delivery that Linear signed just now.
pub struct LinearDelivery {
    /// The same each time it is sent. It is not signed.
    id: String,
    /// What it is about, such as `Issue`.
    kind: String,
    body: Bytes,
}

/// What is read of the body; the rest the board knows.
#[derive(Deserialize)]
struct LinearEnvelope {
    #[serde(rename = "type")]
    kind: String,
    /// The moment it was sent at, in milliseconds of Unix time.
    #[serde(rename = "webhookTimestamp")]
    sent_at: i64,
}

/// A webhook of Linear.
#[utoipa::path(post, path = "/webhooks/linear", tag = "webhooks",
    params(
        ("Linear-Signature" = String, Header, description = "the HMAC-SHA-256 of the body in hex"),
        ("Linear-Delivery" = String, Header, description = "the same each time it is sent"),
    ),
    request_body(content((Object = "application/json"))),
    responses((status = 200, body = DeliveryReceipt), ErrorResponses))]
pub async fn deliver(
    State(state): State<AppState>,
    delivery: LinearDelivery,
) -> Result<Json<DeliveryReceipt>, Refusal> {
    let LinearDelivery { id, kind, body } = delivery;
    let events = state.webhooks.about_tasks(&kind, &body, state.clock.now());
    let name = DeliveryName { sender: WebhookSender::Linear, id, remembered_millis: REMEMBERED_MILLIS };
    let status = state.webhooks.take(name, events, state.clock.store_now()).await?;
    Ok(Json(DeliveryReceipt::of(WebhookSender::Linear, status)))
}

impl FromRequest<AppState> for LinearDelivery {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, state: &AppState) -> Result<Self, Refusal> {
        let (parts, body) = SIGNING.read(request, state).await?;
        let id = short_name(&parts.headers, "Linear-Delivery")?;
        let LinearEnvelope { kind, sent_at } = serde_json::from_slice(&body).map_err(|_| unreadable())?;
        if state.clock.now().0.abs_diff(sent_at) > FRESH_MILLIS {
            return Err(stale());
        }
        Ok(Self { id, kind, body })
    }
}

fn signature(headers: &HeaderMap) -> Option<[u8; 32]> {
    unhex(one_header(headers, "linear-signature")?)
}

fn stale() -> Refusal {
    let text = "webhookTimestamp is more than 60 seconds from this machine's clock: it was sent before, or one of the clocks is wrong";
    Refusal::new(Code::Unauthenticated, text)
}

fn unreadable() -> Refusal {
    Refusal::field("body", "expected the JSON of a webhook of Linear, with `type` and `webhookTimestamp`")
}
