//! Takes what is owed and hands it to the board; tries again with longer waits.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    boards::{Board, BoardError},
    clock::Clock,
    model::Causes,
    stores::{Delivered, Outbox, StoreError, TakenEntry, Written},
};

/// How long one process may take over what it took before another tries.
const LEASE_MILLIS: i64 = 10_000;
/// How often entries of others, or waiting for a retry, are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two deliveries, so that decisions of one moment go together.
const GATHER: Duration = Duration::from_millis(5);
/// Longest wait between two tries.
const MAX_BACKOFF_MILLIS: i64 = 60_000;
/// Entries taken at once; few, as decisions wait while they are written.
const BATCH: u32 = 64;

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
                tracing::warn!(error = %Causes(&error), "the outbox cannot be read, trying again in a second");
            }
            tokio::select! {
                () = self.owed.notified() => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => break,
            }
        }
        if let Err(error) = self.deliver_due().await {
            tracing::warn!(error = %Causes(&error), "the outbox was not emptied; the next start goes on with it");
        }
    }

    async fn deliver_due(&self) -> Result<(), StoreError> {
        loop {
            let taken = self.outbox.take(&self.instance, self.clock.store_now(), LEASE_MILLIS, BATCH).await?;
            if taken.is_empty() {
                return Ok(());
            }
            #[cfg(feature = "failpoints")]
            fail::fail_point!("outbox-taken", |_| std::process::abort());
            let written = self.board.deliver(&taken).await;
            #[cfg(feature = "failpoints")]
            fail::fail_point!("outbox-delivered", |_| std::process::abort());
            self.outbox.end(self.judged(taken, written)).await?;
            #[cfg(feature = "failpoints")]
            fail::fail_point!("outbox-ended", |_| std::process::abort());
        }
    }

    /// How each delivery ended. What follows a failed write of the same task waits with it.
    fn judged(
        &self,
        taken: Vec<TakenEntry>,
        written: Vec<Result<Written, BoardError>>,
    ) -> Vec<(TakenEntry, Delivered)> {
        let now = self.clock.moment();
        let mut failed = HashSet::new();
        let mut ended = Vec::with_capacity(taken.len());
        for (taken, written) in taken.into_iter().zip(written) {
            let task = &taken.entry.task_id;
            let wait = (500_i64 << taken.attempts.min(16)).min(MAX_BACKOFF_MILLIS);
            let how = match written {
                Ok(_) | Err(_) if failed.contains(task) => Delivered::RetryAt(now.store.plus(wait)),
                Ok(Written::Yes) => Delivered::Written(now),
                Ok(Written::Superseded) => Delivered::Superseded,
                Ok(Written::NoSuchTask) | Err(BoardError::NoSuchTask) => {
                    tracing::info!(task, "a board write was dropped: the task is gone");
                    Delivered::Superseded
                }
                Err(error) => {
                    tracing::warn!(error = %Causes(&error), task, wait_ms = wait, "a board write failed");
                    failed.insert(task.clone());
                    Delivered::RetryAt(now.store.plus(wait))
                }
            };
            ended.push((taken, how));
        }
        ended
    }
}
