//! The one function that decides.

use super::{
    board::read_board,
    command::Command,
    decision::{CommandRefusal, Decision, Outcome},
    grant::{grant, request},
    lease::expire_lease,
    recovery::recover,
    report::report,
    snapshot::{Rules, Snapshot},
};
use crate::model::{Agent, AgentId, Moment, Profile, UnixMillis};

/// What comes of `command` at `now`, given the records in `state`. The same input always has the same answer.
///
/// Whoever carries the decision out must do so only while the records still have the versions of `state`.
pub fn decide(
    rules: Rules,
    state: &Snapshot,
    command: &Command,
    now: Moment,
) -> Result<Decision, CommandRefusal> {
    let mut decision = answer(rules, state, command, now)?;
    if let Some(claim) = &mut decision.claim {
        claim.moved_at = claim.moved_at.max(state.on_board.and_then(|found| found.moved_at));
    }
    Ok(decision)
}

fn answer(
    rules: Rules,
    state: &Snapshot,
    command: &Command,
    now: Moment,
) -> Result<Decision, CommandRefusal> {
    match command {
        Command::Register { id, owner, profile } => register(state, id, owner, profile, now.wall),
        Command::Disown => disown(state),
        Command::Request => request(rules, state, now),
        Command::Grant { task_id, on_board } => grant(rules, state, task_id, *on_board, now),
        Command::Report { generation, kind, message } => {
            report(rules, state, *generation, (kind, message), now)
        }
        Command::ExpireLease { task_name } => Ok(expire_lease(rules, state, task_name, now)),
        Command::ReadBoard { found, read_at, task_name } => {
            Ok(read_board(rules, state, (*found, *read_at), task_name, now))
        }
        Command::Recover(told) => Ok(recover(state, told, now)),
    }
}

fn register(
    state: &Snapshot,
    id: &AgentId,
    owner: &str,
    profile: &Profile,
    now: UnixMillis,
) -> Result<Decision, CommandRefusal> {
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
        Some(known) if known.owner != owner => return Err(CommandRefusal::AnothersAgent),
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
    let mut decision = Decision::nothing(Outcome::Registered).named("agent.register");
    decision.agent = Some(agent);
    Ok(decision)
}

/// Nobody owns the agent from now on, until somebody registers it.
fn disown(state: &Snapshot) -> Result<Decision, CommandRefusal> {
    let agent = state.agent.as_ref().ok_or(CommandRefusal::NoAgent)?;
    if !agent.is_owned() {
        return Ok(Decision::nothing(Outcome::Nothing));
    }
    let mut decision = Decision::nothing(Outcome::Registered).named("agent.release");
    decision.agent = Some(Agent { owner: String::new(), version: agent.version + 1, ..agent.clone() });
    Ok(decision)
}
