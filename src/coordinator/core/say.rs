//! What agents say of the tasks they hold.
//!
//! A late report of the last holder is taken under the generation it was granted, as long as nobody was granted the task
//! since, no person moved it, and the agent holds nothing else; a completion is taken even then.

use super::{
    event::Saying,
    state::{Outcome, Refusal, Rules, Snapshot, Step},
    texts,
};
use crate::model::{Agent, BoardWrite, Claim, ClaimState, Held, Moment, StoreMillis, TaskStatus};

pub(super) fn say(
    rules: Rules,
    state: &Snapshot,
    generation: Option<i64>,
    (saying, message): (&Saying, &str),
    now: Moment,
) -> Result<Step, Refusal> {
    let agent = state.agent.clone().ok_or(Refusal::NoAgent)?;
    let claim = held_by(&agent, state.claim.as_ref(), generation)?;
    match (claim.state, saying) {
        (ClaimState::Done, Saying::Complete)
        | (ClaimState::Blocked, Saying::Block { .. })
        | (ClaimState::Released, Saying::Release) => return Ok(Step::nothing(Outcome::Repeated)),
        (ClaimState::Done | ClaimState::Blocked | ClaimState::Released, _) => return Err(Refusal::Finished),
        (ClaimState::Ended, _) => return Err(Refusal::MovedByPerson),
        (ClaimState::Live | ClaimState::Parked, _) => {}
    }
    let holds_another = state.live_claim(now.store).is_some_and(|held| held.task_id != claim.task_id);
    let completes = *saying == Saying::Complete;
    if holds_another && !completes {
        return Err(Refusal::HoldsAnother);
    }
    let (mut claim, mut step) = renewed(rules, claim, now.store);
    apply(&mut claim, &mut step, saying, message, now.store);
    let mut agent = agent;
    agent.completed += u32::from(completes);
    if claim.state == ClaimState::Live {
        agent.held = Some(Held { task_id: claim.task_id.clone(), generation: claim.generation });
    } else if agent.held.as_ref().is_some_and(|held| held.task_id == claim.task_id) {
        agent.held = None;
    }
    Ok(step.with_claim(claim).by(agent))
}

/// The newest claim on the task, if it is the agent's under that generation.
fn held_by<'a>(
    agent: &Agent,
    claim: Option<&'a Claim>,
    generation: Option<i64>,
) -> Result<&'a Claim, Refusal> {
    let claim = claim.ok_or(Refusal::NeverHeld)?;
    if claim.agent_id != agent.id.as_str() {
        return Err(Refusal::GrantedToAnother);
    }
    match generation {
        Some(generation) if generation > claim.generation => Err(Refusal::NeverGranted),
        Some(generation) if generation < claim.generation => Err(Refusal::Stale),
        _ => Ok(claim),
    }
}

/// The claim with a new lease. One that was lost is found again: the loss no longer counts.
fn renewed(rules: Rules, claim: &Claim, now: StoreMillis) -> (Claim, Step) {
    let mut claim = claim.clone();
    let mut step = Step::nothing(Outcome::Accepted);
    step.action = Some("task.renew");
    if claim.expiry_recorded {
        claim.lost_by.pop();
        claim.expiry_recorded = false;
        step = step.named("task.resume");
    }
    if claim.state == ClaimState::Parked {
        step.writes.push(BoardWrite::Move { status: TaskStatus::InProgress });
    }
    claim.state = ClaimState::Live;
    claim.expires_at = claim.expires_at.max(now.plus(rules.lease_millis));
    (claim, step)
}

fn apply(claim: &mut Claim, step: &mut Step, saying: &Saying, message: &str, now: StoreMillis) {
    let agent = claim.agent_id.clone();
    let is_news = !message.is_empty() && claim.message != message;
    if !message.is_empty() {
        message.clone_into(&mut claim.message);
    }
    let mut change = |action, status: Option<TaskStatus>, comment: Option<String>| {
        step.action = Some(action);
        step.audited = true;
        step.writes.extend(status.map(|status| BoardWrite::Move { status }));
        step.writes.extend(comment.map(|text| BoardWrite::Comment { text }));
    };
    match saying {
        Saying::Heartbeat => {}
        Saying::Progress(percent) => {
            // A report without a number, or a late one, takes nothing back.
            let percent = claim.progress.max(*percent);
            let comment = is_news.then(|| texts::progress(&agent, message, percent));
            if is_news || claim.progress != percent {
                change("task.progress", None, comment);
            }
            claim.progress = percent;
        }
        Saying::Complete => {
            let comment = (!message.is_empty()).then(|| texts::progress(&agent, message, 100));
            change("task.complete", Some(TaskStatus::Done), comment);
            (claim.state, claim.progress) = (ClaimState::Done, 100);
        }
        Saying::Block { severity, advice } => {
            let comment = texts::blocker(&agent, message, *severity, advice);
            change("task.block", Some(TaskStatus::Blocked), Some(comment));
            (claim.state, claim.severity) = (ClaimState::Blocked, Some(*severity));
        }
        Saying::Release => {
            let comment = texts::released(&agent, message, claim.progress);
            change("task.release", Some(TaskStatus::Todo), Some(comment));
            (claim.state, claim.expires_at) = (ClaimState::Released, now);
        }
    }
}
