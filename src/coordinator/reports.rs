//! What agents say of the tasks they hold.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{
    Coordinator, CoordinatorError,
    actor::{Actor, Decided},
    core::{Event as Happening, Outcome, Refusal, Saying},
};
use crate::{
    model::{AgentId, BoardWrite, Claim, Effects, OutboxEntry, Principal, RequestId},
    stores::Choice,
};

/// What an agent says of its task.
pub type Speech = Saying;

/// A report on a task.
#[derive(Debug)]
pub struct Said<'a> {
    /// Who reports.
    pub agent_id: &'a AgentId,
    /// On which task, by id or key; `None`: the one it holds.
    pub task_id: Option<&'a str>,
    /// Under which claim; `None`: the agent's newest.
    pub generation: Option<i64>,
    /// What is reported.
    pub speech: Speech,
    /// In the agent's words.
    pub message: &'a str,
}

/// A report that was taken.
#[derive(Debug)]
pub struct Reported {
    /// The claim as it now stands.
    pub claim: Claim,
    /// What the agent must be told.
    pub notices: Vec<String>,
}

impl Coordinator {
    /// Takes a report of the task's holder. Anybody else's changes nothing; its text is kept as a comment.
    pub async fn report(
        &self,
        principal: &Principal,
        request_id: &RequestId,
        said: Said<'_>,
    ) -> Result<Reported, CoordinatorError> {
        let agent_id = said.agent_id.as_str();
        let held = self.own_agent(principal, said.agent_id).await?;
        let task_id = match said.task_id {
            Some(named) => self.task(principal, named).await?.task.id.clone(),
            None => {
                let named = held.agent.held.as_ref().map(|held| held.task_id.clone());
                named.ok_or_else(|| CoordinatorError::HoldsNothing(agent_id.to_owned()))?
            }
        };
        let actor = Actor::of(principal, request_id);
        let event = Happening::Say {
            generation: said.generation,
            saying: said.speech,
            message: said.message.to_owned(),
        };
        match self.decide(&actor, Some(agent_id), Some(&task_id), &event).await? {
            Decided::Done(step) => {
                let repeated = step.outcome == Outcome::Repeated;
                let claim = match step.claim {
                    Some(claim) => Some(claim),
                    None if repeated => self.newest_claim(principal, &task_id).await?,
                    None => None,
                };
                let claim = claim.ok_or(CoordinatorError::Contended)?;
                Ok(Reported { claim, notices: step.notices })
            }
            Decided::Refused(Refusal::NoAgent) => Err(CoordinatorError::AgentNotFound(agent_id.to_owned())),
            Decided::Refused(why) => {
                self.keep_words(&actor, agent_id, &task_id, (said.generation, said.message)).await?;
                let task_id = said.task_id.map_or(task_id, str::to_owned);
                Err(CoordinatorError::NotTaskHolder { agent_id: agent_id.to_owned(), task_id, why })
            }
        }
    }

    async fn newest_claim(
        &self,
        principal: &Principal,
        task_id: &str,
    ) -> Result<Option<Claim>, CoordinatorError> {
        Ok(self.task(principal, task_id).await?.claim.as_deref().cloned())
    }

    /// Keeps what a refused report said as a comment, once however often it is sent.
    async fn keep_words(
        &self,
        actor: &Actor<'_>,
        agent_id: &str,
        task_id: &str,
        (generation, message): (Option<i64>, &str),
    ) -> Result<(), CoordinatorError> {
        if message.is_empty() {
            return Ok(());
        }
        let under = generation.map(|number| format!(" under claim_generation {number}")).unwrap_or_default();
        let text = format!("📝 Not accepted from {agent_id}{under}, which does not hold the task: {message}");
        let now = self.now();
        let digest = Sha256::digest(format!("{task_id}\n{text}"));
        let id = URL_SAFE_NO_PAD.encode(&digest[..16]);
        let entry = OutboxEntry { id, ..actor.owed(task_id, BoardWrite::Comment { text }, now) };
        let effects = Effects { outbox: vec![entry], ..Effects::default() };
        self.parts.claims.decide(actor.workspace, vec![Choice { effects, ..Choice::default() }]).await?;
        self.parts.owed.notify_one();
        Ok(())
    }
}
