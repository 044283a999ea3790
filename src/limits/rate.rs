//! Calls a minute per key: GCRA with a capacity of a minute's worth plus the burst, refilled evenly.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock, clock::DefaultClock};

use super::Exceeded;
use crate::config::LimitSettings;

/// A limiter keyed by key id.
#[derive(Debug)]
pub struct RateLimiter {
    cells: Option<DefaultKeyedRateLimiter<Arc<str>>>,
    clock: DefaultClock,
}

impl RateLimiter {
    /// A limiter with these settings; one that admits everything when they are off.
    pub fn new(settings: LimitSettings) -> Self {
        let per_minute = NonZeroU32::new(settings.per_minute).unwrap_or(NonZeroU32::MIN);
        let capacity = per_minute.saturating_add(settings.burst);
        let quota = Quota::with_period(Duration::from_secs(60) / per_minute.get())
            .unwrap_or(Quota::per_minute(per_minute))
            .allow_burst(capacity);
        let cells = settings.enabled.then(|| DefaultKeyedRateLimiter::keyed(quota));
        Self { cells, clock: DefaultClock::default() }
    }

    /// Counts one call of that key, or says when the next one is due.
    pub fn check(&self, key_id: &Arc<str>) -> Result<(), Exceeded> {
        let Some(cells) = &self.cells else { return Ok(()) };
        cells.check_key(key_id).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Exceeded { retry_after_seconds: (wait.as_secs_f64().ceil() as u64).max(1) }
        })
    }

    /// Forgets keys that are full again.
    pub fn forget_idle(&self) {
        if let Some(cells) = &self.cells {
            cells.retain_recent();
            cells.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_a_minute_plus_the_burst_and_keys_are_apart() {
        let limiter = RateLimiter::new(LimitSettings { enabled: true, per_minute: 60, burst: 10 });
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        assert_eq!((0..200).filter(|_| limiter.check(&a).is_ok()).count(), 70);
        assert_eq!(limiter.check(&a), Err(Exceeded { retry_after_seconds: 1 }));
        assert_eq!(limiter.check(&b), Ok(()));
    }
}
