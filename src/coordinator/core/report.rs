//! What agents say of the tasks they hold.
//!
//! A late report of the last holder is taken under the generation it was granted, as long as nobody was granted the task
//! since, no person moved it, and the agent holds nothing else; a completion is taken even then.

use super::{
    command::ReportKind,
    decision::{CommandRefusal, Decision, Outcome},
    mark,
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
    apply(rules, &mut claim, &mut decision, (kind, message), now);
    if decision.writes.iter().all(|write| matches!(write, BoardWrite::Move { .. })) {
        decision.writes.extend(mark::renewal(rules, &mut claim, now));
    }
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

fn apply(
    rules: Rules,
    claim: &mut Claim,
    decision: &mut Decision,
    (kind, message): (&ReportKind, &str),
    now: Moment,
) {
    let agent = claim.agent_id.clone();
    let is_news = !message.is_empty() && claim.message != message;
    if !message.is_empty() {
        message.clone_into(&mut claim.message);
    }
    let mut change = |action, status: Option<TaskStatus>| {
        decision.action = Some(action);
        decision.audited = true;
        decision.writes.extend(status.map(|status| BoardWrite::Move { status }));
    };
    let said = match kind {
        ReportKind::Heartbeat => None,
        ReportKind::Progress(percent) => {
            // A report without a number, or a late one, takes nothing back.
            let percent = claim.progress.max(*percent);
            if is_news || claim.progress != percent {
                change("task.progress", None);
            }
            claim.progress = percent;
            let text = || texts::progress(&agent, message, percent);
            is_news.then(|| mark::progress(rules, claim, true, text(), now))
        }
        ReportKind::Complete => {
            change("task.complete", Some(TaskStatus::Done));
            (claim.state, claim.progress) = (ClaimState::Done, 100);
            let mark = mark::mark(rules, claim, false, now);
            if message.is_empty() {
                mark.map(|_| mark::progress(rules, claim, false, texts::finished(&agent), now))
            } else {
                Some(BoardWrite::Comment { text: texts::progress(&agent, message, 100), mark })
            }
        }
        ReportKind::Block { severity, advice } => {
            change("task.block", Some(TaskStatus::Blocked));
            (claim.state, claim.severity) = (ClaimState::Blocked, Some(*severity));
            let text = texts::blocker(&agent, message, *severity, advice);
            Some(BoardWrite::Comment { text, mark: mark::mark(rules, claim, false, now) })
        }
        ReportKind::Release => {
            change("task.release", Some(TaskStatus::Todo));
            let text = texts::released(&agent, message, claim.progress);
            let mark = mark::mark(rules, claim, false, now);
            (claim.state, claim.expires_at) = (ClaimState::Released, now.store);
            Some(BoardWrite::Comment { text, mark })
        }
    };
    decision.writes.extend(said);
}
