//! What an agent is told about the task it was granted.

use std::sync::Arc;

use super::{
    Coordinator, CoordinatorError,
    instructor::{Brief, Outcome, definition_of_done},
    mirror::{Mirror, TaskCard},
};
use crate::model::{Claim, ClaimState, Principal, TaskStatus};

impl Coordinator {
    /// What the holder of a task is told.
    pub async fn instructions_for(
        &self,
        principal: &Principal,
        card: &TaskCard,
        claim: &Claim,
    ) -> Result<String, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        Ok(self.instructions(&mirror, card, claim).await)
    }

    pub(super) async fn instructions(&self, mirror: &Mirror, card: &TaskCard, claim: &Claim) -> String {
        let now = self.now();
        let outcome = |id: &String| {
            let card = mirror.with(|picture| picture.card(id, now))?;
            // What an agent said of a task that a person ended is not how it ended.
            let said =
                card.claim.as_ref().filter(|claim| card.task.id == *id && claim.state == ClaimState::Done);
            Some(Outcome {
                key: card.task.key.clone(),
                title: card.task.title.clone(),
                is_cancelled: card.status == TaskStatus::Cancelled,
                said: said.map(|claim| (claim.agent_id.clone(), claim.message.clone())),
            })
        };
        let brief = Brief {
            task: Arc::clone(&card.task),
            dependencies: card.task.dependencies.iter().filter_map(outcome).collect(),
            hand_off: claim.hand_off.clone().filter(|note| {
                note.progress > 0 || !note.message.is_empty() || note.agent_id != claim.agent_id
            }),
            definition_of_done: definition_of_done(&card.task.description),
            lease_ends_at: now.on_wall(claim.expires_at),
        };
        self.parts.instructor.write(&brief).await
    }
}
