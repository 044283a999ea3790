//! What was added up of hours that are over, kept for a minute; what comes of the last hours is read anew each time.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use crate::model::UnixMillis;

/// Hours that are read anew each time, with the one that goes on: a process stores what it counted some seconds later.
pub(super) const OPEN_HOURS: i64 = 2;
/// For how long what was added up is good. A process that could not store for an hour is seen within that time.
const KEPT_MILLIS: u64 = 60_000;

/// What was added up of some hours.
#[derive(Clone)]
pub(super) struct HourSums<V> {
    /// The first hour, and the first that is not in it.
    pub(super) hours: (i64, i64),
    pub(super) sums: Arc<[V]>,
    pub(super) at: UnixMillis,
}

/// Such sums by name, as many as are kept.
pub(super) struct KeptSums<K, V> {
    most: usize,
    kept: Mutex<HashMap<K, HourSums<V>>>,
}

impl<K: Eq + Hash, V: Clone> KeptSums<K, V> {
    /// None yet, and at most so many.
    pub(super) fn of(most: usize) -> Self {
        Self { most, kept: Mutex::default() }
    }

    /// What is kept under that name, if it is not too old. A clock that was set makes it so.
    pub(super) fn good(&self, name: &K, now: UnixMillis) -> Option<HourSums<V>> {
        let all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).filter(|kept| now.0.abs_diff(kept.at.0) < KEPT_MILLIS).cloned()
    }

    /// Keeps it; where there are too many, the others are forgotten.
    pub(super) fn keep(&self, name: K, sums: HourSums<V>) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= self.most && !all.contains_key(&name) {
            all.clear();
        }
        all.insert(name, sums);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
