//! An administrator takes an agent from its owner: what it holds is given back, and whoever registers the id next owns it.

use super::{
    Coordinator, CoordinatorError,
    actor::{Actor, Decided},
    core::{Event as Happening, Saying},
};
use crate::model::{RequestId, Workspace};

/// What the board is told.
const MESSAGE: &str = "an administrator took the agent from its owner";

impl Coordinator {
    /// Takes an agent from its owner, in the name of `actor`; the key of the task it held. Ownership ends first: from then on nobody
    /// acts for it, so that it takes nothing new before its task is given back. What is half done is finished when asked again.
    pub async fn release_agent(
        &self,
        workspace: &Workspace,
        (actor, request_id): (&str, &RequestId),
        agent_id: &str,
    ) -> Result<Option<String>, CoordinatorError> {
        let actor = Actor { workspace, key: actor, request_id: request_id.as_str() };
        if let Decided::Refused(_) = self.decide(&actor, Some(agent_id), None, &Happening::Disown).await? {
            return Err(CoordinatorError::AgentNotFound(agent_id.to_owned()));
        }
        let mirror = self.mirrors.of(workspace).await?;
        self.freshen(&mirror, workspace, Some(agent_id), None).await?;
        let now = self.now();
        let held = mirror.with(|picture| picture.live_claim(picture.agent(agent_id)?, now.store));
        let Some(claim) = held else { return Ok(None) };
        let event = Happening::Say {
            generation: Some(claim.generation),
            saying: Saying::Release,
            message: MESSAGE.to_owned(),
        };
        match self.decide(&actor, Some(agent_id), Some(&claim.task_id), &event).await? {
            Decided::Done(_) => {
                let card = mirror.with(|picture| picture.card(&claim.task_id, now));
                Ok(Some(card.map_or_else(|| claim.task_id.clone(), |card| card.task.key.clone())))
            }
            // It holds the task no longer.
            Decided::Refused(_) => Ok(None),
        }
    }
}
