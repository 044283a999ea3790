//! Where tasks stand among each other whatever becomes of them.

use std::{cmp::Reverse, sync::Arc};

use crate::model::{Task, UnixMillis};

/// A task's place on its board: by age, then by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskPlace {
    /// When it was made.
    pub created_at: UnixMillis,
    /// Its id.
    pub id: Arc<str>,
}

impl TaskPlace {
    /// The place of that task.
    pub fn of(task: &Task) -> Self {
        Self { created_at: task.created_at, id: task.id.as_str().into() }
    }

    /// Whether the task comes after this place.
    pub fn is_before(&self, task: &Task) -> bool {
        (self.created_at, &*self.id) < (task.created_at, task.id.as_str())
    }
}

/// A ready task's place among those of its class with the same words: how many wait for it, age, id.
pub(super) type ReadyPlace = (Reverse<u32>, UnixMillis, Arc<str>);

/// A task's place among those that stand alike; the least comes first.
///
/// Ready ones stand as they are offered. Of the others those that an agent holds stand by the end of the lease, closed ones
/// by their last change, newest first, the rest by priority; then all by age.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupPlace {
    /// What counts before age.
    pub rank: i64,
    /// When the task was made.
    pub created_at: UnixMillis,
    /// Its id.
    pub id: Arc<str>,
}

/// The bits of a ready task's rank that say how many tasks wait for it.
const UNBLOCKS_BITS: u32 = 32;
/// The bits above them, which say how many words match.
const MATCHES_BITS: u32 = 20;

impl GroupPlace {
    /// The place of a ready task under that head.
    pub(super) fn ready(head: i64, (unblocks, created_at, id): &ReadyPlace) -> Self {
        let rank = (head << UNBLOCKS_BITS) | i64::from(u32::MAX - unblocks.0);
        Self { rank, created_at: *created_at, id: Arc::clone(id) }
    }

    /// Class and matching words of a ready task's rank.
    pub(super) const fn head(&self) -> i64 {
        self.rank >> UNBLOCKS_BITS
    }

    /// The place within the index of what is ready.
    pub(super) fn in_index(&self) -> ReadyPlace {
        let unblocks = u32::MAX - (self.rank & i64::from(u32::MAX)) as u32;
        (Reverse(unblocks), self.created_at, Arc::clone(&self.id))
    }
}

/// Class and matching words as one number; the least comes first.
pub(super) fn head(class: u8, matches: usize) -> i64 {
    let most = (1_i64 << MATCHES_BITS) - 1;
    (i64::from(class) << MATCHES_BITS) | (most - i64::try_from(matches).unwrap_or(most).min(most))
}
