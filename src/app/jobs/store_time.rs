//! Keeps the store's time for the next run of the machine, and says so when somebody sets the wall clock.

use std::{sync::Arc, time::Duration};

use crate::{
    app::dependencies::DependencyWatch,
    clock::{Clock, SystemClock},
    model::{Causes, Moment},
    stores::StoreTime,
};

/// Between two looks at the clocks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks at which nothing is kept as long as this process stores nothing else.
const QUIET_LOOKS: u32 = 60;
/// A wall clock that moved by more than this was set; a smaller step is taken for drift.
const STEP_MILLIS: i64 = 5_000;
/// Looks in a row that must see the same step.
const SURE: u32 = 3;

pub(super) struct Timekeeper {
    pub(super) clock: Arc<SystemClock>,
    pub(super) store: Arc<dyn StoreTime>,
    /// Told whether the store took the write, the one that is made though nobody calls.
    pub(super) dependencies: Arc<DependencyWatch>,
}

/// What one keeper knows of the wall clock: how far it was from the store's time, and where it seems to be since.
struct Watch {
    known: i64,
    seen: i64,
    times: u32,
}

impl Watch {
    const fn new(difference: i64) -> Self {
        Self { known: difference, seen: difference, times: 0 }
    }

    /// Whether the clock was certainly set, given how far it is from the store's time now.
    fn is_step(&mut self, difference: i64) -> bool {
        let differs = |other: i64| difference.saturating_sub(other).saturating_abs() > STEP_MILLIS;
        if !differs(self.known) {
            *self = Self::new(difference);
            return false;
        }
        self.times = if differs(self.seen) { 1 } else { self.times + 1 };
        self.seen = difference;
        self.times >= SURE
    }
}

const fn difference(now: Moment) -> i64 {
    now.wall.0.saturating_sub(now.store.0)
}

impl Timekeeper {
    /// Keeps the time until it is dropped.
    pub(super) async fn run(&self) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // What the store has of the wall clock, which may have been set while nobody looked, is compared when it is kept.
        let mut watch = Watch::new(difference(self.clock.moment()));
        let (mut commits, mut quiet, mut compared) = (0, QUIET_LOOKS, false);
        let mut count = 0_u32;
        loop {
            looks.tick().await;
            count = count.saturating_add(1);
            let now = difference(self.clock.moment());
            let is_step = watch.is_step(now) || (count >= SURE && !compared);
            quiet += 1;
            if !is_step && commits == self.store.commits() && quiet < QUIET_LOOKS {
                continue;
            }
            if self.keep(is_step).await {
                (commits, quiet) = (self.store.commits(), 0);
                if is_step {
                    (watch, compared) = (Watch::new(now), true);
                }
            }
        }
    }

    /// Keeps the time once; says whether it could.
    pub(super) async fn keep(&self, is_step: bool) -> bool {
        let clock = Arc::clone(&self.clock);
        let kept = self.store.keep_time(Box::new(move || clock.read()), self.clock.offset(), is_step).await;
        self.dependencies.wrote(kept.is_ok());
        match kept {
            Ok(kept) => {
                self.clock.go_on(kept.offset);
                if let Some(millis) = kept.stepped {
                    let (seconds, way) = (millis.abs() / 1000, if millis < 0 { "back" } else { "forward" });
                    tracing::warn!(
                        seconds,
                        "the wall clock was set {way}: leases and retries go on, the ends of keys follow it"
                    );
                }
                true
            }
            Err(error) if error.is_absence() => false,
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "the store's time could not be kept, trying again in a second");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_counts_when_it_was_seen_three_times_in_a_row() {
        let mut watch = Watch::new(1_000);
        let looks = [5_999, 3_600_000, 3_600_001, 3_600_000];
        assert_eq!(looks.map(|seen| watch.is_step(seen)), [false, false, false, true]);
        let mut watch = Watch::new(0);
        let looks = [-60_000, 60_000, 60_000, 10, -60_000, -60_000, -60_000];
        assert_eq!(
            looks.map(|seen| watch.is_step(seen)),
            [false, false, false, false, false, false, true],
            "one that goes to and fro is none"
        );
    }
}
