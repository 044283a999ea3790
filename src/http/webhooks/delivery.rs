//! What becomes of a delivery, whoever sent it. Each is taken once, and on disk with its events before it is answered; every process
//! hears of it by the event log.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use serde::Serialize;

use crate::{
    boards::TouchedTask,
    http::{
        error::Refusal,
        extract::body,
        state::{WebhookSender, Webhooks},
    },
    model::{Code, Effects, Event, EventKind, StoreMillis, UnixMillis, Workspace},
    stores::WebhookDelivery,
    telemetry::metrics::{LIMIT_HITS, Limit, WEBHOOKS, WebhookOutcome},
};

/// Largest body taken.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// For the store to take one. Linear waits 5 s in all, GitHub 10 s.
const STORED_WITHIN: Duration = Duration::from_secs(1);

/// What became of a delivery.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeliveryReceipt {
    status: DeliveryStatus,
}

#[derive(Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliveryStatus {
    /// It is the `ping` of a webhook that was set up.
    Pong,
    /// It is stored, and every process hears of it.
    Accepted,
    /// It was sent before.
    Repeated,
    /// It is about nothing that matters here, or about a host that is not configured.
    Ignored,
}

impl DeliveryReceipt {
    /// The receipt of a delivery of that sender, which is counted with it.
    pub(super) fn of(sender: WebhookSender, status: DeliveryStatus) -> Self {
        let outcome = match status {
            DeliveryStatus::Pong => WebhookOutcome::Pong,
            DeliveryStatus::Accepted => WebhookOutcome::Accepted,
            DeliveryStatus::Repeated => WebhookOutcome::Repeated,
            DeliveryStatus::Ignored => WebhookOutcome::Ignored,
        };
        WEBHOOKS.add((sender.metric(), outcome));
        Self { status }
    }
}

/// A delivery by the name it is remembered under.
pub(super) struct DeliveryName {
    pub(super) sender: WebhookSender,
    /// The same each time it is sent.
    pub(super) id: String,
    /// For how long it may be sent again.
    pub(super) remembered_millis: i64,
}

impl Webhooks {
    /// Reads a body for which there is room beside the others.
    pub(super) async fn read(&self, body: Body) -> Result<Bytes, Refusal> {
        let most = body.size_hint().upper().unwrap_or(u64::MAX).min(MAX_BYTES as u64);
        let Some(_room) = self.room.take(most).await else {
            LIMIT_HITS.add(Limit::WebhookBodies);
            let text = "more webhooks come in than are taken at once: send it again in a minute";
            return Err(Refusal::later(Code::TooManyConnections, text, 60));
        };
        body::read_at_most(MAX_BYTES, body).await
    }

    /// An event of each task that the board says a delivery touches: every process then reads it anew. Nothing is said to have
    /// happened to it, which only that reading tells.
    pub(super) fn about_tasks(&self, event: &str, json: &[u8], now: UnixMillis) -> Vec<Event> {
        let touched = self.boards.of(&Workspace::default()).received(event, json).unwrap_or_default();
        let event = |task: TouchedTask| Event {
            version: task.version,
            ..Event::about(EventKind::Task, &task.id, "", now)
        };
        touched.into_iter().map(event).collect()
    }

    /// Stores the events, unless there are none, or the delivery was taken before.
    pub(super) async fn take(
        &self,
        name: DeliveryName,
        events: Vec<Event>,
        now: StoreMillis,
    ) -> Result<DeliveryStatus, Refusal> {
        if events.is_empty() {
            return Ok(DeliveryStatus::Ignored);
        }
        let DeliveryName { sender, id, remembered_millis } = name;
        let delivery = WebhookDelivery {
            workspace: Workspace::default(),
            sender: sender.as_str(),
            id,
            forget_at: now.plus(remembered_millis),
        };
        let taking = self.store.take_delivery(delivery, Effects { events, ..Effects::default() });
        let taken = tokio::time::timeout(STORED_WITHIN, taking).await;
        let is_new = taken.map_err(|_| {
            Refusal::later(Code::StoreBusy, "the store is busy: send it again in a minute", 60)
        })??;
        Ok(if is_new { DeliveryStatus::Accepted } else { DeliveryStatus::Repeated })
    }
}
