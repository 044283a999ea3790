//! The slices of all keys, and what a call does with the one of its key.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use dashmap::DashMap;
use tokio::{sync::Notify, time::timeout_at};

use super::{
    ask_queue::AskQueue,
    shared_key::{SharedKey, WaitingCall},
    slice::{KeyRate, Nanos, Slice, TakenCall, View},
};
use crate::{clock::Clock, limits::RatedKey, model::Workspace, stores::RateStore};

/// Keys remembered, some 30 MiB; see [`SharedRates::make_room`].
const MOST_KEYS: usize = 100_000;
/// Longest wait of a call, and of whoever asks, for the store.
pub(super) const WAIT: Duration = Duration::from_millis(300);

/// The rates of keys that processes share.
pub(in crate::limits) struct SharedRates {
    pub(super) store: Arc<dyn RateStore>,
    pub(super) clock: Arc<dyn Clock>,
    /// What the names of its rates begin with.
    pub(super) kind: &'static str,
    began: Instant,
    keys: DashMap<(Workspace, Arc<str>), Arc<SharedKey>>,
    pub(super) queue: Mutex<AskQueue>,
    pub(super) wake: Notify,
    pub(super) is_away: AtomicBool,
    pub(super) sharing: AtomicU32,
}

impl SharedRates {
    pub(in crate::limits) fn new(
        store: Arc<dyn RateStore>,
        clock: Arc<dyn Clock>,
        kind: &'static str,
    ) -> Self {
        Self {
            store,
            clock,
            kind,
            began: Instant::now(),
            keys: DashMap::new(),
            queue: Mutex::default(),
            wake: Notify::new(),
            is_away: AtomicBool::new(false),
            sharing: AtomicU32::new(1),
        }
    }

    /// Counts a call: what is left, or how long until the next one. It waits only where this process has none and the store may
    /// have some.
    pub(in crate::limits) async fn count(
        &self,
        key: &RatedKey<'_>,
        capacity: u32,
        period: Duration,
    ) -> Result<u32, Duration> {
        let rate =
            KeyRate { capacity, period: Nanos::try_from(period.as_nanos()).unwrap_or(Nanos::MAX).max(1) };
        let shared = self.key(key, rate);
        match self.take(&shared, rate) {
            TakenCall::Unknown => self.wait(&shared, rate).await,
            taken => outcome(taken),
        }
    }

    async fn wait(&self, shared: &Arc<SharedKey>, rate: KeyRate) -> Result<u32, Duration> {
        let _waiting = WaitingCall::new(shared);
        let until = tokio::time::Instant::now() + WAIT;
        loop {
            let mut answered = std::pin::pin!(shared.answered.notified());
            answered.as_mut().enable();
            let taken = self.take(shared, rate);
            if taken != TakenCall::Unknown {
                return outcome(taken);
            }
            if timeout_at(until, answered).await.is_err() {
                let sharing = self.view().sharing;
                let mut slice = shared.slice();
                let taken = slice.take_alone(self.now(), sharing);
                self.note_owed(shared, slice);
                return outcome(taken);
            }
        }
    }

    fn take(&self, shared: &Arc<SharedKey>, rate: KeyRate) -> TakenCall {
        let (now, view) = (self.now(), self.view());
        let mut slice = shared.slice();
        let taken = slice.take(now, rate, view);
        if view.is_away {
            self.note_owed(shared, slice);
        } else if slice.runs_out(now) {
            slice.is_queued = true;
            drop(slice);
            self.queue().ask(shared);
            self.wake.notify_one();
        }
        taken
    }

    fn note_owed(&self, shared: &Arc<SharedKey>, mut slice: MutexGuard<'_, Slice>) {
        if slice.begins_to_owe() {
            drop(slice);
            self.queue().owe(shared);
        }
    }

    fn key(&self, key: &RatedKey<'_>, rate: KeyRate) -> Arc<SharedKey> {
        let place = (key.workspace.clone(), Arc::clone(key.id));
        if let Some(known) = self.keys.get(&place) {
            return Arc::clone(&known);
        }
        if self.keys.len() >= MOST_KEYS {
            self.make_room();
        }
        let fresh = || {
            let name = format!("{}{}", self.kind, key.id);
            Arc::new(SharedKey::new(key.workspace.clone(), name, rate))
        };
        Arc::clone(&self.keys.entry(place).or_insert_with(fresh))
    }

    /// Forgets keys that are full again, and if that is not enough all that nobody asks for: their slices are lost, and come again,
    /// and what they owe is forgotten.
    fn make_room(&self) {
        self.forget_idle();
        if self.keys.len() >= MOST_KEYS {
            self.keys.retain(|_, shared| shared.slice().is_queued);
            self.queue().take_owing();
        }
    }

    /// Forgets keys that are full again.
    pub(in crate::limits) fn forget_idle(&self) {
        let now = self.now();
        self.keys.retain(|_, shared| Arc::strong_count(shared) > 1 || !shared.slice().is_idle(now));
        self.keys.shrink_to_fit();
    }

    /// Keys remembered.
    pub(in crate::limits) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Every key that has something leased.
    pub(super) fn all(&self) -> Vec<Arc<SharedKey>> {
        self.keys.iter().map(|shared| Arc::clone(&shared)).collect()
    }

    pub(super) fn now(&self) -> Nanos {
        Nanos::try_from(self.began.elapsed().as_nanos()).unwrap_or(Nanos::MAX)
    }

    pub(super) fn view(&self) -> View {
        View { is_away: self.is_away.load(Ordering::Acquire), sharing: self.sharing.load(Ordering::Relaxed) }
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, AskQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outcome(taken: TakenCall) -> Result<u32, Duration> {
    match taken {
        TakenCall::Admitted(left) => Ok(left),
        TakenCall::Refused(wait) => Err(Duration::from_nanos(u64::try_from(wait).unwrap_or(0))),
        TakenCall::Unknown => Err(Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use async_trait::async_trait;

    use super::*;
    use crate::{
        clock::ManualClock,
        model::StoreMillis,
        stores::{CountedFailure, RateAsk, RateLease, StoreError},
    };

    /// A store that is away.
    struct Nowhere;

    #[async_trait]
    impl RateStore for Nowhere {
        async fn lease_calls(
            &self,
            _: &Workspace,
            _: &[RateAsk],
            _: StoreMillis,
        ) -> Result<Vec<RateLease>, StoreError> {
            Err(StoreError::Unsettled)
        }

        async fn count_failures(
            &self,
            _: &[Ipv6Addr],
            _: StoreMillis,
        ) -> Result<Vec<CountedFailure>, StoreError> {
            Err(StoreError::Unsettled)
        }

        async fn locked_networks(&self, _: StoreMillis) -> Result<Vec<(Ipv6Addr, Duration)>, StoreError> {
            Err(StoreError::Unsettled)
        }

        async fn sharing(&self) -> Result<u32, StoreError> {
            Err(StoreError::Unsettled)
        }
    }

    #[tokio::test]
    async fn a_million_keys_do_not_stay_in_memory_though_all_owe() {
        let before = crate::limits::memory::resident_kib();
        let shared = SharedRates::new(Arc::new(Nowhere), Arc::new(ManualClock::default()), "");
        shared.is_away.store(true, Ordering::Release);
        let workspace = Workspace::default();
        for number in 0..1_000_000 {
            let id: Arc<str> = number.to_string().into();
            let key = RatedKey { workspace: &workspace, id: &id, own: None };
            assert_eq!(shared.count(&key, 70, Duration::from_secs(1)).await, Ok(69));
        }
        assert!(shared.len() <= MOST_KEYS);
        let grown = crate::limits::memory::resident_kib().saturating_sub(before) / 1024;
        assert!(grown <= 80, "{grown} MiB");
    }

    #[tokio::test]
    async fn a_store_that_refuses_leaves_each_to_itself_at_once() {
        let shared = SharedRates::new(Arc::new(Nowhere), Arc::new(ManualClock::default()), "");
        let (workspace, id): (_, Arc<str>) = (Workspace::default(), "key".into());
        let key = RatedKey { workspace: &workspace, id: &id, own: None };
        tokio::select! {
            () = shared.share() => unreachable!("it goes on"),
            counted = shared.count(&key, 70, Duration::from_secs(1)) => assert_eq!(counted, Ok(69)),
        }
        assert!(shared.view().is_away);
    }
}
