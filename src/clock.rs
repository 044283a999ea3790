//! The one place that asks what time it is. Everything below is told.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::model::{Moment, StoreMillis, UnixMillis};

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// Now by the wall clock, for what people read and for the ends of keys. It may jump, either way.
    fn now(&self) -> UnixMillis;

    /// Now in the store's time, for everything that ends by itself. It never goes back.
    fn store_now(&self) -> StoreMillis;

    /// Now, by both.
    fn moment(&self) -> Moment {
        Moment { wall: self.now(), store: self.store_now() }
    }
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one reader of the machine's clock")]
    fn now(&self) -> UnixMillis {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    fn store_now(&self) -> StoreMillis {
        StoreMillis(self.now().0)
    }
}

/// A clock that only moves when told to; for tests.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall: AtomicI64,
    store: AtomicI64,
}

impl ManualClock {
    /// A clock that stands at `now`, by the wall and in the store.
    pub fn at(now: UnixMillis) -> Self {
        Self { wall: AtomicI64::new(now.0), store: AtomicI64::new(now.0) }
    }

    /// Lets time pass.
    pub fn advance(&self, millis: i64) {
        self.step_wall(millis);
        self.store.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the wall clock forward, or back.
    pub fn step_wall(&self, millis: i64) {
        self.wall.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.wall.load(Ordering::SeqCst))
    }

    fn store_now(&self) -> StoreMillis {
        StoreMillis(self.store.load(Ordering::SeqCst))
    }
}
