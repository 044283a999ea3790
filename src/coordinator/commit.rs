//! Carries a command out: attempts it, on fresh records when somebody was quicker, after what a person did is decided where they
//! were. Nothing is refused on records that may be old.

use super::{
    Coordinator, CoordinatorError,
    attempt::{ATTEMPTS, Attempt, Subject},
    core::{Command, CommandRefusal, Decision},
    initiator::Initiator,
    mirror::{BoardReading, Mirror},
};
use crate::{model::Workspace, stores::StoreError};

/// The end of a command.
pub(super) enum Committed {
    /// It was carried out, or there was nothing to do.
    Done(Box<Decision>),
    /// It was refused, and the records are what the store has.
    Refused(CommandRefusal),
}

impl Coordinator {
    /// Carries out what somebody asks for.
    pub(super) async fn commit(
        &self,
        initiator: &Initiator<'_>,
        subject: Subject<'_>,
        command: &Command,
    ) -> Result<Committed, CoordinatorError> {
        let workspace = initiator.workspace;
        let mirror = self.mirrors.of(workspace).await?;
        let mut is_fresh = false;
        for _ in 0..ATTEMPTS {
            match self.attempt(initiator, &mirror, subject, command).await? {
                Attempt::Stored(decision) => return Ok(Committed::Done(decision)),
                Attempt::Unchanged(decision) if is_fresh => {
                    self.must_be_current(workspace, &mirror)?;
                    return Ok(Committed::Done(decision));
                }
                Attempt::Refused(refusal) if is_fresh => {
                    self.must_be_current(workspace, &mirror)?;
                    return Ok(Committed::Refused(refusal));
                }
                Attempt::Stale { task_id } => {
                    let read_at = self.now().store;
                    let reading = BoardReading { found: vec![task_id], read_at, ..BoardReading::default() };
                    self.reconcile(workspace, &mirror, reading).await?;
                    self.freshen(workspace, &mirror, subject).await?;
                }
                Attempt::Unchanged(_) | Attempt::Refused(_) | Attempt::Late => {
                    self.freshen(workspace, &mirror, subject).await?;
                    let reading = self.reread_moved(workspace, &mirror, subject).await?;
                    self.reconcile(workspace, &mirror, reading).await?;
                    is_fresh = true;
                }
            }
        }
        Err(CoordinatorError::Contended)
    }

    /// Refuses to answer on what a store had before it went back. Of a decision the store sees to that.
    fn must_be_current(&self, workspace: &Workspace, mirror: &Mirror) -> Result<(), CoordinatorError> {
        let term = mirror.with(|picture| picture.term);
        let is_current = term.number == self.parts.claims.term(workspace).number;
        if is_current && self.parts.events.is_settled(workspace) {
            return Ok(());
        }
        Err(StoreError::Unsettled.into())
    }

    /// Reads an agent, what it holds, and a claim from the store.
    pub(super) async fn freshen(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        subject: Subject<'_>,
    ) -> Result<(), CoordinatorError> {
        let Subject { agent_id, task_id } = subject;
        let agents = agent_id.map(str::to_owned).into_iter().collect();
        let claims = task_id.map(str::to_owned).into_iter().collect();
        self.mirrors.reread(workspace, mirror, agents, claims).await?;
        let held = mirror.with(|picture| Some(picture.agent(agent_id?)?.held.as_ref()?.task_id.clone()));
        match held.filter(|held| Some(held.as_str()) != task_id) {
            Some(held) => self.mirrors.reread(workspace, mirror, Vec::new(), vec![held]).await,
            None => Ok(()),
        }
    }
}
