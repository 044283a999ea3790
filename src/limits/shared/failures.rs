//! Failures of networks where several processes count them: one that is locked by one is locked by all within a second.

use std::{
    net::Ipv6Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use super::keys::WAIT;
use crate::{
    clock::Clock,
    model::Causes,
    stores::{CountedFailure, MOST_ASKED, RateStore},
};

/// Between two looks at who is locked.
const LOOK: Duration = Duration::from_millis(500);
/// Failures that wait to be told; of more nobody else hears.
const MOST_TOLD: usize = 4_096;

/// The failures that all count.
pub(in crate::limits) struct SharedFailures {
    store: Arc<dyn RateStore>,
    clock: Arc<dyn Clock>,
    to_tell: Mutex<Vec<Ipv6Addr>>,
    wake: Notify,
}

impl SharedFailures {
    pub(in crate::limits) fn new(store: Arc<dyn RateStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, to_tell: Mutex::default(), wake: Notify::new() }
    }

    /// Counts a failure now; nothing where the store does not answer in time.
    pub(in crate::limits) async fn count(&self, network: Ipv6Addr) -> Option<CountedFailure> {
        let networks = [network];
        let counted = self.store.count_failures(&networks, self.clock.store_now());
        timeout(WAIT, counted).await.ok()?.ok()?.into_iter().next()
    }

    /// Has a failure counted beside what is done.
    pub(in crate::limits) fn tell(&self, network: Ipv6Addr) {
        let mut to_tell = self.to_tell.lock().unwrap_or_else(PoisonError::into_inner);
        if to_tell.len() < MOST_TOLD {
            to_tell.push(network);
            self.wake.notify_one();
        }
    }

    /// Tells what was counted here and hears who is locked, until it is dropped.
    pub(in crate::limits) async fn share(&self, lock: impl Fn(Ipv6Addr, Duration) + Send + Sync) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.wake.notified() => self.tell_all(&lock).await,
                _ = looks.tick() => {
                    let locked = self.store.locked_networks(self.clock.store_now());
                    // What cannot be heard now is heard the next time.
                    for (network, left) in timeout(WAIT, locked).await.ok().and_then(Result::ok).unwrap_or_default() {
                        lock(network, left);
                    }
                }
            }
        }
    }

    async fn tell_all(&self, lock: &(impl Fn(Ipv6Addr, Duration) + Sync)) {
        let to_tell = std::mem::take(&mut *self.to_tell.lock().unwrap_or_else(PoisonError::into_inner));
        for part in to_tell.chunks(MOST_ASKED) {
            let counted = timeout(WAIT, self.store.count_failures(part, self.clock.store_now())).await;
            let counted = match counted {
                Ok(Ok(counted)) => counted,
                Ok(Err(error)) => {
                    tracing::debug!(error = %Causes(&error), "failures were counted here alone");
                    return;
                }
                Err(_) => return,
            };
            for (network, counted) in part.iter().zip(counted) {
                if let Some(left) = counted.locked_for {
                    lock(*network, left);
                }
            }
        }
    }
}
