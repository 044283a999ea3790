//! What webhooks of GitHub are taken with.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{boards::Boards, secrets::WebhookSecret, stores::WebhookStore};

/// KiB of bodies that are held at once. Who sends one is known only when all of it is there.
const ROOM_KIB: usize = 32 * 1024;
/// Longest wait for that room.
const ROOM_WITHIN: Duration = Duration::from_secs(1);

/// The secret, the store, the boards that may be touched, and the room for bodies. Without a secret there is none of it.
pub struct GithubWebhook {
    /// What they are signed with.
    pub secret: WebhookSecret,
    /// What remembers them.
    pub store: Arc<dyn WebhookStore>,
    /// What says which tasks they touch.
    pub boards: Arc<Boards>,
    room: Semaphore,
}

impl GithubWebhook {
    /// Webhooks signed with that secret, remembered in that store, about tasks of those boards among others.
    pub fn new(secret: WebhookSecret, store: Arc<dyn WebhookStore>, boards: Arc<Boards>) -> Self {
        Self { secret, store, boards, room: Semaphore::new(ROOM_KIB) }
    }

    /// Room for a body of so many bytes; `None` when too many others are held.
    pub async fn room(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let kib = bytes.div_ceil(1024).min(ROOM_KIB as u64) as u32;
        let place = tokio::time::timeout(ROOM_WITHIN, self.room.acquire_many(kib)).await;
        place.ok().and_then(Result::ok)
    }
}
