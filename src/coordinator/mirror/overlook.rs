//! What the overview asks of the picture, each in bounded steps, since it is done under the picture's lock.

use std::sync::Arc;

use super::{
    card::{Standing, TaskCard},
    picture::Picture,
};
use crate::model::{ClaimState, Moment};

/// Blocked tasks that are looked at to tell which of them are parked.
const MOST_BLOCKED: usize = 1_000;
/// Tasks that are looked at to name some that wait for another.
const MOST_WAITING: usize = 64;

impl Picture {
    /// Changes with what waits for what, with what is closed, and with what a board refuses.
    pub const fn knots_changed(&self) -> u64 {
        self.knots_changed
    }

    /// At most `most` tasks under a live claim, the one whose lease ends first at the front.
    pub fn held_by_end(&mut self, most: usize, now: Moment) -> Vec<TaskCard> {
        self.advance(now);
        self.ends.iter().take(most).filter_map(|(_, id)| self.card(id, now)).collect()
    }

    /// Ids of the first thousand blocked tasks: those that are parked, and the others.
    pub fn blocked(&mut self, now: Moment) -> (Vec<Arc<str>>, Vec<Arc<str>>) {
        self.advance(now);
        let places = self.standings.of(Standing::Blocked).iter().take(MOST_BLOCKED);
        places.map(|place| Arc::clone(&place.id)).partition(|id| {
            let claim = self.cards.get(id).and_then(|card| card.claim.as_ref());
            claim.is_some_and(|claim| matches!(claim.state, ClaimState::Parked | ClaimState::Live))
        })
    }

    /// Keys of open tasks that wait for that one, `most` at most.
    pub fn held_back(&self, id: &str, most: usize) -> Vec<String> {
        let waiting = self.waiting.some_of(id, MOST_WAITING).filter_map(|id| self.cards.get(id));
        let open = waiting.filter(|card| !card.standing.is_closed());
        let mut keys: Vec<_> = open.map(|card| card.task.key.clone()).collect();
        // T-4 before T-10.
        keys.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
        keys.truncate(most);
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Claim, Task, TaskStatus, UnixMillis};

    #[test]
    fn what_is_parked_blocked_and_held_back_is_told_apart() {
        let mut picture = Picture::default();
        let now = Moment::same(1);
        for id in ["parked", "said", "moved"] {
            picture.put_task(Task { status: TaskStatus::Blocked, ..Task::todo(id) }, now);
        }
        picture.put_claim(Claim { state: ClaimState::Parked, ..Claim::held("parked", "ana") }, now);
        picture.put_claim(Claim { state: ClaimState::Blocked, ..Claim::held("said", "ana") }, now);
        let (parked, others) = picture.blocked(now);
        assert_eq!((parked.len(), others.len(), &*parked[0]), (1, 2, "parked"));
        for id in ["T-10", "T-4", "T-5"] {
            let waits = Task { dependencies: vec![String::from("said")], ..Task::todo(id) };
            picture.put_task(waits, now);
        }
        let done = Task { status: TaskStatus::Done, updated_at: UnixMillis(9), ..Task::todo("T-5") };
        picture.put_task(Task { dependencies: vec![String::from("said")], ..done }, now);
        assert_eq!(picture.held_back("said", 5), ["T-4", "T-10"]);
        assert_eq!(picture.held_back("said", 1), ["T-4"]);
        picture.put_task(Task::todo("held"), now);
        picture.put_claim(Claim::held("held", "ana"), now);
        assert_eq!(picture.held_by_end(5, now).len(), 1);
        assert!(picture.held_by_end(5, Moment::same(600_001)).is_empty(), "the lease has ended");
    }

    #[test]
    fn only_what_may_make_or_cut_a_knot_counts_as_a_change_of_them() {
        let mut picture = Picture::default();
        let now = Moment::same(1);
        let mut seen = 0;
        let mut changed = |picture: &Picture| std::mem::replace(&mut seen, picture.knots_changed()) != seen;
        picture.put_task(Task::todo("a"), now);
        assert!(changed(&picture), "it is new");
        picture
            .put_task(Task { title: String::from("b"), updated_at: UnixMillis(2), ..Task::todo("a") }, now);
        picture.put_claim(Claim { progress: 40, version: 2, ..Claim::held("a", "ana") }, now);
        assert!(!changed(&picture));
        let waits =
            Task { dependencies: vec![String::from("b")], updated_at: UnixMillis(3), ..Task::todo("a") };
        picture.put_task(waits, now);
        assert!(changed(&picture));
        let done = Claim { state: ClaimState::Done, version: 3, ..Claim::held("a", "ana") };
        picture.put_claim(done.clone(), now);
        assert!(changed(&picture));
        picture.put_claim(Claim { rejected: Some(String::from("no")), version: 4, ..done }, now);
        assert!(changed(&picture));
        picture.remove_task("a", now);
        assert!(changed(&picture));
    }
}
