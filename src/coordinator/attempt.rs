//! One attempt at a command: decided on the records as the mirror has them, and put in the store under their versions. It calls
//! the core and the store, nothing else of the coordinator; whoever tries again does so from here.

use super::{
    Coordinator, CoordinatorError,
    core::{Command, CommandRefusal, Decision, Outcome, decide},
    initiator::Initiator,
    mirror::Mirror,
};
use crate::{
    model::ClaimState,
    stores::ConditionalWrite,
    telemetry::metrics::{CLAIMS, ClaimEvent},
};

/// Tries before a caller is told to come again. Each failed one means that another decision was made.
pub(super) const ATTEMPTS: usize = 32;

/// The records that a command is about: an agent, a task, or both.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Subject<'a> {
    pub(super) agent_id: Option<&'a str>,
    pub(super) task_id: Option<&'a str>,
}

impl<'a> Subject<'a> {
    pub(super) const fn agent(id: &'a str) -> Self {
        Self { agent_id: Some(id), task_id: None }
    }

    pub(super) const fn task(id: &'a str) -> Self {
        Self { agent_id: None, task_id: Some(id) }
    }

    pub(super) const fn and_task(self, id: Option<&'a str>) -> Self {
        Self { task_id: id, ..self }
    }
}

/// What came of one attempt.
pub(super) enum Attempt {
    /// The store has it.
    Stored(Box<Decision>),
    /// There is nothing to do, by records that may be old.
    Unchanged(Box<Decision>),
    /// The core refuses it, by records that may be old.
    Refused(CommandRefusal),
    /// Somebody was quicker: the records are old.
    Late,
    /// A person moved the task since, and what that means comes first.
    Stale {
        /// The task.
        task_id: String,
    },
}

impl Coordinator {
    /// Decides once. What the board was found to have is decided however old the picture of it is.
    pub(super) async fn attempt(
        &self,
        initiator: &Initiator<'_>,
        mirror: &Mirror,
        subject: Subject<'_>,
        command: &Command,
    ) -> Result<Attempt, CoordinatorError> {
        let snapshot = mirror.with(|picture| picture.snapshot(subject.agent_id, subject.task_id));
        let is_reading = matches!(command, Command::ReadBoard { .. });
        if let Some(task_id) = subject.task_id.filter(|_| !is_reading && snapshot.was_moved()) {
            return Ok(Attempt::Stale { task_id: task_id.to_owned() });
        }
        let now = self.now();
        let decision = match decide(self.rules, &snapshot, command, now) {
            Ok(decision) if decision.changes_something() => decision,
            Ok(decision) => {
                self.parts.claims.confirm(initiator.workspace).await?;
                return Ok(Attempt::Unchanged(Box::new(decision)));
            }
            Err(refusal) => return Ok(Attempt::Refused(refusal)),
        };
        let moved_at = snapshot.on_board.and_then(|found| found.moved_at);
        let write = under(command, initiator.conditional((&decision, snapshot.term), moved_at, now));
        Ok(match self.store_first(initiator, vec![write]).await? {
            Some(_) => {
                self.carried_out(mirror, &decision);
                Attempt::Stored(Box::new(decision))
            }
            None => Attempt::Late,
        })
    }

    /// Has the store carry out the first of these that still holds.
    pub(super) async fn store_first(
        &self,
        initiator: &Initiator<'_>,
        writes: Vec<ConditionalWrite>,
    ) -> Result<Option<usize>, CoordinatorError> {
        #[cfg(feature = "failpoints")]
        fail::fail_point!("decision-made", |_| std::process::abort());
        let stored = self.parts.claims.commit_first(initiator.workspace, writes).await?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("decision-stored", |_| std::process::abort());
        Ok(stored)
    }

    /// Puts a decision that was made into the mirror and wakes who has to act on it.
    pub(super) fn carried_out(&self, mirror: &Mirror, decision: &Decision) {
        let now = self.now();
        if let Some(event) = event_of(decision) {
            CLAIMS.add(event);
        }
        mirror.with(|picture| {
            decision.agent.iter().for_each(|agent| picture.put_agent(agent.clone(), now));
            decision.claim.iter().for_each(|claim| picture.put_claim(claim.clone(), now));
        });
        if !decision.writes.is_empty() {
            self.parts.owed.notify_one();
        }
    }
}

/// What metrics say of it.
fn event_of(decision: &Decision) -> Option<ClaimEvent> {
    Some(match (decision.outcome, decision.claim.as_ref()?.state) {
        (Outcome::Granted, _) => ClaimEvent::Granted,
        (Outcome::Accepted, ClaimState::Done) => ClaimEvent::Completed,
        (Outcome::Accepted, ClaimState::Blocked) => ClaimEvent::Blocked,
        (Outcome::Accepted, ClaimState::Released) => ClaimEvent::Released,
        (Outcome::Held | Outcome::Accepted, _) => ClaimEvent::Renewed,
        (Outcome::Expired, _) => ClaimEvent::Expired,
        (Outcome::Parked, _) => ClaimEvent::Parked,
        (Outcome::Ended, _) => ClaimEvent::EndedByPerson,
        (Outcome::Recovered, _) => ClaimEvent::Recovered,
        (Outcome::Registered | Outcome::Idle | Outcome::Repeated | Outcome::Nothing, _) => return None,
    })
}

/// The conditions that a reading of the board adds: a task that is gone has no last move, and of a board that does not say when a
/// person moved a task, nothing is decided before what we owe it has arrived.
fn under(command: &Command, write: ConditionalWrite) -> ConditionalWrite {
    match command {
        Command::ReadBoard { read_at, .. } if write.moved_at.is_none() => {
            ConditionalWrite { settled_before: Some(*read_at), ..write }
        }
        Command::ReadBoard { found: None, .. } => ConditionalWrite { moved_at: None, ..write },
        _ => write,
    }
}
