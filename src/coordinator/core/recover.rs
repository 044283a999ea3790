//! What happens without an agent: leases end, people move cards.

use super::{
    event::OnBoard,
    grant::MOST_LOSSES,
    state::{Outcome, Snapshot, Step, differs},
    texts,
};
use crate::model::{BoardMark, BoardWrite, Claim, ClaimState, Moment, StoreMillis, TaskStatus};

/// Notices kept for an agent that does not call; the oldest go first.
const MOST_NOTICES: usize = 20;

/// The status a task has at `now`, given how the board has it and the newest claim on it.
pub fn shown_status(on_board: TaskStatus, claim: Option<&Claim>, now: StoreMillis) -> TaskStatus {
    match claim {
        None => on_board,
        Some(claim) => match claim.state {
            ClaimState::Live if claim.is_live(now) => TaskStatus::InProgress,
            ClaimState::Live | ClaimState::Released => TaskStatus::Todo,
            ClaimState::Done => TaskStatus::Done,
            ClaimState::Blocked | ClaimState::Parked => TaskStatus::Blocked,
            ClaimState::Ended => on_board,
        },
    }
}

/// Records that a lease has ended; parks the task when it was one too many.
pub(super) fn expire(state: &Snapshot, task_name: &str, now: Moment) -> Step {
    let due = |claim: &&Claim| {
        claim.state == ClaimState::Live && !claim.expiry_recorded && !claim.is_live(now.store)
    };
    let Some(claim) = state.claim.as_ref().filter(due) else { return Step::nothing(Outcome::Nothing) };
    let mut claim = claim.clone();
    claim.expiry_recorded = true;
    claim.lost_by.push(claim.agent_id.clone());
    let lost = BoardWrite::Comment { text: texts::lost(&claim, now) };
    if claim.lost_by.len() < MOST_LOSSES {
        let mut step = Step::nothing(Outcome::Expired).named("task.expire");
        step.writes = vec![lost];
        return step.with_claim(claim);
    }
    claim.state = ClaimState::Parked;
    let mut step = Step::nothing(Outcome::Parked).named("task.park");
    step.writes = vec![
        lost,
        BoardWrite::Move { status: TaskStatus::Blocked },
        BoardWrite::Comment { text: texts::parked(task_name, &claim.lost_by) },
    ];
    step.with_claim(claim)
}

/// Compares what was read with what we wrote: a difference is a person's move, and the person wins. Where the board says when
/// a person moved the task, what the picture has of it by now counts, not what was found.
pub(super) fn read_board(
    state: &Snapshot,
    found: Option<OnBoard>,
    read_at: StoreMillis,
    task_name: &str,
) -> Step {
    let found = found.map(|found| state.on_board.filter(|now| now.moved_at.is_some()).unwrap_or(found));
    let Some(claim) = state.claim.as_ref() else { return Step::nothing(Outcome::Nothing) };
    let moved = match found {
        None => claim.state == ClaimState::Live,
        Some(found) if found.moved_at.is_some() => state.was_moved(),
        Some(found) => differs(claim, found) && !is_ours(claim, found),
    };
    if !moved {
        return Step::nothing(Outcome::Nothing);
    }
    let mut claim = claim.clone();
    let was_live = claim.state == ClaimState::Live;
    let status = found.map_or(claim.seen.status, |found| found.status);
    claim.state = ClaimState::Ended;
    claim.seen = BoardMark { status, at: read_at };
    claim.lost_by.clear();
    let mut step = Step::nothing(Outcome::Ended).named("task.moved_by_person");
    let holds = |held: &crate::model::Held| held.task_id == claim.task_id;
    if let Some(agent) = state.agent.as_ref().filter(|agent| agent.held.as_ref().is_some_and(holds)) {
        let mut agent = agent.clone();
        agent.held = None;
        if was_live {
            agent.notices.push(texts::moved(task_name, found));
            let surplus = agent.notices.len().saturating_sub(MOST_NOTICES);
            agent.notices.drain(..surplus);
        }
        agent.version += 1;
        step.agent = Some(agent);
    }
    step.with_claim(claim)
}

/// Whether that is the state the board was last seen in, or brought to by us: what is owed has not arrived yet.
fn is_ours(claim: &Claim, found: OnBoard) -> bool {
    found.status == claim.expected_on_board() && !(claim.state == ClaimState::Live && found.assigned)
}
