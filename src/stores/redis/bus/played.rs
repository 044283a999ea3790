//! The frames that were played lately, so that none is played twice.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// How long one is remembered at least, in the store's time. A frame that is older than a third of it is not played anyway.
const REMEMBERED_MILLIS: i64 = 30_000;
/// Frames remembered of one such time: some 16 MiB. Beyond them nothing is played.
const MOST: usize = 500_000;

/// The names of frames that were played.
#[derive(Default)]
pub(super) struct Played(Mutex<Ages>);

/// Those of this time, and those of the one before.
#[derive(Default)]
struct Ages {
    began: i64,
    now: HashSet<[u8; 16]>,
    before: HashSet<[u8; 16]>,
}

impl Played {
    /// Whether that frame is new, and may be played. From then on it is not.
    pub(super) fn is_new(&self, name: [u8; 16], now: i64) -> bool {
        let mut ages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(ages.began) >= REMEMBERED_MILLIS {
            ages.before = std::mem::take(&mut ages.now);
            ages.began = now;
        }
        ages.now.len() < MOST && !ages.before.contains(&name) && ages.now.insert(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_played_once_within_half_a_minute() {
        let played = Played::default();
        assert!(played.is_new([1; 16], 1_000_000));
        assert!(played.is_new([2; 16], 1_029_999));
        assert!(!played.is_new([1; 16], 1_029_999));
        assert!(!played.is_new([1; 16], 1_030_000));
        assert!(!played.is_new([2; 16], 1_059_998));
    }
}
