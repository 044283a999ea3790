//! Compares what the board has with the records, and decides what people did: people win. What they do on the board ends, releases
//! or reopens what agents hold.
//!
//! The built-in board says when a person last moved a task: no decision is made on a claim that does not know of it, and no
//! move of ours that was decided before is written over it. Of another board, a state is a person's doing only if it differs
//! from what we last delivered, was read after that delivery, and nothing of the task waits in the outbox. Where that cannot
//! be said yet, the task is looked at again. Until a reading has shown what was delivered, one that still shows the state before
//! it is behind, for a minute at most.

use super::{
    Coordinator, CoordinatorError,
    attempt::{ATTEMPTS, Attempt, Subject},
    core::{Command, Decision, Outcome, Snapshot, decide},
    initiator::Initiator,
    lease_loss::LeaseLoss,
    mirror::{BoardReading, Mirror, on_board},
};
use crate::model::{Workspace, new_id};

impl Coordinator {
    /// Decides what people did, given tasks of which the board was read.
    pub(super) async fn reconcile(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        reading: BoardReading,
    ) -> Result<(), CoordinatorError> {
        let BoardReading { found, gone, read_at, .. } = reading;
        for task_id in &found {
            let found = mirror.with(|picture| Some(on_board(&picture.card(task_id, self.now())?.task)));
            let command = |task_name| Command::ReadBoard { found, read_at, task_name };
            self.reconcile_task(workspace, mirror, task_id, &command).await?;
        }
        for task_id in &gone {
            let command = |task_name| Command::ReadBoard { found: None, read_at, task_name };
            if mirror.with(|picture| picture.card(task_id, self.now())).is_none() {
                self.end_orphan(workspace, mirror, task_id).await?;
            } else if self.reconcile_task(workspace, mirror, task_id, &command).await? {
                mirror.with(|picture| picture.remove_task(task_id, self.now()));
            }
        }
        Ok(())
    }

    /// Ends a claim on a task that was gone before this process knew of it. Should it change at this moment, the next
    /// reading of the board finds it again.
    pub(super) async fn end_orphan(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        task_id: &str,
    ) -> Result<(), CoordinatorError> {
        let claims = self.parts.claims.claims(workspace, Some(vec![task_id.to_owned()])).await?;
        let Some(claim) = claims.into_iter().next() else { return Ok(()) };
        let agents = self.parts.claims.agents(workspace, Some(vec![claim.agent_id.clone()])).await?;
        let (held, agent) = (Some(claim.clone()), agents.into_iter().next());
        let term = mirror.with(|picture| picture.term);
        let snapshot = Snapshot { agent, held, claim: Some(claim.clone()), on_board: None, term };
        let now = self.now();
        let command = Command::ReadBoard { found: None, read_at: now.store, task_name: task_id.to_owned() };
        let Ok(decision) = decide(self.rules, &snapshot, &command, now) else { return Ok(()) };
        if !decision.changes_something() {
            return Ok(());
        }
        let request_id = new_id(now.wall);
        let initiator = Initiator::system(workspace, &request_id);
        if self
            .store_first(&initiator, vec![initiator.conditional((&decision, term), None, now)])
            .await?
            .is_some()
        {
            self.carried_out(mirror, &decision);
            LeaseLoss::Gone.log(task_id, &claim, now);
        }
        Ok(())
    }

    /// `false`: it cannot be said yet.
    async fn reconcile_task(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        task_id: &str,
        command: &(dyn Fn(String) -> Command + Sync),
    ) -> Result<bool, CoordinatorError> {
        let now = self.now();
        let Some(card) = mirror.with(|picture| picture.card(task_id, now)) else { return Ok(true) };
        let Some(claim) = &card.claim else { return Ok(true) };
        let command = command(card.name());
        if let Some(until) = mirror.with(|picture| picture.lags_until(task_id, &command)) {
            self.unsettled.add(workspace, task_id, until);
            return Ok(true);
        }
        let snapshot = mirror.with(|picture| picture.snapshot(Some(&claim.agent_id), Some(task_id)));
        let expected = decide(self.rules, &snapshot, &command, now);
        if expected.is_ok_and(|decision| decision.outcome == Outcome::Nothing) {
            return Ok(true);
        }
        let request_id = new_id(now.wall);
        let initiator = Initiator::system(workspace, &request_id);
        let subject = Subject::agent(&claim.agent_id).and_task(Some(task_id));
        let Some(decision) = self.commit_reading(&initiator, mirror, subject, &command).await? else {
            self.unsettled.add(workspace, task_id, now.store);
            return Ok(false);
        };
        if decision.outcome == Outcome::Ended {
            LeaseLoss::of_reading(&command).log(&card.task.key, claim, now);
        }
        Ok(true)
    }

    /// Carries out what the board was found to have; `None`: it cannot be said yet. It attempts, reads the records anew and attempts
    /// again, and reconciles nothing else.
    async fn commit_reading(
        &self,
        initiator: &Initiator<'_>,
        mirror: &Mirror,
        subject: Subject<'_>,
        command: &Command,
    ) -> Result<Option<Box<Decision>>, CoordinatorError> {
        let mut is_fresh = false;
        for _ in 0..ATTEMPTS {
            match self.attempt(initiator, mirror, subject, command).await? {
                Attempt::Stored(decision) => return Ok(Some(decision)),
                Attempt::Unchanged(decision) if is_fresh => return Ok(Some(decision)),
                // Whether a board that cannot say so was moved by a person is looked at again later; nobody waits for it.
                _ if is_fresh && !says_when_moved(mirror, subject) => return Ok(None),
                _ => {}
            }
            self.freshen(initiator.workspace, mirror, subject).await?;
            self.reread_moved(initiator.workspace, mirror, subject).await?;
            is_fresh = true;
        }
        Ok(None)
    }

    /// Reads the task of the board anew if that says when a person moved it.
    pub(super) async fn reread_moved(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        subject: Subject<'_>,
    ) -> Result<BoardReading, CoordinatorError> {
        match subject.task_id.filter(|_| says_when_moved(mirror, subject)) {
            Some(task_id) => self.mirrors.reread_tasks(workspace, mirror, vec![task_id.to_owned()]).await,
            None => Ok(BoardReading::default()),
        }
    }
}

/// Whether the board says when a person last moved the task.
fn says_when_moved(mirror: &Mirror, subject: Subject<'_>) -> bool {
    let snapshot = mirror.with(|picture| picture.snapshot(None, subject.task_id));
    snapshot.on_board.is_some_and(|found| found.moved_at.is_some())
}
