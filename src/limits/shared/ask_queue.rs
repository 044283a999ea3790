//! Whom the store is asked for, and whom it will be.

use std::{collections::VecDeque, sync::Arc};

use super::{
    shared_key::SharedKey,
    slice::{LIFE, Nanos},
};
use crate::stores::MOST_ASKED;

/// Whom the store is asked for.
#[derive(Default)]
pub(super) struct AskQueue {
    asking: VecDeque<Arc<SharedKey>>,
    /// Slices by when they were leased; as each lasts as long, the first is over first.
    leased: VecDeque<(Nanos, Arc<SharedKey>)>,
    /// Keys with calls the store has not heard of.
    owing: Vec<Arc<SharedKey>>,
}

impl AskQueue {
    /// Adds one that is marked as queued.
    pub(super) fn ask(&mut self, key: &Arc<SharedKey>) {
        self.asking.push_back(Arc::clone(key));
    }

    /// Adds one that is marked as owing.
    pub(super) fn owe(&mut self, key: &Arc<SharedKey>) {
        self.owing.push(Arc::clone(key));
    }

    /// All that owe, in no list any more.
    pub(super) fn take_owing(&mut self) -> Vec<Arc<SharedKey>> {
        std::mem::take(&mut self.owing)
    }

    /// Adds one whose slice was leased now.
    pub(super) fn lease(&mut self, now: Nanos, key: &Arc<SharedKey>) {
        self.leased.push_back((now, Arc::clone(key)));
    }

    /// The next that are asked for at once: of one workspace.
    pub(super) fn next(&mut self) -> Vec<Arc<SharedKey>> {
        let mut part: Vec<Arc<SharedKey>> = Vec::new();
        while part.len() < MOST_ASKED
            && let Some(key) = self.asking.front()
            && part.first().is_none_or(|first| first.workspace == key.workspace)
        {
            part.extend(self.asking.pop_front());
        }
        part
    }

    /// The next whose slice was leased a life ago.
    pub(super) fn next_over(&mut self, now: Nanos) -> Option<Arc<SharedKey>> {
        let (leased_at, _) = self.leased.front()?;
        if now - leased_at < LIFE { None } else { self.leased.pop_front().map(|(_, key)| key) }
    }
}
