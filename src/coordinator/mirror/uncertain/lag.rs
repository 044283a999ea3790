//! Boards elsewhere may show for a while what they had before a write of ours. Until a reading has shown what was delivered, one that
//! shows the state before it is behind and no person's doing; after a minute it counts.

use crate::{
    coordinator::{core::Command, mirror::Picture},
    model::{BoardMark, Claim, ClaimState, StoreMillis, TaskStatus},
};

/// For how long a reading may be behind.
const LAG_MILLIS: i64 = 60_000;

impl Picture {
    /// Until when it cannot be said what a reading of that task means, as it may be from before what was last delivered.
    pub fn lags_until(&mut self, task_id: &str, command: &Command) -> Option<StoreMillis> {
        let Command::ReadBoard { found: Some(found), read_at, .. } = command else { return None };
        let (id, card) = self.cards.get_key_value(task_id)?;
        let (claim, delivered) = (card.claim.as_deref()?, card.claim.as_deref()?.delivered?);
        if found.moved_at.is_some() || *read_at < delivered.at {
            return None;
        }
        if found.status == delivered.status {
            self.shown.insert(id.clone(), delivered.at);
            return None;
        }
        let was_shown = self.shown.get(task_id).is_some_and(|at| *at == delivered.at);
        let until = delivered.at.plus(LAG_MILLIS);
        let is_behind = !was_shown && *read_at < until && was_before(claim, delivered, found.status);
        is_behind.then_some(until)
    }
}

/// Whether the board may have had that status before what was last delivered.
fn was_before(claim: &Claim, delivered: BoardMark, status: TaskStatus) -> bool {
    let at_grant = claim.seen.status;
    let while_held = (claim.state != ClaimState::Live || delivered.status != TaskStatus::InProgress)
        .then_some(TaskStatus::InProgress);
    status == at_grant || Some(status) == while_held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        coordinator::core::OnBoard,
        model::{Moment, Task},
    };

    fn picture(claim: Claim) -> Picture {
        let mut picture = Picture::default();
        picture.put_task(Task::todo("t"), Moment::same(0));
        picture.put_claim(claim, Moment::same(0));
        picture
    }

    fn claim(state: ClaimState, status: TaskStatus) -> Claim {
        let delivered = Some(BoardMark { status, at: StoreMillis(1_000) });
        let seen = BoardMark { status: TaskStatus::Todo, at: StoreMillis(0) };
        Claim { state, seen, delivered, ..Claim::held("t", "ana") }
    }

    fn reading(status: TaskStatus, read_at: i64) -> Command {
        let found = Some(OnBoard { status, assigned: false, moved_at: None });
        Command::ReadBoard { found, read_at: StoreMillis(read_at), task_name: String::new() }
    }

    #[test]
    fn the_state_before_a_delivery_is_behind_until_that_was_shown_or_a_minute_is_over() {
        let mut picture = picture(claim(ClaimState::Live, TaskStatus::InProgress));
        let until = Some(StoreMillis(61_000));
        assert_eq!(picture.lags_until("t", &reading(TaskStatus::Todo, 2_000)), until);
        assert_eq!(picture.lags_until("t", &reading(TaskStatus::Backlog, 2_000)), None, "a person's");
        assert_eq!(picture.lags_until("t", &reading(TaskStatus::Todo, 61_000)), None, "too long");
        assert_eq!(picture.lags_until("t", &reading(TaskStatus::InProgress, 3_000)), None);
        assert_eq!(picture.lags_until("t", &reading(TaskStatus::Todo, 4_000)), None, "it was shown");
    }

    #[test]
    fn after_a_completion_both_states_before_it_are() {
        let mut picture = picture(claim(ClaimState::Done, TaskStatus::Done));
        for status in [TaskStatus::Todo, TaskStatus::InProgress] {
            assert!(picture.lags_until("t", &reading(status, 2_000)).is_some(), "{status}");
        }
        assert_eq!(picture.lags_until("t", &reading(TaskStatus::Blocked, 2_000)), None);
    }
}
