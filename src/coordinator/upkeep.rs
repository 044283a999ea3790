//! What keeps the picture true beside the calls: following events, ending leases, reading the board.

use std::collections::BTreeSet;

use super::{
    Coordinator, CoordinatorError,
    actor::{Actor, Decided},
    core::{Event as Happening, Outcome},
};
use crate::{
    model::{Workspace, new_id},
    stores::StoredEvent,
};

/// Ended leases recorded in one sweep.
const MOST_ENDED: u32 = 256;

impl Coordinator {
    /// Brings the mirrors up with events and decides what people did.
    pub async fn follow(&self, events: &[StoredEvent]) -> Result<(), CoordinatorError> {
        for (workspace, looked) in self.mirrors.follow(events).await? {
            let mirror = self.mirrors.of(&workspace).await?;
            self.look_at(&workspace, &mirror, looked).await?;
        }
        Ok(())
    }

    /// Fills the mirror of a workspace, so that the first call need not, and decides what people did while nobody looked.
    pub async fn warm(&self, workspace: &Workspace) -> Result<(), CoordinatorError> {
        let (mirror, looked) = self.mirrors.fill(workspace).await?;
        self.look_at(workspace, &mirror, looked).await
    }

    /// Reads every board that was read before, and the default one, anew.
    pub async fn reread(&self) -> Result<(), CoordinatorError> {
        let read = self.mirrors.filled().into_iter().map(|(workspace, _)| workspace);
        for workspace in read.chain([Workspace::default()]).collect::<BTreeSet<_>>() {
            self.warm(&workspace).await?;
        }
        Ok(())
    }

    /// Records ended leases, looks again at what people may have done, and reads boards that are due. To be called every
    /// second.
    pub async fn sweep(&self) -> Result<(), CoordinatorError> {
        for (workspace, tasks) in self.unsettled.take() {
            let mirror = self.mirrors.of(&workspace).await?;
            let looked = self.mirrors.reread_tasks(&workspace, &mirror, tasks.into_iter().collect()).await?;
            self.look_at(&workspace, &mirror, looked).await?;
        }
        for (workspace, claim) in self.parts.claims.expired(self.now().store, MOST_ENDED).await? {
            self.end_lease(&workspace, &claim.task_id).await?;
        }
        for (workspace, mirror) in self.mirrors.filled() {
            // Leases end and old tasks rise by time alone; whoever waits hears of it here.
            mirror.with(|picture| picture.advance(self.now()));
            if mirror.refreshed_at().plus(self.parts.refresh_millis) <= self.now().store {
                let looked = self.mirrors.refresh(&workspace, &mirror).await?;
                self.look_at(&workspace, &mirror, looked).await?;
            }
        }
        Ok(())
    }

    async fn end_lease(&self, workspace: &Workspace, task_id: &str) -> Result<(), CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        self.mirrors.reread(workspace, &mirror, Vec::new(), vec![task_id.to_owned()]).await?;
        let now = self.now();
        let Some(card) = mirror.with(|picture| picture.card(task_id, now)) else {
            return self.end_orphan(workspace, &mirror, task_id).await;
        };
        let task_name = card.name();
        let request_id = new_id(now.wall);
        let actor = Actor::system(workspace, &request_id);
        let event = Happening::Expire { task_name };
        if let Decided::Done(step) = self.decide(&actor, None, Some(task_id), &event).await? {
            match step.outcome {
                Outcome::Expired => {
                    tracing::info!(task = card.task.key, "a lease ended, the task is offered again");
                }
                Outcome::Parked => {
                    tracing::warn!(
                        task = card.task.key,
                        "three holders in a row lost the task, it is parked"
                    );
                }
                _ => {}
            }
        }
        Ok(())
    }
}
