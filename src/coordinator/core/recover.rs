//! What happens without an agent: leases end, people move cards.

use super::{
    event::OnBoard,
    grant::MOST_LOSSES,
    state::{Outcome, Snapshot, Step},
    texts,
};
use crate::model::{BoardMark, BoardWrite, Claim, ClaimState, TaskStatus, UnixMillis};

/// Notices kept for an agent that does not call; the oldest go first.
const MOST_NOTICES: usize = 20;

/// The status a task has at `now`, given how the board has it and the newest claim on it.
pub fn shown_status(on_board: TaskStatus, claim: Option<&Claim>, now: UnixMillis) -> TaskStatus {
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
pub(super) fn expire(state: &Snapshot, task_name: &str, now: UnixMillis) -> Step {
    let due =
        |claim: &&Claim| claim.state == ClaimState::Live && !claim.expiry_recorded && !claim.is_live(now);
    let Some(claim) = state.claim.as_ref().filter(due) else { return Step::nothing(Outcome::Nothing) };
    let mut claim = claim.clone();
    claim.expiry_recorded = true;
    claim.lost_by.push(claim.agent_id.clone());
    let lost = BoardWrite::Comment { text: texts::lost(&claim) };
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

/// Compares what was read with what we wrote: a difference is a person's move, and the person wins.
pub(super) fn read_board(
    state: &Snapshot,
    found: Option<OnBoard>,
    read_at: UnixMillis,
    task_name: &str,
) -> Step {
    let Some(claim) = state.claim.as_ref().filter(|claim| was_moved(claim, found)) else {
        return Step::nothing(Outcome::Nothing);
    };
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

fn was_moved(claim: &Claim, found: Option<OnBoard>) -> bool {
    let ours = match claim.state {
        ClaimState::Ended => return false,
        ClaimState::Live => TaskStatus::InProgress,
        ClaimState::Done => TaskStatus::Done,
        ClaimState::Blocked | ClaimState::Parked => TaskStatus::Blocked,
        ClaimState::Released => TaskStatus::Todo,
    };
    let Some(found) = found else { return claim.state == ClaimState::Live };
    if claim.state == ClaimState::Live && found.assigned {
        return true;
    }
    let still_closed = claim.state == ClaimState::Done && found.status == TaskStatus::Cancelled;
    found.status != ours && found.status != claim.expected_on_board() && !still_closed
}
