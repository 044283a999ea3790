//! The one place that asks what time it is. Everything below is told.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::time::{ClockId, clock_gettime};

use crate::model::{MachineTime, Moment, StoreMillis, UnixMillis};

/// Goes on while the machine sleeps.
#[cfg(target_os = "linux")]
const BOOT_TIME: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const BOOT_TIME: ClockId = ClockId::Monotonic;

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

/// The machine's clocks. The store's time is the boot-time clock, which nobody sets, plus an offset that the store keeps.
#[derive(Debug)]
pub struct SystemClock {
    boot: String,
    /// What this process's boot-time clock has beyond that of the machine.
    beyond: i64,
    offset: AtomicI64,
}

impl SystemClock {
    /// The clocks of this machine, the store's time not begun.
    pub fn new() -> Self {
        Self { boot: boot_id(), beyond: namespace_offset(), offset: AtomicI64::new(0) }
    }

    /// What the clocks show now.
    pub fn read(&self) -> MachineTime {
        MachineTime { boot: self.boot.clone(), since_boot: self.since_boot(), wall: self.now() }
    }

    /// From the boot-time clock to the store's time.
    pub fn offset(&self) -> i64 {
        self.offset.load(Ordering::Acquire)
    }

    /// Goes on with that offset, if it is larger than the present one: the store's time never goes back.
    pub fn go_on(&self, offset: i64) {
        self.offset.fetch_max(offset, Ordering::AcqRel);
    }

    fn since_boot(&self) -> i64 {
        let time = clock_gettime(BOOT_TIME);
        time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000).saturating_sub(self.beyond)
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one reader of the machine's wall clock")]
    fn now(&self) -> UnixMillis {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    fn store_now(&self) -> StoreMillis {
        StoreMillis(self.since_boot().saturating_add(self.offset()))
    }
}

/// Names the present run of the machine: the kernel's own, also in a container. Nothing where there is none, as on macOS.
fn boot_id() -> String {
    let read = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    read.map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// What a time namespace adds to the boot-time clock, in milliseconds: a container may have one, and its neighbour none.
fn namespace_offset() -> i64 {
    let text = std::fs::read_to_string("/proc/self/timens_offsets").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("boottime"));
    let mut numbers = line.unwrap_or_default().split_whitespace().map_while(|word| word.parse::<i64>().ok());
    let (seconds, nanos) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000)
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
