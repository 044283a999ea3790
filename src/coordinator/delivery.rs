//! Delivers what the outbox owes the board: at least once, in order per task, by one process at a time.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    boards::{Board, BoardError},
    clock::Clock,
    stores::{Outbox, StoreError, TakenEntry},
};

/// How long one process may take over an entry before another tries.
const LEASE_MILLIS: i64 = 30_000;
/// How often entries of others, or waiting for a retry, are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Longest wait between two tries.
const MAX_BACKOFF_MILLIS: i64 = 60_000;

/// The deliverer of one process.
pub struct Deliverer {
    outbox: Arc<dyn Outbox>,
    board: Arc<dyn Board>,
    clock: Arc<dyn Clock>,
    owed: Arc<Notify>,
    instance: String,
}

impl Deliverer {
    /// A deliverer that is woken by `owed`; `instance` names this process.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        board: Arc<dyn Board>,
        clock: Arc<dyn Clock>,
        owed: Arc<Notify>,
        instance: String,
    ) -> Self {
        Self { outbox, board, clock, owed, instance }
    }

    /// Delivers until `stop` fires, then what is due once more.
    pub async fn run(&self, stop: &CancellationToken) {
        loop {
            if let Err(error) = self.deliver_due().await {
                tracing::warn!(%error, "the outbox cannot be read, trying again in a second");
            }
            tokio::select! {
                () = self.owed.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => break,
            }
        }
        if let Err(error) = self.deliver_due().await {
            tracing::warn!(%error, "the outbox was not emptied; the next start goes on with it");
        }
    }

    async fn deliver_due(&self) -> Result<(), StoreError> {
        while let Some(taken) = self.outbox.take(&self.instance, self.clock.now(), LEASE_MILLIS).await? {
            self.deliver(&taken).await?;
        }
        Ok(())
    }

    async fn deliver(&self, taken: &TakenEntry) -> Result<(), StoreError> {
        let entry = &taken.entry;
        match self.board.deliver(entry).await {
            Ok(()) => self.outbox.done(&entry.id).await,
            Err(BoardError::NoSuchTask) => {
                tracing::warn!(task = entry.task_id, "a board write was dropped: the task is gone");
                self.outbox.give_up(&entry.id).await
            }
            Err(error) => {
                let wait = (500_i64 << taken.attempts.min(16)).min(MAX_BACKOFF_MILLIS);
                tracing::warn!(%error, task = entry.task_id, wait_ms = wait, "a board write failed");
                self.outbox.retry_at(&entry.id, self.clock.now().plus(wait)).await
            }
        }
    }
}
