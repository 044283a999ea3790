//! People win: what they do on the board ends, releases or reopens what agents hold.
//!
//! The built-in board says when a person last moved a task: no decision is made on a claim that does not know of it, and no
//! move of ours that was decided before is written over it. Of another board, a state is a person's doing only if it differs
//! from what we last delivered, was read after that delivery, and nothing of the task waits in the outbox. Where that cannot
//! be said yet, the task is looked at again.

use super::{
    Coordinator, CoordinatorError,
    actor::{Actor, Decided},
    core::{Event as Happening, Outcome, Snapshot, step},
    mirror::{Looked, Mirror, on_board},
};
use crate::model::{StoreMillis, Workspace, new_id};

impl Coordinator {
    /// Decides what people did, given tasks of which the board was read.
    pub(super) async fn look_at(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        looked: Looked,
    ) -> Result<(), CoordinatorError> {
        for task_id in &looked.found {
            self.look_at_task(workspace, mirror, task_id, (true, looked.read_at)).await?;
        }
        for task_id in &looked.gone {
            if mirror.with(|picture| picture.card(task_id, self.now())).is_none() {
                self.end_orphan(workspace, mirror, task_id).await?;
            } else if self.look_at_task(workspace, mirror, task_id, (false, looked.read_at)).await? {
                mirror.with(|picture| picture.remove_task(task_id, self.now()));
            }
        }
        Ok(())
    }

    /// Ends a claim on a task that was gone before this process knew of it. Should it change at this moment, the next
    /// look at the board finds it again.
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
        let snapshot = Snapshot { agent, held, claim: Some(claim), on_board: None };
        let now = self.now();
        let event = Happening::Board { found: None, read_at: now.store, task_name: task_id.to_owned() };
        let Ok(step) = step(self.rules, &snapshot, &event, now) else { return Ok(()) };
        if !step.changes_something() {
            return Ok(());
        }
        let request_id = new_id(now.wall);
        let actor = Actor::system(workspace, &request_id);
        if self.store_first(&actor, vec![actor.conditional(&step, None, now)]).await?.is_some() {
            self.carried_out(mirror, &step);
            tracing::info!(task = task_id, "a held task is gone from the board, which ended its claim");
        }
        Ok(())
    }

    /// `false`: it cannot be said yet.
    async fn look_at_task(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        task_id: &str,
        (is_there, read_at): (bool, StoreMillis),
    ) -> Result<bool, CoordinatorError> {
        let now = self.now();
        let Some(card) = mirror.with(|picture| picture.card(task_id, now)) else { return Ok(true) };
        let Some(claim) = &card.claim else { return Ok(true) };
        let event = Happening::Board {
            found: is_there.then(|| on_board(&card.task)),
            read_at,
            task_name: card.name(),
        };
        let snapshot = mirror.with(|picture| picture.snapshot(Some(&claim.agent_id), Some(task_id)));
        let expected = step(self.rules, &snapshot, &event, now);
        if expected.is_ok_and(|step| step.outcome == Outcome::Nothing) {
            return Ok(true);
        }
        let request_id = new_id(now.wall);
        let actor = Actor::system(workspace, &request_id);
        match self.decide(&actor, Some(&claim.agent_id), Some(task_id), &event).await {
            Ok(Decided::Done(step)) => {
                if step.outcome == Outcome::Ended {
                    tracing::info!(task = card.task.key, "a person moved the task, which ended its claim");
                }
                Ok(true)
            }
            Ok(Decided::Refused(_)) => Ok(true),
            Err(CoordinatorError::Contended) => {
                self.unsettled.add(workspace, task_id);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
