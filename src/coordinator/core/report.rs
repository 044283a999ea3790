//! What agents say of the tasks they hold.
//!
//! A late report of the last holder is taken under the generation it was granted, as long as nobody was granted the task
//! since, no person moved it, and the agent holds nothing else; a completion is taken even then.

use super::{
    command::ReportKind,
    decision::{CommandRefusal, Decision, Outcome},
    snapshot::{Rules, Snapshot},
    texts,
};
use crate::model::{Agent, BoardWrite, Claim, ClaimRef, ClaimState, Moment, StoreMillis, TaskStatus};

pub(super) fn report(
    rules: Rules,
    state: &Snapshot,
    generation: Option<i64>,
    (kind, message): (&ReportKind, &str),
    now: Moment,
) -> Result<Decision, CommandRefusal> {
    let agent = state.agent.clone().ok_or(CommandRefusal::NoAgent)?;
    let claim = held_by(&agent, state.claim.as_ref(), generation)?;
    match (claim.state, kind) {
        (ClaimState::Done, ReportKind::Complete)
        | (ClaimState::Blocked, ReportKind::Block { .. })
        | (ClaimState::Released, ReportKind::Release) => return Ok(Decision::nothing(Outcome::Repeated)),
        (ClaimState::Done | ClaimState::Blocked | ClaimState::Released, _) => {
            return Err(CommandRefusal::Finished);
        }
        (ClaimState::Ended, _) => return Err(CommandRefusal::MovedByPerson),
        (ClaimState::Live | ClaimState::Parked, _) => {}
    }
    let holds_another = state.live_claim(now.store).is_some_and(|held| held.task_id != claim.task_id);
    let completes = *kind == ReportKind::Complete;
    if holds_another && !completes {
        return Err(CommandRefusal::HoldsAnother);
    }
    let (mut claim, mut decision) = renewed(rules, claim, now.store);
    apply(&mut claim, &mut decision, kind, message, now.store);
    let mut agent = agent;
    agent.completed += u32::from(completes);
    if claim.state == ClaimState::Live {
        agent.held = Some(ClaimRef { task_id: claim.task_id.clone(), generation: claim.generation });
    } else if agent.held.as_ref().is_some_and(|held| held.task_id == claim.task_id) {
        agent.held = None;
    }
    Ok(decision.with_claim(claim).by(agent))
}

/// The newest claim on the task, if it is the agent's under that generation.
fn held_by<'a>(
    agent: &Agent,
    claim: Option<&'a Claim>,
    generation: Option<i64>,
) -> Result<&'a Claim, CommandRefusal> {
    let claim = claim.ok_or(CommandRefusal::NeverHeld)?;
    if claim.agent_id != agent.id.as_str() {
        return Err(CommandRefusal::GrantedToAnother);
    }
    match generation {
        Some(generation) if generation > claim.generation => Err(CommandRefusal::NeverGranted),
        Some(generation) if generation < claim.generation => Err(CommandRefusal::Stale),
        _ => Ok(claim),
    }
}

/// The claim with a new lease. One that was lost is found again: the loss no longer counts.
fn renewed(rules: Rules, claim: &Claim, now: StoreMillis) -> (Claim, Decision) {
    let mut claim = claim.clone();
    let mut decision = Decision::nothing(Outcome::Accepted);
    decision.action = Some("task.renew");
    if claim.expiry_recorded {
        claim.lost_by.pop();
        claim.expiry_recorded = false;
        decision = decision.named("task.resume");
    }
    if claim.state == ClaimState::Parked {
        decision.writes.push(BoardWrite::Move { status: TaskStatus::InProgress });
    }
    claim.state = ClaimState::Live;
    claim.expires_at = claim.expires_at.max(now.plus(rules.lease_millis));
    (claim, decision)
}

fn apply(claim: &mut Claim, decision: &mut Decision, kind: &ReportKind, message: &str, now: StoreMillis) {
    let agent = claim.agent_id.clone();
    let is_news = !message.is_empty() && claim.message != message;
    if !message.is_empty() {
        message.clone_into(&mut claim.message);
    }
    let mut change = |action, status: Option<TaskStatus>, comment: Option<String>| {
        decision.action = Some(action);
        decision.audited = true;
        decision.writes.extend(status.map(|status| BoardWrite::Move { status }));
        decision.writes.extend(comment.map(|text| BoardWrite::Comment { text }));
    };
    match kind {
        ReportKind::Heartbeat => {}
        ReportKind::Progress(percent) => {
            // A report without a number, or a late one, takes nothing back.
            let percent = claim.progress.max(*percent);
            let comment = is_news.then(|| texts::progress(&agent, message, percent));
            if is_news || claim.progress != percent {
                change("task.progress", None, comment);
            }
            claim.progress = percent;
        }
        ReportKind::Complete => {
            let comment = (!message.is_empty()).then(|| texts::progress(&agent, message, 100));
            change("task.complete", Some(TaskStatus::Done), comment);
            (claim.state, claim.progress) = (ClaimState::Done, 100);
        }
        ReportKind::Block { severity, advice } => {
            let comment = texts::blocker(&agent, message, *severity, advice);
            change("task.block", Some(TaskStatus::Blocked), Some(comment));
            (claim.state, claim.severity) = (ClaimState::Blocked, Some(*severity));
        }
        ReportKind::Release => {
            let comment = texts::released(&agent, message, claim.progress);
            change("task.release", Some(TaskStatus::Todo), Some(comment));
            (claim.state, claim.expires_at) = (ClaimState::Released, now);
        }
    }
}
