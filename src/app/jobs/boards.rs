//! Keeps the pictures of the boards true.

use std::{sync::Arc, time::Duration};

use crate::{coordinator::Coordinator, model::Causes};

/// How often it is looked for a board whose picture is old.
const EVERY: Duration = Duration::from_secs(1);

pub(super) struct BoardReads {
    pub(super) coordinator: Arc<Coordinator>,
}

impl BoardReads {
    /// Reads until it is dropped.
    pub(super) async fn run(self) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            if let Err(error) = self.coordinator.refresh_boards().await {
                let retry_after_seconds = error.retry_after_seconds().unwrap_or(EVERY.as_secs());
                tracing::warn!(error = %Causes(&error), retry_after_seconds, "a board could not be read, trying again");
            }
        }
    }
}
