//! Calls a minute per key: GCRA with a capacity of a minute's worth plus the burst, refilled evenly. A key may have a rate
//! of its own, with the same burst.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use dashmap::DashMap;
use governor::{
    Quota, RateLimiter as Governor,
    clock::{Clock, MonotonicClock},
    middleware::{NoOpMiddleware, StateInformationMiddleware},
    state::keyed::DefaultKeyedStateStore,
};

use super::{Allowance, Exceeded, shared::SharedRates};
use crate::{clock, config::LimitSettings, model::Workspace, stores::RateStore};

/// Keys remembered for one rate, some 12 MiB. Beyond it those that are full again are forgotten, and if that is not enough all:
/// somebody gets more than its rate for a moment, and memory stays bounded.
const MOST_KEYS: usize = 100_000;

/// Checks between two looks at how many are remembered.
const LOOK_EVERY: u32 = 1024;

type KeyCells<C> = Governor<Arc<str>, DefaultKeyedStateStore<Arc<str>>, C, StateInformationMiddleware>;

/// A key whose calls are counted.
#[derive(Clone, Copy, Debug)]
pub struct RatedKey<'a> {
    /// The workspace it is of.
    pub workspace: &'a Workspace,
    /// Its id.
    pub id: &'a Arc<str>,
    /// Its own calls a minute.
    pub own: Option<u32>,
}

/// A limiter keyed by key id.
pub struct RateLimiter<C: Clock = MonotonicClock> {
    settings: LimitSettings,
    /// Where other processes admit calls of the same keys.
    shared: Option<SharedRates>,
    /// By calls a minute.
    rates: DashMap<u32, Rate<C>>,
    checks: AtomicU32,
    clock: C,
}

struct Rate<C: Clock> {
    cells: Arc<KeyCells<C>>,
    capacity: u32,
    /// From empty to one call.
    period: Duration,
}

impl RateLimiter {
    /// A limiter with these settings; one that admits everything when they are off.
    pub fn new(settings: LimitSettings) -> Self {
        Self::with_clock(settings, MonotonicClock)
    }

    /// The same limits, kept together with the other processes on a store, if that keeps any. `kind`: what its names there begin
    /// with.
    pub fn shared(
        mut self,
        store: Option<Arc<dyn RateStore>>,
        clock: Arc<dyn clock::Clock>,
        kind: &'static str,
    ) -> Self {
        self.shared = store.map(|store| SharedRates::new(store, clock, kind));
        self
    }

    /// Counts one call, as [`Self::check`] does where nobody else admits calls of that key.
    pub async fn count(&self, key: RatedKey<'_>) -> Result<Option<Allowance>, (Exceeded, Allowance)> {
        let Some(shared) = self.shared.as_ref().filter(|_| self.settings.enabled) else {
            return self.check(key.id, key.own);
        };
        let (capacity, period) = self.pace(key.own.unwrap_or(self.settings.per_minute).max(1));
        match shared.count(&key, capacity.get(), period).await {
            Ok(left) => Ok(Some(Allowance::of(capacity.get(), left, period))),
            Err(wait) => Err((Exceeded::after(wait), Allowance::of(capacity.get(), 0, period))),
        }
    }

    /// Shares the limits until it is dropped.
    pub async fn share(&self) {
        match &self.shared {
            Some(shared) => shared.share().await,
            None => std::future::pending().await,
        }
    }

    /// Gives back what this process may still admit.
    pub async fn leave(&self) {
        if let Some(shared) = &self.shared {
            shared.leave().await;
        }
    }
}

impl<C: Clock + Clone> RateLimiter<C> {
    /// The same by another clock.
    pub fn with_clock(settings: LimitSettings, clock: C) -> Self {
        Self { settings, shared: None, rates: DashMap::new(), checks: AtomicU32::new(0), clock }
    }

    /// Counts one call of that key and says what is left, or when the next one is due. `own`: the key's own calls a minute.
    pub fn check(
        &self,
        key_id: &Arc<str>,
        own: Option<u32>,
    ) -> Result<Option<Allowance>, (Exceeded, Allowance)> {
        if !self.settings.enabled {
            return Ok(None);
        }
        let per_minute = own.unwrap_or(self.settings.per_minute).max(1);
        let (cells, capacity, period) = self.rate(per_minute);
        // Counting them all takes as long as the check itself.
        if self.checks.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOK_EVERY) && cells.len() > MOST_KEYS {
            self.make_room(per_minute);
        }
        match cells.check_key(key_id) {
            Ok(state) => Ok(Some(Allowance::of(capacity, state.remaining_burst_capacity(), period))),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                Err((Exceeded::after(wait), Allowance::of(capacity, 0, period)))
            }
        }
    }

    fn rate(&self, per_minute: u32) -> (Arc<KeyCells<C>>, u32, Duration) {
        if let Some(rate) = self.rates.get(&per_minute) {
            return (Arc::clone(&rate.cells), rate.capacity, rate.period);
        }
        let rate = self.rates.entry(per_minute).or_insert_with(|| self.new_rate(per_minute));
        (Arc::clone(&rate.cells), rate.capacity, rate.period)
    }

    fn new_rate(&self, per_minute: u32) -> Rate<C> {
        let (capacity, period) = self.pace(per_minute);
        let each = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(period).unwrap_or(Quota::per_minute(each)).allow_burst(capacity);
        let cells: Governor<_, _, C, NoOpMiddleware<C::Instant>> =
            Governor::new(quota, DefaultKeyedStateStore::default(), self.clock.clone());
        Rate { cells: Arc::new(cells.with_middleware()), capacity: capacity.get(), period }
    }

    /// Calls at once, and the time from one to the next.
    fn pace(&self, per_minute: u32) -> (NonZeroU32, Duration) {
        let each = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        (each.saturating_add(self.settings.burst), Duration::from_secs(60) / each.get())
    }

    fn make_room(&self, per_minute: u32) {
        let Some(mut rate) = self.rates.get_mut(&per_minute) else { return };
        rate.cells.retain_recent();
        if rate.cells.len() > MOST_KEYS {
            *rate = self.new_rate(per_minute);
        } else {
            rate.cells.shrink_to_fit();
        }
    }

    /// Forgets keys that are full again.
    pub fn forget_idle(&self) {
        for rate in &self.rates {
            rate.cells.retain_recent();
            rate.cells.shrink_to_fit();
        }
        self.rates.retain(|_, rate| !rate.cells.is_empty());
        if let Some(shared) = &self.shared {
            shared.forget_idle();
        }
    }

    /// Keys remembered.
    pub fn len(&self) -> usize {
        let shared = self.shared.as_ref().map_or(0, SharedRates::len);
        shared + self.rates.iter().map(|rate| rate.cells.len()).sum::<usize>()
    }

    /// Whether no key is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Allowance {
    fn of(capacity: u32, remaining: u32, period: Duration) -> Self {
        Self { limit: capacity, remaining, full_after: period * (capacity - remaining.min(capacity)) }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const STANDARD: LimitSettings = LimitSettings { enabled: true, per_minute: 60, burst: 10 };

    fn keys() -> (Arc<str>, Arc<str>) {
        ("a".into(), "b".into())
    }

    #[test]
    fn capacity_is_a_minute_plus_the_burst_and_keys_are_apart() {
        let limiter = RateLimiter::new(STANDARD);
        let (a, b) = keys();
        assert_eq!(limiter.check(&a, None).unwrap().unwrap().remaining, 69);
        assert_eq!((0..200).filter(|_| limiter.check(&a, None).is_ok()).count(), 69);
        let (exceeded, left) = limiter.check(&a, None).unwrap_err();
        assert_eq!((exceeded.retry_after_seconds, left.limit, left.remaining), (1, 70, 0));
        assert!(limiter.check(&b, None).is_ok());
        assert_eq!(limiter.check(&b, Some(600)).unwrap().unwrap().limit, 610, "a rate of its own");
    }

    #[test]
    fn over_three_minutes_the_stated_rate_is_admitted_and_the_wait_is_true() {
        for per_minute in [60, 7, 1_000] {
            let clock = FakeRelativeClock::default();
            let limiter = RateLimiter::with_clock(LimitSettings { per_minute, ..STANDARD }, clock.clone());
            let (a, _) = keys();
            let (mut admitted, mut refused) = (0_u32, 0_u32);
            for _ in 0..18_000 {
                clock.advance(Duration::from_millis(10));
                for _ in 0..3 {
                    match limiter.check(&a, None) {
                        Ok(_) => admitted += 1,
                        Err(_) => refused += 1,
                    }
                }
            }
            let stated = f64::from(per_minute * 3 + per_minute + 10);
            assert!((f64::from(admitted) - stated).abs() <= stated * 0.01 + 1.0, "{admitted} of {stated}");
            assert!(refused > 0);
            let (exceeded, _) = (0..3).find_map(|_| limiter.check(&a, None).err()).unwrap();
            let early = Duration::from_secs(exceeded.retry_after_seconds - 1);
            clock.advance(early.saturating_sub(Duration::from_millis(1)));
            if exceeded.retry_after_seconds > 1 {
                assert!(limiter.check(&a, None).is_err(), "not a second sooner than said");
            }
            clock.advance(Duration::from_secs(1) + Duration::from_millis(1));
            assert!(limiter.check(&a, None).is_ok(), "and then it is");
        }
    }

    #[test]
    fn a_million_keys_do_not_stay_in_memory() {
        let before = crate::limits::memory::resident_kib();
        let limiter = RateLimiter::new(STANDARD);
        for number in 0..1_000_000 {
            let key: Arc<str> = number.to_string().into();
            let _ = limiter.check(&key, None);
        }
        assert!(limiter.len() <= MOST_KEYS + LOOK_EVERY as usize, "{}", limiter.len());
        let grown = crate::limits::memory::resident_kib().saturating_sub(before) / 1024;
        assert!(grown <= 32, "{grown} MiB");
    }
}
