//! When a board may be read again that could not be read: at the moment it named, else later each time. Until then nobody asks it,
//! and whoever needs it is told why.

use std::sync::{Mutex, PoisonError};

use crate::{
    coordinator::BoardFailure,
    model::{Moment, StoreMillis, doubled_millis},
};

/// The wait after a first failure; each further one doubles it.
const FIRST_WAIT_MILLIS: i64 = 1_000;
/// The longest wait that we think of ourselves.
const MAX_WAIT_MILLIS: i64 = 60_000;
/// The longest that a board may ask for.
const MAX_ASKED_MILLIS: i64 = 3_600_000;

/// How one board is to be read, by how it answered so far.
#[derive(Default)]
pub(in crate::coordinator::mirror) struct ReadPace(Mutex<Failures>);

#[derive(Default)]
struct Failures {
    in_a_row: u32,
    not_before: StoreMillis,
    last_at: StoreMillis,
    last: Option<BoardFailure>,
}

impl ReadPace {
    /// The last failure, as long as the board is left alone for it.
    pub(in crate::coordinator::mirror) fn left_alone_for(&self, now: StoreMillis) -> Option<BoardFailure> {
        let failures = self.failures();
        let last = failures.last.as_ref().filter(|_| now < failures.not_before)?;
        Some(due_in(last, failures.not_before.since(now)))
    }

    /// Whether a reading has failed after that moment, and none has worked since.
    pub(in crate::coordinator::mirror) fn has_failed_after(&self, moment: StoreMillis) -> bool {
        let failures = self.failures();
        failures.last.is_some() && failures.last_at > moment
    }

    /// Takes in that it could not be read.
    pub(in crate::coordinator::mirror) fn failed(&self, failure: BoardFailure, now: Moment) -> BoardFailure {
        let mut failures = self.failures();
        let own = doubled_millis(FIRST_WAIT_MILLIS, failures.in_a_row, MAX_WAIT_MILLIS);
        let asked = i64::try_from(failure.retry_after_seconds.unwrap_or(0)).unwrap_or(i64::MAX);
        let wait = asked.saturating_mul(1000).min(MAX_ASKED_MILLIS).max(own);
        failures.in_a_row += 1;
        (failures.last_at, failures.not_before) = (now.store, now.store.plus(wait));
        let failure = due_in(&failure, wait);
        failures.last = Some(failure.clone());
        failure
    }

    /// Takes in that it was read.
    pub(in crate::coordinator::mirror) fn worked(&self) {
        *self.failures() = Failures::default();
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, Failures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn due_in(failure: &BoardFailure, millis: i64) -> BoardFailure {
    let seconds = millis.max(0).unsigned_abs().div_ceil(1000).max(1);
    BoardFailure { retry_after_seconds: Some(seconds), ..failure.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boards::BoardError;

    const NOW: Moment = Moment::same(1_000_000);

    fn failure(retry_after_seconds: Option<u64>) -> BoardFailure {
        BoardFailure { board: String::from("octo/app"), error: BoardError::Unauthorized, retry_after_seconds }
    }

    #[test]
    fn a_board_is_left_alone_longer_each_time_until_it_answers() {
        let (pace, mut now) = (ReadPace::default(), NOW);
        assert!(pace.left_alone_for(now.store).is_none());
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(pace.failed(failure(None), now).retry_after_seconds, Some(seconds));
            let last = now.plus(seconds as i64 * 1000 - 1).store;
            assert_eq!(pace.left_alone_for(last).and_then(|left| left.retry_after_seconds), Some(1));
            now = now.plus(seconds as i64 * 1000);
            assert!(pace.left_alone_for(now.store).is_none(), "{seconds}");
        }
        pace.worked();
        assert_eq!(pace.failed(failure(None), now).retry_after_seconds, Some(1));
    }

    #[test]
    fn a_wait_the_board_asks_for_is_kept_within_reason() {
        for (asked, wait) in [(30, 30), (u64::MAX, 3600), (0, 1)] {
            let pace = ReadPace::default();
            assert_eq!(pace.failed(failure(Some(asked)), NOW).retry_after_seconds, Some(wait));
        }
    }
}
