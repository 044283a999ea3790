//! Stores what was counted in memory, calls of keys and of tools, every 5 seconds and at the end.

use std::{sync::Arc, time::Duration};

use crate::{
    auth::Authenticator,
    model::{Causes, Workspace},
    stores::{Store, StoreError},
    telemetry::UsageMeter,
};

const EVERY: Duration = Duration::from_secs(5);

pub(super) struct UsageJob {
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) meter: Arc<UsageMeter>,
    pub(super) store: Arc<dyn Store>,
}

impl UsageJob {
    /// Stores until it is dropped.
    pub(super) async fn run(&self) {
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            self.flush().await;
        }
    }

    /// Stores what there is. What cannot be stored is counted on.
    pub(super) async fn flush(&self) {
        if let Err(error) = self.store_uses().await.and(self.store_usage().await) {
            tracing::warn!(error = %Causes(&error), "counts of calls were not stored, trying again in 5 seconds");
        }
    }

    async fn store_uses(&self) -> Result<(), StoreError> {
        let uses = self.authenticator.take_uses();
        if uses.is_empty() {
            return Ok(());
        }
        let stored = self.store.count_uses(&Workspace::default(), uses.clone()).await;
        stored.inspect_err(|_| self.authenticator.give_back_uses(uses))
    }

    async fn store_usage(&self) -> Result<(), StoreError> {
        let usage = self.meter.take();
        if usage.is_empty() {
            return Ok(());
        }
        let stored = self.store.add_usage(usage.clone()).await;
        stored.inspect_err(|_| self.meter.give_back(usage))
    }
}
