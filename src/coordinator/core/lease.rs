//! Leases end by themselves, whatever their holder does.

use super::{
    decision::{Decision, Outcome},
    grant::MOST_LOSSES,
    mark,
    snapshot::{Rules, Snapshot},
    texts,
};
use crate::model::{BoardWrite, Claim, ClaimState, LossCause, Moment, TaskStatus};

/// Records that a lease has ended; parks the task when it was one too many.
pub(super) fn expire_lease(rules: Rules, state: &Snapshot, task_name: &str, now: Moment) -> Decision {
    let due = |claim: &&Claim| {
        claim.state == ClaimState::Live && !claim.expiry_recorded && !claim.is_live(now.store)
    };
    let Some(claim) = state.claim.as_ref().filter(due) else { return Decision::nothing(Outcome::Nothing) };
    let mut claim = claim.clone();
    claim.expiry_recorded = true;
    claim.lost_by.push(claim.agent_id.clone());
    let lost = BoardWrite::comment(texts::lost(&claim, now));
    if claim.lost_by.len() < MOST_LOSSES {
        let mut decision = Decision::nothing(Outcome::Expired).named("task.expire");
        decision.writes = vec![lost];
        decision.cause = Some(LossCause::LeaseEnded);
        return decision.with_claim(claim);
    }
    claim.state = ClaimState::Parked;
    let mark = mark::mark(rules, &mut claim, false, now);
    let mut decision = Decision::nothing(Outcome::Parked).named("task.park");
    decision.cause = Some(LossCause::LeaseEnded);
    decision.writes = vec![
        lost,
        BoardWrite::Move { status: TaskStatus::Blocked },
        BoardWrite::Comment { text: texts::parked(task_name, &claim.lost_by), mark },
    ];
    decision.with_claim(claim)
}
