//! What people do on the board: a difference to what we wrote is a person's move, and the person wins.

use super::{
    command::OnBoard,
    decision::{Decision, Outcome},
    mark,
    snapshot::{Rules, Snapshot, differs},
    texts,
};
use crate::model::{BoardMark, Claim, ClaimRef, ClaimState, LossCause, Moment, StoreMillis};

/// Notices kept for an agent that does not call; the oldest go first.
const MOST_NOTICES: usize = 20;

/// Compares what was read with what we wrote: a difference is a person's move, and the person wins. Where the board says when
/// a person moved the task, what the picture has of it by now counts, not what was found.
pub(super) fn read_board(
    rules: Rules,
    state: &Snapshot,
    (found, read_at): (Option<OnBoard>, StoreMillis),
    task_name: &str,
    now: Moment,
) -> Decision {
    let found = found.map(|found| state.on_board.filter(|now| now.moved_at.is_some()).unwrap_or(found));
    let Some(claim) = state.claim.as_ref() else { return Decision::nothing(Outcome::Nothing) };
    let moved = match found {
        None => claim.state == ClaimState::Live,
        Some(found) if found.moved_at.is_some() => state.was_moved(),
        Some(found) => differs(claim, found) && !is_ours(claim, found),
    };
    if !moved {
        return Decision::nothing(Outcome::Nothing);
    }
    let mut claim = claim.clone();
    let was_live = claim.state == ClaimState::Live;
    let status = found.map_or(claim.seen.status, |found| found.status);
    claim.state = ClaimState::Ended;
    claim.seen = BoardMark { status, at: read_at };
    claim.lost_by.clear();
    let mut decision = Decision::nothing(Outcome::Ended).named("task.moved_by_person");
    let cause = if found.is_some() { LossCause::MovedByPerson } else { LossCause::Deleted };
    decision.cause = was_live.then_some(cause);
    if was_live && found.is_some() && rules.marks_claims {
        let text = texts::ended_by_person(&claim.agent_id);
        decision.writes.push(mark::progress(rules, &mut claim, false, text, now));
    }
    let holds = |held: &ClaimRef| held.task_id == claim.task_id;
    if let Some(agent) = state.agent.as_ref().filter(|agent| agent.held.as_ref().is_some_and(holds)) {
        let mut agent = agent.clone();
        agent.held = None;
        if was_live {
            agent.notices.push(texts::moved(task_name, found));
            let surplus = agent.notices.len().saturating_sub(MOST_NOTICES);
            agent.notices.drain(..surplus);
        }
        agent.version += 1;
        decision.agent = Some(agent);
    }
    decision.with_claim(claim)
}

/// Whether that is the state the board was last seen in, or brought to by us: what is owed has not arrived yet.
fn is_ours(claim: &Claim, found: OnBoard) -> bool {
    found.status == claim.expected_on_board() && !(claim.state == ClaimState::Live && found.assigned)
}
