//! Moments and record ids. What people read is in UTC milliseconds by the wall clock; what ends by itself (leases, retries,
//! refreshes, sessions) is in the store's time, which no step of a wall clock moves. Each is a type of its own, so that the
//! two are never compared. Every id handed out is opaque text.

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::{NoContext, Timestamp, Uuid};

/// Milliseconds of an hour.
pub const HOUR_MILLIS: i64 = 3_600_000;

/// The wait after a failure, given how many there were in a row before it: `first` after none, then twice as long each time, up to
/// `most`. Milliseconds.
pub fn doubled_millis(first: i64, failures: u32, most: i64) -> i64 {
    first.saturating_mul(1 << failures.min(16)).min(most)
}

/// A moment by the wall clock: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// This moment plus `millis`.
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The hour it is in, counted from the epoch.
    pub const fn hour(self) -> i64 {
        self.0.div_euclid(HOUR_MILLIS)
    }

    /// The beginning of an hour that is counted from the epoch.
    pub const fn of_hour(hour: i64) -> Self {
        Self(hour.saturating_mul(HOUR_MILLIS))
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment of a text by RFC 3339; none if it is no such text.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Self)
    }

    /// RFC 3339 in UTC with `Z`, to the millisecond; the epoch when out of the calendar's range.
    pub fn rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .format(&Rfc3339)
            .unwrap_or_default()
    }
}

/// A moment in the store's time: milliseconds that only ever rise, the same for all processes on one store. It began as
/// the wall clock's time and may have parted from it since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreMillis(pub i64);

impl StoreMillis {
    /// This moment plus `millis`.
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment; negative when it is the later one.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// One moment by both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// By the wall clock.
    pub wall: UnixMillis,
    /// In the store's time.
    pub store: StoreMillis,
}

impl Moment {
    /// A moment at which both clocks show the same, as they do when a store is new.
    pub const fn same(millis: i64) -> Self {
        Self { wall: UnixMillis(millis), store: StoreMillis(millis) }
    }

    /// This moment plus `millis` by both clocks.
    pub const fn plus(self, millis: i64) -> Self {
        Self { wall: self.wall.plus(millis), store: self.store.plus(millis) }
    }

    /// What the wall clock shows when the store's time is `at`, if nobody sets it: now and what is left until then.
    pub const fn on_wall(self, at: StoreMillis) -> UnixMillis {
        self.wall.plus(at.since(self.store))
    }
}

/// What a machine's clocks show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineTime {
    /// Names the present run of the machine, the same for all of its containers; nothing where the system has no such name.
    pub boot: String,
    /// Milliseconds since the run began, sleep included.
    pub since_boot: i64,
    /// The wall clock.
    pub wall: UnixMillis,
}

/// A fresh record id: `UUIDv7` text, so ids made later sort later.
pub fn new_id(now: UnixMillis) -> String {
    let seconds = now.seconds().max(0).unsigned_abs();
    let nanos = (now.0.rem_euclid(1000) as u32) * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanos)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits = [0, 1, 2, 9, 10, 100].map(|failures| doubled_millis(500, failures, 300_000));
        assert_eq!(waits, [500, 1_000, 2_000, 256_000, 300_000, 300_000]);
    }

    #[test]
    fn moments_print_in_utc_and_ids_sort_by_time() {
        assert_eq!(UnixMillis(1_700_000_000_123).rfc3339(), "2023-11-14T22:13:20.123Z");
        assert_eq!(
            UnixMillis::from_rfc3339("2023-11-14T23:13:20.123+01:00"),
            Some(UnixMillis(1_700_000_000_123))
        );
        assert_eq!(UnixMillis::from_rfc3339("2023-11-14"), None);
        assert!(new_id(UnixMillis(1_000)) < new_id(UnixMillis(2_000)));
    }

    #[test]
    fn an_end_in_the_stores_time_is_shown_as_now_and_what_is_left() {
        let now = Moment { wall: UnixMillis(5_000_000), store: StoreMillis(1_000) };
        assert_eq!(now.on_wall(StoreMillis(1_600)), UnixMillis(5_000_600));
        assert_eq!(now.on_wall(StoreMillis(400)), UnixMillis(4_999_400));
    }
}
