//! The one function that decides.

use super::{
    event::Event,
    grant::{grant, request},
    recover::{expire, read_board},
    say::say,
    state::{Outcome, Refusal, Rules, Snapshot, Step},
};
use crate::model::{Agent, AgentId, Moment, Profile, UnixMillis};

/// What comes of `event` at `now`, given the records in `state`. The same input always has the same answer.
///
/// Whoever carries the step out must do so only while the records still have the versions of `state`.
pub fn step(rules: Rules, state: &Snapshot, event: &Event, now: Moment) -> Result<Step, Refusal> {
    let mut step = decide(rules, state, event, now)?;
    if let Some(claim) = &mut step.claim {
        claim.moved_at = claim.moved_at.max(state.on_board.and_then(|found| found.moved_at));
    }
    Ok(step)
}

fn decide(rules: Rules, state: &Snapshot, event: &Event, now: Moment) -> Result<Step, Refusal> {
    match event {
        Event::Register { id, owner, profile } => register(state, id, owner, profile, now.wall),
        Event::Disown => disown(state),
        Event::Request => request(rules, state, now),
        Event::Grant { task_id, on_board } => grant(rules, state, task_id, *on_board, now),
        Event::Say { generation, saying, message } => say(rules, state, *generation, (saying, message), now),
        Event::Expire { task_name } => Ok(expire(state, task_name, now)),
        Event::Board { found, read_at, task_name } => Ok(read_board(state, *found, *read_at, task_name)),
    }
}

fn register(
    state: &Snapshot,
    id: &AgentId,
    owner: &str,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Step, Refusal> {
    let mut agent = match &state.agent {
        // What was of the owner before goes with that one; what it holds is the agent's.
        Some(known) if !known.is_owned() => Agent {
            owner: owner.to_owned(),
            profile: profile.clone(),
            registered_at: now,
            completed: 0,
            notices: Vec::new(),
            ..known.clone()
        },
        Some(known) if known.owner != owner => return Err(Refusal::AnothersAgent),
        Some(known) => Agent { profile: profile.clone(), ..known.clone() },
        None => Agent {
            id: id.clone(),
            owner: owner.to_owned(),
            profile: profile.clone(),
            registered_at: now,
            completed: 0,
            held: None,
            notices: Vec::new(),
            version: 0,
        },
    };
    // What it must be told waits for a call that can tell it.
    agent.version += 1;
    let mut step = Step::nothing(Outcome::Registered).named("agent.register");
    step.agent = Some(agent);
    Ok(step)
}

/// Nobody owns the agent from now on, until somebody registers it.
fn disown(state: &Snapshot) -> Result<Step, Refusal> {
    let agent = state.agent.as_ref().ok_or(Refusal::NoAgent)?;
    if !agent.is_owned() {
        return Ok(Step::nothing(Outcome::Nothing));
    }
    let mut step = Step::nothing(Outcome::Registered).named("agent.release");
    step.agent = Some(Agent { owner: String::new(), version: agent.version + 1, ..agent.clone() });
    Ok(step)
}
