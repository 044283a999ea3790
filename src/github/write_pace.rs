//! The pace of writes of one credential: a second apart, 80 a minute, 450 an hour, as GitHub asks for. Counted exactly over a moving
//! minute and hour: a bucket that refills would let through nearly twice as many in its first one.
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests>

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

const A_MINUTE: (usize, Duration) = (80, Duration::from_secs(60));
const AN_HOUR: (usize, Duration) = (450, Duration::from_secs(3600));

/// When the last writes were over, the oldest first; an hour's at most.
#[derive(Debug, Default)]
pub(super) struct WritePace(VecDeque<Instant>);

impl WritePace {
    /// When the next write may go out, `pause` after the end of the last one.
    pub(super) fn next(&self, now: Instant, pause: Duration) -> Instant {
        let after_last = self.0.back().map(|last| *last + pause);
        let caps = [A_MINUTE, AN_HOUR].into_iter().filter_map(|(most, window)| {
            let first = self.0.len().checked_sub(most)?;
            self.0.get(first).map(|at| *at + window)
        });
        caps.chain(after_last).fold(now, Instant::max)
    }

    /// A write goes out.
    pub(super) fn note(&mut self, now: Instant) {
        if self.0.len() == AN_HOUR.0 {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    /// The last write is over: it may have come to GitHub as late as that, so it counts from there.
    pub(super) fn note_end(&mut self, now: Instant) {
        if let Some(last) = self.0.back_mut() {
            *last = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds until each of so many writes, each sent as soon as it may be.
    fn times(count: usize, pause: Duration) -> Vec<u64> {
        let (start, mut pace) = (Instant::now(), WritePace::default());
        let mut now = start;
        let mut times = Vec::new();
        for _ in 0..count {
            now = pace.next(now, pause);
            pace.note(now);
            times.push((now - start).as_secs());
        }
        times
    }

    #[test]
    fn writes_are_a_second_apart_and_no_window_has_more_than_it_may() {
        let spaced = times(500, Duration::from_secs(1));
        assert!(spaced.windows(2).all(|pair| pair[1] > pair[0]), "{spaced:?}");
        assert_eq!((spaced[449], spaced[450]), (449, 3600));
        let free = times(500, Duration::ZERO);
        assert_eq!((free[79], free[80], free[449], free[450]), (0, 60, 300, 3600));
        for (most, window) in [(80, 60), (450, 3600)] {
            assert!(free.windows(most + 1).all(|part| part[most] - part[0] >= window));
        }
    }

    #[test]
    fn the_pause_begins_when_a_write_is_over() {
        let (start, mut pace) = (Instant::now(), WritePace::default());
        pace.note(start);
        let over = start + Duration::from_millis(700);
        pace.note_end(over);
        assert_eq!(pace.next(over, Duration::from_secs(1)) - over, Duration::from_secs(1));
    }
}
