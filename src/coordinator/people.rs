//! People win: what they do on the board ends, releases or reopens what agents hold.
//!
//! A state of the board is a person's doing only if it differs from what we last delivered, was read after that delivery,
//! and nothing of the task waits in the outbox. Where that cannot be said yet, the task is looked at again.

use super::{
    Coordinator, CoordinatorError,
    actor::{Actor, Decided},
    core::{Event as Happening, OnBoard, Outcome, step},
    mirror::{Looked, Mirror},
};
use crate::model::{UnixMillis, Workspace, new_id};

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
            if self.look_at_task(workspace, mirror, task_id, (false, looked.read_at)).await? {
                mirror.with(|picture| picture.remove_task(task_id, self.now()));
            }
        }
        Ok(())
    }

    /// `false`: it cannot be said yet.
    async fn look_at_task(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        task_id: &str,
        (is_there, read_at): (bool, UnixMillis),
    ) -> Result<bool, CoordinatorError> {
        let now = self.now();
        let Some(card) = mirror.with(|picture| picture.card(task_id, now)) else { return Ok(true) };
        let Some(claim) = &card.claim else { return Ok(true) };
        let event = Happening::Board {
            found: is_there
                .then(|| OnBoard { status: card.task.status, assigned: card.task.assignee.is_some() }),
            read_at,
            task_name: card.name(),
        };
        let snapshot = mirror.with(|picture| picture.snapshot(Some(&claim.agent_id), Some(task_id)));
        let expected = step(self.rules, &snapshot, &event, now);
        if expected.is_ok_and(|step| step.outcome == Outcome::Nothing) {
            return Ok(true);
        }
        let request_id = new_id(now);
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
