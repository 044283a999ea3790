//! Following the store's time: what a gateway's boot-time clock and the server's say of each other. The server's clock may be set,
//! and the store's time goes on all the same: what a boot-time clock says of how much time went by counts for more.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// A server's clock that moved by more than this against a boot-time clock was set.
const STEP_MILLIS: i64 = 2_000;
/// A wall clock that differs by more than this from what it was was set.
const WALL_STEP_MILLIS: i64 = 5_000;

/// What the server has of the store's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerTime {
    /// Its clock.
    pub(super) clock: i64,
    /// From its clock to the store's time; none before that began.
    pub(super) offset: Option<i64>,
    /// The latest moment of the store's time that a gateway kept.
    pub(super) kept: i64,
}

/// The store's time by a gateway's own clock: when it asked the server, and when it had the answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnTime {
    pub(super) asked: i64,
    pub(super) answered: i64,
}

/// How the store's time goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GoingOn {
    /// The gateway's own, now.
    pub(super) now: i64,
    /// From the server's clock to it, to be stored.
    pub(super) offset: i64,
    /// By how much the server's clock was set.
    pub(super) server_set_by: Option<i64>,
}

/// What a gateway saw when it last looked.
#[derive(Clone, Copy, Debug, Default)]
struct ClocksSeen {
    /// The server's clock, and at that moment the store's time by the gateway's own.
    server: Option<(i64, i64)>,
    /// When that was.
    at: Option<Instant>,
    /// The wall clock less the store's time, as far as it was told.
    wall_ahead: Option<i64>,
}

/// What one gateway knows of the clocks.
#[derive(Default)]
pub(in super::super) struct TimeWatch(Mutex<ClocksSeen>);

impl TimeWatch {
    /// How the time goes on for a gateway that is at `own`. No process stays behind what one has kept, and the store's time does not
    /// stay behind any process.
    pub(super) fn go_on(&self, server: ServerTime, own: OwnTime) -> GoingOn {
        let seen = self.seen();
        let moved = seen.server.map_or(0, |(clock, at)| {
            server.clock.saturating_sub(clock).saturating_sub(own.answered.saturating_sub(at))
        });
        let set_by = Some(moved).filter(|by| by.saturating_abs() > STEP_MILLIS);
        let now = own.answered.max(server.kept);
        let Some(offset) = server.offset else {
            return GoingOn { now, offset: now.saturating_sub(server.clock), server_set_by: None };
        };
        let store = server.clock.saturating_add(offset);
        let ahead = store.saturating_sub(now);
        if ahead > STEP_MILLIS && moved > STEP_MILLIS {
            return GoingOn { now, offset: now.saturating_sub(server.clock), server_set_by: set_by };
        }
        // Only what is certain: a slow answer puts nobody ahead.
        let behind = own.asked.max(server.kept).saturating_sub(store).max(0);
        let server_set_by = set_by.filter(|by| *by < 0 && behind > STEP_MILLIS);
        GoingOn { now: now.max(store), offset: offset.saturating_add(behind), server_set_by }
    }

    /// Remembers what was seen, once it is stored; answers by how much the wall clock was set, if that is certain and new.
    pub(super) fn remember(&self, clock: i64, now: i64, wall: i64, is_step: bool) -> Option<i64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.server, seen.at) = (Some((clock, now)), Some(Instant::now()));
        let ahead = wall.saturating_sub(now);
        let set_by = seen.wall_ahead.map_or(0, |before| ahead.saturating_sub(before));
        let is_large = set_by.saturating_abs() > WALL_STEP_MILLIS;
        if !is_large || is_step {
            seen.wall_ahead = Some(ahead);
        }
        Some(set_by).filter(|_| is_large && is_step)
    }

    /// The store's time by this process, once it has begun.
    pub(in super::super) fn now(&self) -> Option<i64> {
        let ClocksSeen { server, at, .. } = self.seen();
        let since = i64::try_from(at?.elapsed().as_millis()).unwrap_or(i64::MAX);
        Some(server?.1.saturating_add(since))
    }

    fn seen(&self) -> ClocksSeen {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    /// A watch of a gateway that was at 1,000 when the server's clock was, and is at `own` now.
    fn at(own: i64, clock: i64, offset: i64, kept: i64) -> (i64, i64, Option<i64>) {
        let watch = TimeWatch::default();
        watch.remember(1_000, 1_000, 1_000, false);
        let server = ServerTime { clock, offset: Some(offset), kept };
        let going = watch.go_on(server, OwnTime { asked: own - 30, answered: own });
        (going.now, going.offset, going.server_set_by)
    }

    #[test]
    fn clocks_that_run_together_change_nothing() {
        assert_eq!(at(2_000, 1_990, 0, 1_500), (2_000, 0, None), "the answer took its time");
        assert_eq!(at(2_000, 2_400, 0, 1_500), (2_400, 0, None), "who is a little behind catches up");
        assert_eq!(at(2_000, 1_900, 0, 1_500), (2_000, 70, None), "and who is ahead takes the others along");
    }

    #[test]
    fn a_server_whose_clock_is_set_does_not_move_the_time() {
        assert_eq!(at(2_000, 2_000 + HOUR, 0, 1_500), (2_000, -HOUR, Some(HOUR)));
        assert_eq!(at(2_000, 2_000 + HOUR, -HOUR, 1_500), (2_000, -HOUR, None), "another gateway was first");
        let (now, offset, set_by) = at(2_000, 2_000 - HOUR, 0, 1_500);
        assert_eq!((now, offset, set_by), (2_000, HOUR - 30, Some(-HOUR)));
    }

    #[test]
    fn nobody_stays_behind_what_another_kept() {
        assert_eq!(at(2_000, 2_000, HOUR, 2_000 + HOUR), (2_000 + HOUR, HOUR, None), "the store went on");
        assert_eq!(at(2_000, 2_000, 0, 2_000 + HOUR), (2_000 + HOUR, HOUR, None));
        let stopped = at(2_000, 2_000 + HOUR, 0, 1_990 + HOUR);
        assert_eq!(stopped, (2_000 + HOUR, 0, None), "this machine stood still, as another's word shows");
    }

    #[test]
    fn a_new_store_goes_on_from_the_first_gateway() {
        let server = ServerTime { clock: 500, offset: None, kept: 0 };
        let going = TimeWatch::default().go_on(server, OwnTime { asked: 8_000, answered: 9_000 });
        assert_eq!(going, GoingOn { now: 9_000, offset: 8_500, server_set_by: None });
    }

    #[test]
    fn a_wall_clock_that_was_set_is_told_once_when_it_is_certain() {
        let watch = TimeWatch::default();
        let looks = [(0, false), (4_999, true), (HOUR, false), (HOUR, true), (HOUR, true), (0, true)];
        let told = looks.map(|(ahead, sure)| watch.remember(0, 0, ahead, sure));
        assert_eq!(told, [None, None, None, Some(HOUR - 4_999), None, Some(-HOUR)]);
    }
}
