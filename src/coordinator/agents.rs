//! Agents come and go: somebody registers one, an administrator takes one from its owner. Then what it holds is given back, and
//! whoever registers the id next owns it.

use super::{
    Coordinator, CoordinatorError,
    attempt::Subject,
    commit::Committed,
    core::{Command, CommandRefusal, ReportKind},
    error::MOST_AGENTS,
    initiator::Initiator,
};
use crate::{
    model::{AgentId, Principal, Profile, RequestId, Workspace},
    telemetry::metrics::{LIMIT_HITS, Limit},
};

/// What the board is told.
const MESSAGE: &str = "an administrator took the agent from its owner";

impl Coordinator {
    /// Registers an agent, or updates one of the same owner, which keeps what it holds.
    pub async fn register(
        &self,
        principal: &Principal,
        request_id: &RequestId,
        id: AgentId,
        profile: Profile,
    ) -> Result<(), CoordinatorError> {
        let initiator = Initiator::of(principal, request_id);
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let is_full = mirror.with(|picture| {
            let own = picture.agents_after(None).filter(|agent| *agent.owner == *principal.user_id);
            picture.agent(id.as_str()).is_none() && own.count() >= MOST_AGENTS
        });
        if is_full {
            LIMIT_HITS.add(Limit::Agents);
            return Err(CoordinatorError::TooManyAgents);
        }
        let taken = CoordinatorError::AgentIdTaken(id.as_str().to_owned());
        let agent_id = id.as_str().to_owned();
        let command = Command::Register { id, owner: principal.user_id.as_ref().to_owned(), profile };
        match self.commit(&initiator, Subject::agent(&agent_id), &command).await? {
            Committed::Done(_) => Ok(()),
            Committed::Refused(CommandRefusal::AnothersAgent) => Err(taken),
            Committed::Refused(_) => Err(CoordinatorError::AgentNotFound(agent_id)),
        }
    }

    /// Takes an agent from its owner, in the name of `actor`; the key of the task it held. Ownership ends first: from then on nobody
    /// acts for it, so that it takes nothing new before its task is given back. What is half done is finished when asked again.
    pub async fn release_agent(
        &self,
        workspace: &Workspace,
        (actor, request_id): (&str, &RequestId),
        agent_id: &str,
    ) -> Result<Option<String>, CoordinatorError> {
        let initiator = Initiator { workspace, key: actor, request_id: request_id.as_str() };
        let agent = Subject::agent(agent_id);
        if let Committed::Refused(_) = self.commit(&initiator, agent, &Command::Disown).await? {
            return Err(CoordinatorError::AgentNotFound(agent_id.to_owned()));
        }
        let mirror = self.mirrors.of(workspace).await?;
        self.freshen(workspace, &mirror, agent).await?;
        let now = self.now();
        let held = mirror.with(|picture| picture.live_claim(picture.agent(agent_id)?, now.store));
        let Some(claim) = held else { return Ok(None) };
        let command = Command::Report {
            generation: Some(claim.generation),
            kind: ReportKind::Release,
            message: MESSAGE.to_owned(),
        };
        match self.commit(&initiator, agent.and_task(Some(&claim.task_id)), &command).await? {
            Committed::Done(_) => {
                let card = mirror.with(|picture| picture.card(&claim.task_id, now));
                Ok(Some(card.map_or_else(|| claim.task_id.clone(), |card| card.task.key.clone())))
            }
            // It holds the task no longer.
            Committed::Refused(_) => Ok(None),
        }
    }
}
