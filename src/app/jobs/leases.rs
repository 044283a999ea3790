//! Records leases that ended, each second, whatever the boards do.

use std::{sync::Arc, time::Duration};

use crate::{
    coordinator::{Coordinator, CoordinatorError},
    model::Causes,
};

const EVERY: Duration = Duration::from_secs(1);

pub(super) struct Leases {
    pub(super) coordinator: Arc<Coordinator>,
}

impl Leases {
    /// Looks until it is dropped.
    pub(super) async fn run(self) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            let expired = self.coordinator.expire_leases().await;
            if let Err(error) = expired.or_else(CoordinatorError::unless_absence) {
                tracing::warn!(error = %Causes(&error), "ended leases could not be recorded, trying again in a second");
            }
        }
    }
}
