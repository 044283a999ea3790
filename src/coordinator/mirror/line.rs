//! The line of free tasks before an agent that asks, from which those are picked that it may be offered.

use std::cmp::Reverse;

use super::card::Card;
use crate::model::StoreShare;

/// What is wanted of the tasks that can be granted.
#[derive(Clone, Copy, Debug)]
pub struct TaskChoice {
    /// Most of them.
    pub limit: usize,
    /// Leaves alone what another call of this process is about to get.
    pub picky: bool,
    /// What this process takes first while many ask.
    pub share: StoreShare,
}

/// How many equals a process passes over for each of its calls on their way and each process: as many are probably asked elsewhere.
const SHARED_FOR_A_CALL: usize = 2;
/// Most of them, as everybody waits for who looks at them.
const MOST_SHARED: usize = 4_096;

/// Free tasks that are looked at for an agent one after the other, the foremost first.
pub(super) struct TaskLine<'a> {
    choice: TaskChoice,
    pub(super) free: Vec<&'a Card>,
    /// Of the foremost equals, what other processes take first.
    pub(super) of_others: Vec<&'a Card>,
    /// By the agent itself.
    pub(super) given_back: Vec<&'a Card>,
    /// How many more of those equals are shared out.
    shared: usize,
    foremost: Option<Rank>,
}

/// What counts more than age: a task's class, how many words match, how many tasks wait for it.
pub(super) type Rank = (u8, usize, Reverse<u32>);

impl<'a> TaskLine<'a> {
    /// While this process is asked for one task at a time, the foremost is the one to take, whoever's it is.
    pub(super) const fn new(choice: TaskChoice, calls: usize) -> Self {
        let of = choice.share.of as usize;
        let shared = if of > 1 { calls.saturating_mul(SHARED_FOR_A_CALL * of) } else { 0 };
        Self {
            choice,
            free: Vec::new(),
            of_others: Vec::new(),
            given_back: Vec::new(),
            shared: if shared < MOST_SHARED { shared } else { MOST_SHARED },
            foremost: None,
        }
    }

    /// Whether the next one need not be looked at: others take it first, of which there are enough.
    pub(super) fn leaves(&mut self, id: &str) -> bool {
        let leaves =
            self.shared > 0 && self.of_others.len() >= self.choice.limit && !self.choice.share.has(id);
        self.shared -= usize::from(leaves);
        leaves
    }

    /// The next one. Once the equals that are shared out are over, what is left of them comes before all behind them.
    pub(super) fn put(&mut self, card: &'a Card, rank: Rank, is_given_back: bool) {
        let is_equal = *self.foremost.get_or_insert(rank) == rank;
        self.shared = if is_equal { self.shared } else { 0 };
        if self.shared == 0 {
            self.free.append(&mut self.of_others);
        }
        let list = if is_given_back {
            &mut self.given_back
        } else if self.shared > 0 && !self.choice.share.has(&card.task.id) {
            &mut self.of_others
        } else {
            &mut self.free
        };
        self.shared = self.shared.saturating_sub(1);
        if list.len() < self.choice.limit {
            list.push(card);
        }
    }
}
