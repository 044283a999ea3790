//! Following the event log: from its end or from a place that was kept, in batches, as soon as something is committed.

use std::{sync::Arc, time::Duration};

use crate::{
    model::Workspace,
    stores::{EventLog, Followed, StoreError},
};

/// Longest wait for news, and the pause after a failure.
pub(super) const FOLLOW_EVERY: Duration = Duration::from_millis(100);
/// Events read at once.
const BATCH: u32 = 500;

#[derive(Clone)]
pub(super) struct Following(pub(super) Arc<dyn EventLog>);

impl Following {
    /// The place of the newest event, as soon as the store says it.
    pub(super) async fn end(&self) -> i64 {
        loop {
            match self.0.last_event(&Workspace::default()).await {
                Ok(last) => break last,
                Err(_) => tokio::time::sleep(FOLLOW_EVERY).await,
            }
        }
    }

    /// The next events after `place`.
    pub(super) async fn after(&self, place: i64) -> Result<Followed, StoreError> {
        self.0.events_after(&Workspace::default(), place, BATCH).await
    }

    /// Whether there may be more after these.
    pub(super) const fn may_go_on(read: usize) -> bool {
        read == BATCH as usize
    }

    /// Waits for something to be committed, then for `gather`, so that commits of one moment are read together.
    pub(super) async fn news(&self, gather: Duration) {
        self.0.wait_for_commit(FOLLOW_EVERY).await;
        tokio::time::sleep(gather).await;
    }
}
