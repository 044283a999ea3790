//! `POST /webhooks/github`: GitHub tells what happened to a pull request or a task. There is no such page without
//! `GITHUB_WEBHOOK_SECRET`.

use axum::{Json, extract::State};

use super::{
    delivery::{DeliveryName, DeliveryReceipt, DeliveryStatus},
    payload::{UnreadablePayload, is_of_tasks, json, of_pull_requests, pull_request_url},
    signed_delivery::SignedDelivery,
};
use crate::{
    http::{
        error::{ErrorResponses, Refusal},
        state::{AppState, WebhookSender},
    },
    model::{Event, EventKind},
};

/// For how long a delivery can be sent again at GitHub.
const REMEMBERED_MILLIS: i64 = 3 * 86_400_000;

/// A webhook of GitHub.
#[utoipa::path(post, path = "/webhooks/github", tag = "webhooks",
    params(
        ("X-Hub-Signature-256" = String, Header, description = "`sha256=` and the HMAC-SHA-256 of the body in hex"),
        ("X-GitHub-Event" = String, Header, description = "what happened, such as `pull_request_review`"),
        ("X-GitHub-Delivery" = String, Header, description = "the same each time it is sent"),
    ),
    request_body(content((Object = "application/json"), (Object = "application/x-www-form-urlencoded"))),
    responses((status = 200, body = DeliveryReceipt), ErrorResponses))]
pub async fn deliver(
    State(state): State<AppState>,
    delivery: SignedDelivery,
) -> Result<Json<DeliveryReceipt>, Refusal> {
    if delivery.event == "ping" {
        return Ok(Json(DeliveryReceipt::of(WebhookSender::Github, DeliveryStatus::Pong)));
    }
    if of_pull_requests(&delivery.event).is_none() && !is_of_tasks(&delivery.event) {
        return Ok(Json(DeliveryReceipt::of(WebhookSender::Github, DeliveryStatus::Ignored)));
    }
    let (webhooks, event) = (&state.webhooks, delivery.event.as_str());
    let json = json(delivery.encoding, &delivery.body).map_err(unreadable)?;
    let mut events = Vec::from_iter(about_pull_request(&state, event, &json).map_err(unreadable)?);
    if is_of_tasks(event) {
        events.extend(webhooks.about_tasks(event, &json, state.clock.now()));
    }
    let (sender, id) = (WebhookSender::Github, delivery.id);
    let name = DeliveryName { sender, id, remembered_millis: REMEMBERED_MILLIS };
    let status = webhooks.take(name, events, state.clock.store_now()).await?;
    Ok(Json(DeliveryReceipt::of(WebhookSender::Github, status)))
}

fn unreadable(_: UnreadablePayload) -> Refusal {
    Refusal::field("body", "expected the JSON of a webhook, in a form as its field `payload`")
}

/// The event of the pull request that a delivery is about, if that is of a host that is configured.
fn about_pull_request(state: &AppState, name: &str, json: &[u8]) -> Result<Option<Event>, UnreadablePayload> {
    let url = pull_request_url(json)?;
    let address = url.and_then(|url| state.reviews.address(&url).ok());
    Ok(of_pull_requests(name).zip(address).map(|(name, address)| {
        Event::about(EventKind::PullRequest, &address.folded(), name, state.clock.now())
    }))
}
