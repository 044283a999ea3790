//! The function that decides with one thing wrong in it, to see that the checker sees it.

use taskgate::{
    coordinator::core::{Command, CommandRefusal, Decision, Outcome, Rules, Snapshot, decide},
    model::{ClaimState, Moment, StoreTerm},
};

use crate::world::Decide;

/// Each fault, by name.
pub const ALL: [(&str, Decide); 8] = [
    ("no fence", no_fence),
    ("early expiry", early_expiry),
    ("lost effect", lost_effect),
    ("a repeat takes a new generation", repeat_takes_new_generation),
    ("a completion counts twice", counts_twice),
    ("nothing is ever parked", never_parked),
    ("people are not looked at", blind_to_people),
    ("generations go on from what the store has after a loss", forgets_generations),
];

type Decided = Result<Decision, CommandRefusal>;

/// Whoever writes is taken for the holder.
fn no_fence(rules: Rules, state: &Snapshot, command: &Command, now: Moment) -> Decided {
    let mut state = state.clone();
    let mut command = command.clone();
    if let (Command::Report { generation, .. }, Some(claim), Some(agent)) =
        (&mut command, &mut state.claim, &state.agent)
    {
        *generation = None;
        agent.id.as_str().clone_into(&mut claim.agent_id);
    }
    decide(rules, &state, &command, now)
}

/// A lease ends a little before its time.
fn early_expiry(rules: Rules, state: &Snapshot, command: &Command, now: Moment) -> Decided {
    let now = if matches!(command, Command::Grant { .. }) { now.plus(rules.lease_millis) } else { now };
    decide(rules, state, command, now)
}

/// The board is not told of completions.
fn lost_effect(rules: Rules, state: &Snapshot, command: &Command, now: Moment) -> Decided {
    let mut decided = decide(rules, state, command, now)?;
    if decided.completes() {
        decided.writes.clear();
    }
    Ok(decided)
}

/// Asking again for what one holds is a new grant.
fn repeat_takes_new_generation(rules: Rules, state: &Snapshot, command: &Command, now: Moment) -> Decided {
    let mut decided = decide(rules, state, command, now)?;
    if decided.outcome == Outcome::Held {
        decided.claim.iter_mut().for_each(|claim| claim.generation += 1);
    }
    Ok(decided)
}

/// A completion sent again is another completion.
fn counts_twice(rules: Rules, state: &Snapshot, command: &Command, now: Moment) -> Decided {
    let mut state = state.clone();
    let done = state.claim.as_mut().filter(|claim| claim.state == ClaimState::Done);
    if let (Command::Report { .. }, Some(claim)) = (command, done) {
        claim.state = ClaimState::Live;
    }
    decide(rules, &state, command, now)
}

/// Losses are forgotten, so a task that nobody can hold is handed out for ever.
fn never_parked(rules: Rules, state: &Snapshot, command: &Command, now: Moment) -> Decided {
    let mut state = state.clone();
    state.claim.iter_mut().for_each(|claim| claim.lost_by.clear());
    decide(rules, &state, command, now)
}

/// What a person did on the board is not looked at before a decision.
fn blind_to_people(rules: Rules, state: &Snapshot, command: &Command, now: Moment) -> Decided {
    let mut state = state.clone();
    if !matches!(command, Command::Report { .. }) {
        state.on_board = None;
    }
    decide(rules, &state, command, now)
}

/// What was given before the store went back is given again.
fn forgets_generations(rules: Rules, state: &Snapshot, command: &Command, now: Moment) -> Decided {
    let state = Snapshot { term: StoreTerm::default(), ..state.clone() };
    decide(rules, &state, command, now)
}
