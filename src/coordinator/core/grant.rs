//! Who gets a task.

use super::{
    decision::{CommandRefusal, Decision, Outcome},
    mark,
    snapshot::{Rules, Snapshot},
    texts,
};
use crate::model::{
    Agent, BoardMark, BoardWrite, Claim, ClaimRef, ClaimState, Moment, StoreMillis, TaskStatus,
};

/// Holders in a row that may lose a task before it is parked.
pub(super) const MOST_LOSSES: usize = 3;

/// Whether a task with that newest claim may be granted at `now`, as far as claims go.
pub fn may_be_granted(claim: Option<&Claim>, now: StoreMillis) -> bool {
    let Some(claim) = claim else { return true };
    match claim.state {
        ClaimState::Live => {
            let losses = claim.lost_by.len() + usize::from(!claim.expiry_recorded);
            !claim.is_live(now) && losses < MOST_LOSSES
        }
        ClaimState::Released | ClaimState::Ended => true,
        ClaimState::Done | ClaimState::Blocked | ClaimState::Parked => false,
    }
}

/// The agent asks and there is nothing to offer: it keeps what it holds.
pub(super) fn request(rules: Rules, state: &Snapshot, now: Moment) -> Result<Decision, CommandRefusal> {
    let agent = state.agent.clone().filter(Agent::is_owned).ok_or(CommandRefusal::NoAgent)?;
    if let Some(held) = state.live_claim(now.store) {
        let mut renewed = held.clone();
        renewed.expires_at = held.expires_at.max(now.store.plus(rules.lease_millis));
        let told = mark::renewal(rules, &mut renewed, now);
        let mut decision = Decision::nothing(Outcome::Held).with_claim(renewed).by(agent);
        decision.writes.extend(told);
        decision.action = Some("task.renew");
        return Ok(decision);
    }
    if agent.notices.is_empty() {
        return Ok(Decision::nothing(Outcome::Idle));
    }
    Ok(Decision::nothing(Outcome::Idle).by(agent))
}

/// The agent is offered a task: it keeps what it holds, or gets this one.
pub(super) fn grant(
    rules: Rules,
    state: &Snapshot,
    task_id: &str,
    on_board: TaskStatus,
    now: Moment,
) -> Result<Decision, CommandRefusal> {
    if state.live_claim(now.store).is_some() {
        return request(rules, state, now);
    }
    let mut agent = state.agent.clone().filter(Agent::is_owned).ok_or(CommandRefusal::NoAgent)?;
    let last = state.claim.as_ref();
    if !may_be_granted(last, now.store) || state.was_moved() {
        return Err(CommandRefusal::NotFree);
    }
    let mut claim = Claim {
        task_id: task_id.to_owned(),
        agent_id: agent.id.as_str().to_owned(),
        generation: last
            .map_or(0, |claim| claim.generation + 1)
            .max(now.wall.seconds())
            .max(state.term.least_generation),
        state: ClaimState::Live,
        granted_at: now.store,
        expires_at: now.store.plus(rules.lease_millis),
        progress: 0,
        message: String::new(),
        severity: None,
        lost_by: last.map(losers).unwrap_or_default(),
        expiry_recorded: false,
        hand_off: last.map(|claim| claim.hand_off_at(now.store)),
        seen: BoardMark { status: on_board, at: now.store },
        moved_at: last.and_then(|claim| claim.moved_at),
        told_until: None,
        delivered: last.and_then(|claim| claim.delivered),
        rejected: last.and_then(|claim| claim.rejected.clone()),
        version: last.map_or(0, |claim| claim.version),
    };
    agent.held = Some(ClaimRef { task_id: task_id.to_owned(), generation: claim.generation });
    let mut decision = Decision::nothing(Outcome::Granted).named("task.claim");
    decision.writes = vec![
        BoardWrite::Move { status: TaskStatus::InProgress },
        mark::progress(rules, &mut claim, true, texts::assigned(agent.id.as_str(), now.wall), now),
    ];
    let is_untold = |last: &&Claim| last.state == ClaimState::Live && !last.expiry_recorded;
    decision.lost = last.filter(is_untold).cloned().map(Box::new);
    Ok(decision.with_claim(claim).by(agent))
}

/// Who lost the task in a row, the holder of `claim` included.
fn losers(claim: &Claim) -> Vec<String> {
    let mut lost_by = match claim.state {
        ClaimState::Live => claim.lost_by.clone(),
        _ => return Vec::new(),
    };
    if !claim.expiry_recorded {
        lost_by.push(claim.agent_id.clone());
    }
    lost_by
}
