//! Calls of keys that are not in the store yet, of those that nothing else is known of any more.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::model::UnixMillis;

/// A key's id, how many calls it made, and when the last was.
pub(super) type KeyUses = (String, u64, UnixMillis);

/// Counts by key.
#[derive(Default)]
pub(super) struct UseCounts(Mutex<HashMap<String, (u64, UnixMillis)>>);

impl UseCounts {
    /// Adds to what is counted.
    pub(super) fn add(&self, uses: impl IntoIterator<Item = KeyUses>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, uses, at) in uses {
            let count = counts.entry(id).or_insert((0, at));
            *count = (count.0 + uses, count.1.max(at));
        }
    }

    /// Everything that was counted; nothing is left.
    pub(super) fn take(&self) -> Vec<KeyUses> {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        counts.into_iter().map(|(id, (uses, at))| (id, uses, at)).collect()
    }
}
