//! How long to leave a write, or a whole board, alone after a failure.

use crate::{
    boards::BoardError,
    model::{Moment, StoreMillis, WriteOutcome, doubled_millis},
};

/// Wait after a first failure; each further one doubles it.
const FIRST_WAIT_MILLIS: i64 = 500;
/// Longest wait between two tries.
const MAX_WAIT_MILLIS: i64 = 60_000;
/// Longest wait that a board may ask for.
const MAX_ASKED_MILLIS: i64 = 3_600_000;

/// The wait before a write is tried again that failed `failures` times before.
pub(super) fn wait_millis(failures: u32) -> i64 {
    doubled_millis(FIRST_WAIT_MILLIS, failures, MAX_WAIT_MILLIS)
}

/// Whether a write that failed so is owed on: the board has not said for good that it will not take it.
pub(super) fn may_be_tried_again(error: &BoardError) -> bool {
    match error {
        BoardError::NoSuchTask | BoardError::Rejected { .. } => false,
        BoardError::Unauthorized
        | BoardError::Forbidden { .. }
        | BoardError::RateLimited { .. }
        | BoardError::Unavailable { .. } => true,
    }
}

/// How one board is to be written to, by how it answered this process so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pace {
    /// Batches in a row of which it took nothing.
    failures: u32,
    not_before: StoreMillis,
}

impl Pace {
    /// Whether the board is to be left alone at that moment.
    pub(super) fn waits(&self, now: StoreMillis) -> bool {
        now < self.not_before
    }

    /// The moment before which nothing is written to it.
    pub(super) const fn not_before(&self) -> StoreMillis {
        self.not_before
    }

    /// Takes in how the board answered a batch.
    pub(super) fn learn(&mut self, answers: &[Result<WriteOutcome, BoardError>], now: Moment) {
        let is_failure =
            |answer: &Result<WriteOutcome, BoardError>| answer.as_ref().is_err_and(may_be_tried_again);
        if answers.iter().all(is_failure) {
            self.not_before = self.not_before.max(now.store.plus(wait_millis(self.failures)));
            self.failures += 1;
        } else {
            *self = Self::default();
        }
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            if let BoardError::RateLimited { until } = error {
                let millis = until.0.saturating_sub(now.wall.0).clamp(FIRST_WAIT_MILLIS, MAX_ASKED_MILLIS);
                self.not_before = self.not_before.max(now.store.plus(millis));
            }
        }
    }

    /// When a write may be tried again that waits `millis` by itself.
    pub(super) fn retry_at(&self, millis: i64, now: Moment) -> StoreMillis {
        self.not_before.max(now.store.plus(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixMillis;

    const NOW: Moment = Moment::same(1_000_000);

    #[test]
    fn a_board_that_takes_nothing_is_left_alone_longer_each_time_until_it_answers() {
        let mut pace = Pace::default();
        let mut now = NOW;
        for wait in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            pace.learn(&[Err(BoardError::Unauthorized), Err(BoardError::Unauthorized)], now);
            assert!(pace.waits(now.plus(wait - 1).store) && !pace.waits(now.plus(wait).store), "{wait}");
            now = now.plus(wait);
        }
        pace.learn(&[Err(BoardError::Unauthorized), Ok(WriteOutcome::Written)], now);
        assert_eq!(pace, Pace::default(), "it is the other write that fails");
    }

    #[test]
    fn a_wait_the_board_asks_for_is_kept_within_reason() {
        for (asked, wait) in [(30_000, 30_000), (-5_000, 500), (i64::MAX / 2, 3_600_000)] {
            let mut pace = Pace::default();
            let limited = BoardError::RateLimited { until: UnixMillis(NOW.wall.0 + asked) };
            pace.learn(&[Ok(WriteOutcome::Written), Err(limited)], NOW);
            assert!(pace.waits(NOW.plus(wait - 1).store) && !pace.waits(NOW.plus(wait).store), "{asked}");
            assert_eq!(pace.retry_at(100, NOW), NOW.plus(wait).store);
        }
    }
}
