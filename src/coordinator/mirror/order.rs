//! Which of two tasks an agent should have: the formula, as one pure function.

use std::cmp::Reverse;

use crate::model::{Priority, UnixMillis};

/// How long a task waits before it rises by one class: 7 days.
pub const AGE_STEP_MILLIS: i64 = 7 * 24 * 3_600_000;

/// A task's place among those that can be granted; the least comes first.
///
/// In turn:
/// 1. class: urgent 1, high 2, medium 3, low 4, none 5, less one for every 7 days since the task was made, at least 0;
/// 2. how many of the agent's words (skills, and the telling words of its role) are among the task's (labels, title),
///    all folded by case and alias; more first;
/// 3. how many open tasks wait for it; more first;
/// 4. age, then id.
///
/// In class 0 only age and id count: what has waited that long comes before everything newer, so that nothing starves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order<'a> {
    class: u8,
    matches: Reverse<usize>,
    unblocks: Reverse<u32>,
    created_at: UnixMillis,
    id: &'a str,
}

impl<'a> Order<'a> {
    /// The place of a task that matches `matches` words and for which `unblocks` open tasks wait.
    pub fn new(
        (priority, created_at, id): (Priority, UnixMillis, &'a str),
        matches: usize,
        unblocks: u32,
        now: UnixMillis,
    ) -> Self {
        let class = class(priority, created_at, now);
        let counts = class > 0;
        Self {
            class,
            matches: Reverse(if counts { matches } else { 0 }),
            unblocks: Reverse(if counts { unblocks } else { 0 }),
            created_at,
            id,
        }
    }

    /// The task's id.
    pub const fn id(&self) -> &'a str {
        self.id
    }
}

/// A task's class at `now`.
pub(super) fn class(priority: Priority, created_at: UnixMillis, now: UnixMillis) -> u8 {
    let decisions = (now.0 - created_at.0).max(0) / AGE_STEP_MILLIS;
    u8::try_from((i64::from(base(priority)) - decisions).max(0)).unwrap_or(0)
}

/// When the task rises next; `None` when it is at the top.
pub(super) fn rises_at(priority: Priority, created_at: UnixMillis, now: UnixMillis) -> Option<UnixMillis> {
    let risen = i64::from(base(priority) - class(priority, created_at, now));
    (risen < i64::from(base(priority))).then(|| created_at.plus((risen + 1) * AGE_STEP_MILLIS))
}

const fn base(priority: Priority) -> u8 {
    match priority {
        Priority::Urgent => 1,
        Priority::High => 2,
        Priority::Medium => 3,
        Priority::Low => 4,
        Priority::None => 5,
    }
}
