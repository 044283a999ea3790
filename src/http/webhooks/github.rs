//! `POST /webhooks/github`: GitHub tells what happened to a pull request or a task. Each delivery is taken once, and on disk with its
//! events before it is answered; every process hears of it by the event log. There is no such page without
//! `GITHUB_WEBHOOK_SECRET`.

use std::time::Duration;

use axum::{Json, extract::State};
use serde::Serialize;

use super::{
    payload::{UnreadablePayload, is_of_tasks, json, of_pull_requests, pull_request_url},
    signed_delivery::SignedDelivery,
};
use crate::{
    boards::TouchedTask,
    http::{
        error::{ErrorResponses, Refusal},
        state::{AppState, GithubWebhook},
    },
    model::{Code, Effects, Event, EventKind, StoreMillis, UnixMillis, Workspace},
    stores::WebhookDelivery,
};

/// For how long a delivery can be sent again at GitHub.
const REMEMBERED_MILLIS: i64 = 3 * 86_400_000;
/// For the store to take one. GitHub waits 10 s in all.
const STORED_WITHIN: Duration = Duration::from_secs(2);

/// What became of a delivery.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeliveryReceipt {
    status: DeliveryStatus,
}

#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeliveryStatus {
    /// It is the `ping` of a webhook that was set up.
    Pong,
    /// It is stored, and every process hears of it.
    Accepted,
    /// It was sent before.
    Repeated,
    /// It is about nothing that matters here, or about a host that is not configured.
    Ignored,
}

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
    let answer = |status| Ok(Json(DeliveryReceipt { status }));
    if delivery.event == "ping" {
        return answer(DeliveryStatus::Pong);
    }
    if of_pull_requests(&delivery.event).is_none() && !is_of_tasks(&delivery.event) {
        return answer(DeliveryStatus::Ignored);
    }
    let webhook = state.github_webhook.as_ref().ok_or_else(Refusal::not_found)?;
    let json = json(delivery.encoding, &delivery.body).map_err(unreadable)?;
    let mut events = Vec::from_iter(about_pull_request(&state, &delivery.event, &json).map_err(unreadable)?);
    events.extend(about_tasks(webhook, &delivery.event, &json, state.clock.now()));
    if events.is_empty() {
        return answer(DeliveryStatus::Ignored);
    }
    let taken = take(webhook, delivery.id, events, state.clock.store_now()).await?;
    answer(if taken { DeliveryStatus::Accepted } else { DeliveryStatus::Repeated })
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

/// An event of each task that the board says a delivery touches: every process then reads it anew. Nothing is said to have
/// happened to it, which only that reading tells.
fn about_tasks(webhook: &GithubWebhook, name: &str, json: &[u8], now: UnixMillis) -> Vec<Event> {
    if !is_of_tasks(name) {
        return Vec::new();
    }
    let touched = webhook.boards.of(&Workspace::default()).received(name, json).unwrap_or_default();
    let event = |task: TouchedTask| Event {
        version: task.version,
        ..Event::about(EventKind::Task, &task.id, "", now)
    };
    touched.into_iter().map(event).collect()
}

/// Stores the events, unless the delivery was taken before.
async fn take(
    webhook: &GithubWebhook,
    id: String,
    events: Vec<Event>,
    now: StoreMillis,
) -> Result<bool, Refusal> {
    let (workspace, forget_at) = (Workspace::default(), now.plus(REMEMBERED_MILLIS));
    let delivery = WebhookDelivery { workspace, sender: "github", id, forget_at };
    let effects = Effects { events, ..Effects::default() };
    let taking = webhook.store.take_delivery(delivery, effects);
    let taken = tokio::time::timeout(STORED_WITHIN, taking).await;
    Ok(taken
        .map_err(|_| Refusal::later(Code::StoreBusy, "the store is busy: send it again in a minute", 60))??)
}
