//! What agents say of the tasks they hold.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};

use super::{
    Coordinator, CoordinatorError,
    actor::{Actor, Decided},
    core::{Event as Happening, Outcome, Refusal, Saying},
};
use crate::{
    model::{AgentId, BoardWrite, Claim, Effects, OutboxEntry, Principal, RequestId},
    secrets::sha256,
    stores::ConditionalWrite,
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
        self.own_agent(principal, said.agent_id).await?;
        let actor = Actor::of(principal, request_id);
        let event = Happening::Say {
            generation: said.generation,
            saying: said.speech.clone(),
            message: said.message.to_owned(),
        };
        let mut task_id = self.spoken_of(principal, &said).await?;
        let mut decided = self.decide(&actor, Some(agent_id), Some(&task_id), &event).await?;
        if let (Decided::Refused(_), None) = (&decided, said.task_id) {
            // The records are those of the store by now: it may hold another task since.
            let now = self.spoken_of(principal, &said).await.unwrap_or_else(|_| task_id.clone());
            if now != task_id {
                task_id = now;
                decided = self.decide(&actor, Some(agent_id), Some(&task_id), &event).await?;
            }
        }
        match decided {
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
                let is_kept = !said.message.is_empty();
                Err(CoordinatorError::NotTaskHolder { agent_id: agent_id.to_owned(), task_id, why, is_kept })
            }
        }
    }

    /// The task that is named, or else the one the agent holds.
    async fn spoken_of(&self, principal: &Principal, said: &Said<'_>) -> Result<String, CoordinatorError> {
        if let Some(named) = said.task_id {
            return Ok(self.task(principal, named).await?.task.id.clone());
        }
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let agent_id = said.agent_id.as_str();
        let held = || mirror.with(|picture| Some(picture.agent(agent_id)?.held.as_ref()?.task_id.clone()));
        if let Some(held) = held() {
            return Ok(held);
        }
        self.freshen(&mirror, &principal.workspace, Some(agent_id), None).await?;
        held().ok_or_else(|| {
            let notices = mirror.with(|picture| picture.agent(agent_id).map(|agent| agent.notices.clone()));
            CoordinatorError::HoldsNothing {
                agent_id: agent_id.to_owned(),
                notices: notices.unwrap_or_default(),
            }
        })
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
        let now = self.now().wall;
        let digest = sha256(format!("{task_id}\n{text}"));
        let id = URL_SAFE_NO_PAD.encode(&digest[..16]);
        let entry = OutboxEntry { id, ..actor.owed(task_id, (BoardWrite::Comment { text }, None), now) };
        let effects = Effects { outbox: vec![entry], ..Effects::default() };
        self.parts
            .claims
            .commit_first(actor.workspace, vec![ConditionalWrite { effects, ..ConditionalWrite::default() }])
            .await?;
        self.parts.owed.notify_one();
        Ok(())
    }
}
