//! Asking the store, beside the calls: for keys that run out, for those whose slice is over, and how many share the limits.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::timeout;

use super::{
    keys::{SharedRates, WAIT},
    shared_key::SharedKey,
    slice::Slice,
};
use crate::{
    model::Causes,
    stores::{RateAsk, RateLease, StoreError},
};

/// Between two looks at what is over.
const TICK: Duration = Duration::from_millis(100);
/// Between two looks at how many share the limits, and whether the store is back.
const LOOK: Duration = Duration::from_millis(500);

impl SharedRates {
    /// Asks until it is dropped.
    pub(in crate::limits) async fn share(&self) {
        let [mut ticks, mut looks] = [TICK, LOOK].map(tokio::time::interval);
        for times in [&mut ticks, &mut looks] {
            times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        }
        loop {
            tokio::select! {
                () = self.wake.notified() => {}
                _ = ticks.tick() => self.queue_those_over(),
                _ = looks.tick() => self.look().await,
            }
            self.ask_queued().await;
        }
    }

    /// Gives back everything that is leased: others can use it.
    pub(in crate::limits) async fn leave(&self) {
        for key in self.all() {
            key.slice().leave();
            self.queue_if(&key, |slice| slice.is_over(self.now()));
        }
        self.ask_queued().await;
        // Nobody asks any more.
        self.is_away.store(true, Ordering::Release);
    }

    fn queue_those_over(&self) {
        let now = self.now();
        loop {
            let next = self.queue().next_over(now);
            let Some(key) = next else { return };
            self.queue_if(&key, |slice| slice.is_over(now));
        }
    }

    fn queue_if(&self, key: &Arc<SharedKey>, condition: impl FnOnce(&Slice) -> bool) {
        let mut slice = key.slice();
        if !slice.is_queued && condition(&slice) {
            slice.is_queued = true;
            drop(slice);
            self.queue().ask(key);
        }
    }

    /// Looks how many share the limits. A store that is back hears first of what was admitted without it.
    async fn look(&self) {
        let Ok(Ok(sharing)) = timeout(WAIT, self.store.sharing()).await else {
            self.go_alone("how many share the limits cannot be read");
            return;
        };
        self.sharing.store(sharing.max(1), Ordering::Relaxed);
        if !self.is_away.load(Ordering::Acquire) {
            return;
        }
        let owing = self.queue().take_owing();
        for key in owing {
            key.slice().is_owing = false;
            self.queue_if(&key, Slice::owes);
        }
        if self.ask_each().await {
            self.is_away.store(false, Ordering::Release);
            tracing::info!("limits are shared again");
        }
    }

    async fn ask_queued(&self) {
        if self.is_away.load(Ordering::Acquire) {
            self.drop_queue();
        } else {
            self.ask_each().await;
        }
    }

    /// Asks for all that are queued; says whether each was answered.
    async fn ask_each(&self) -> bool {
        loop {
            let part = self.queue().next();
            let Some(first) = part.first() else { return true };
            let (now, sharing) = (self.now(), self.view().sharing);
            let ask = |key: &Arc<SharedKey>| RateAsk {
                name: key.name.clone(),
                ..key.slice().ask(now, key.waiting.load(Ordering::Relaxed), sharing)
            };
            let asks: Vec<_> = part.iter().map(ask).collect();
            let asked = self.store.lease_calls(&first.workspace, &asks, self.clock.store_now());
            let answer = timeout(WAIT, asked).await;
            if !self.answer(&part, answer.ok()) {
                self.drop_queue();
                return false;
            }
        }
    }

    fn answer(&self, part: &[Arc<SharedKey>], answer: Option<Result<Vec<RateLease>, StoreError>>) -> bool {
        let leases = match answer {
            Some(Ok(leases)) => leases,
            Some(Err(error)) => {
                self.go_alone(&Causes(&error).to_string());
                Vec::new()
            }
            None => {
                self.go_alone("the store does not answer");
                Vec::new()
            }
        };
        let now = self.now();
        for (place, key) in part.iter().enumerate() {
            match leases.get(place) {
                Some(lease) => {
                    key.slice().answered(now, *lease);
                    if lease.calls > 0 {
                        self.queue().lease(now, key);
                    }
                }
                None => self.unanswered(key),
            }
            key.answered.notify_waiters();
        }
        !leases.is_empty()
    }

    /// Nobody is asked while the store is away.
    fn drop_queue(&self) {
        loop {
            let part = self.queue().next();
            if part.is_empty() {
                return;
            }
            for key in part {
                self.unanswered(&key);
                key.answered.notify_waiters();
            }
        }
    }

    fn unanswered(&self, key: &Arc<SharedKey>) {
        let mut slice = key.slice();
        slice.unanswered();
        let (begins_to_owe, is_leased) = (slice.begins_to_owe(), slice.is_leased());
        drop(slice);
        let mut queue = self.queue();
        if begins_to_owe {
            queue.owe(key);
        }
        if is_leased {
            queue.lease(self.now(), key);
        }
    }

    fn go_alone(&self, why: &str) {
        if !self.is_away.swap(true, Ordering::AcqRel) {
            let sharing = self.sharing.load(Ordering::Relaxed);
            tracing::warn!(sharing, "limits are not shared, each gateway keeps its part of them: {why}");
        }
    }
}
