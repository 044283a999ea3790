//! What webhooks are taken with.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{boards::Boards, secrets::WebhookSecret, stores::WebhookStore, telemetry::metrics::Sender};

/// KiB of bodies that are held at once. Who sends one is known only when all of it is there.
const ROOM_KIB: usize = 32 * 1024;
/// Longest wait for that room.
const ROOM_WITHIN: Duration = Duration::from_secs(1);

/// Who sends webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookSender {
    /// GitHub.
    Github,
    /// Linear.
    Linear,
    /// A Planka server.
    Planka,
}

impl WebhookSender {
    /// Its name, which its deliveries are remembered under.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Linear => "linear",
            Self::Planka => "planka",
        }
    }

    /// The sender as metrics name it.
    pub(in crate::http) const fn metric(self) -> Sender {
        match self {
            Self::Github => Sender::Github,
            Self::Linear => Sender::Linear,
            Self::Planka => Sender::Planka,
        }
    }
}

/// The secret of each sender, the store, the boards that may be touched, and the room for bodies. Nothing is taken of a sender
/// without a secret.
pub struct Webhooks {
    /// What GitHub signs with.
    pub github: Option<WebhookSecret>,
    /// What Linear signs with.
    pub linear: Option<WebhookSecret>,
    /// What Planka sends along.
    pub planka: Option<WebhookSecret>,
    /// What remembers deliveries.
    pub store: Arc<dyn WebhookStore>,
    /// What says which tasks they touch.
    pub boards: Arc<Boards>,
    /// The room for bodies.
    pub room: WebhookRoom,
}

impl Webhooks {
    /// The secret of a sender whose webhooks are taken.
    pub fn secret(&self, sender: WebhookSender) -> Option<&WebhookSecret> {
        match sender {
            WebhookSender::Github => self.github.as_ref(),
            WebhookSender::Linear => self.linear.as_ref(),
            WebhookSender::Planka => self.planka.as_ref(),
        }
    }
}

/// The room for bodies of webhooks.
pub struct WebhookRoom(Semaphore);

impl Default for WebhookRoom {
    fn default() -> Self {
        Self(Semaphore::new(ROOM_KIB))
    }
}

impl WebhookRoom {
    /// Room for a body of so many bytes; `None` when too many others are held.
    pub async fn take(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let kib = bytes.div_ceil(1024).min(ROOM_KIB as u64) as u32;
        let place = tokio::time::timeout(ROOM_WITHIN, self.0.acquire_many(kib)).await;
        place.ok().and_then(Result::ok)
    }
}
