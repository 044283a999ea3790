//! The end of leases: recorded once, whoever sees it first.

use futures_util::future::join_all;

use super::{
    Coordinator, CoordinatorError,
    attempt::Subject,
    commit::Committed,
    core::{Command, Outcome},
    initiator::Initiator,
    lease_loss::LeaseLoss,
};
use crate::model::{Workspace, new_id};

/// Ended leases recorded at once.
const MOST_ENDED: u32 = 256;

impl Coordinator {
    /// Records ended leases, and wakes who waits for a task that time alone has freed. To be called every second. No workspace waits
    /// for the board of another.
    pub async fn expire_leases(&self) -> Result<(), CoordinatorError> {
        for (_, mirror) in self.mirrors.filled() {
            // Leases end and old tasks rise by time alone; whoever waits hears of it here.
            mirror.with(|picture| picture.advance(self.now()));
        }
        let expire = async |workspace: Workspace| {
            for claim in self.parts.claims.expired(&workspace, self.now().store, MOST_ENDED).await? {
                self.expire_lease(&workspace, &claim.task_id).await?;
            }
            Ok(())
        };
        join_all(self.workspaces().into_iter().map(expire)).await.into_iter().collect()
    }

    async fn expire_lease(&self, workspace: &Workspace, task_id: &str) -> Result<(), CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        self.mirrors.reread(workspace, &mirror, Vec::new(), vec![task_id.to_owned()]).await?;
        let now = self.now();
        let Some(card) = mirror.with(|picture| picture.card(task_id, now)) else {
            return self.end_orphan(workspace, &mirror, task_id).await;
        };
        let request_id = new_id(now.wall);
        let initiator = Initiator::system(workspace, &request_id);
        let command = Command::ExpireLease { task_name: card.name() };
        let Committed::Done(decision) = self.commit(&initiator, Subject::task(task_id), &command).await?
        else {
            return Ok(());
        };
        let loss = match decision.outcome {
            Outcome::Expired => LeaseLoss::Expired,
            Outcome::Parked => LeaseLoss::Parked,
            _ => return Ok(()),
        };
        if let Some(claim) = &decision.claim {
            loss.log(&card.task.key, claim, now);
        }
        Ok(())
    }
}
