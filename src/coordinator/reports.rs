//! Reports of agents on the tasks they hold.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};

use super::{
    Coordinator, CoordinatorError,
    attempt::Subject,
    commit::Committed,
    core::{Command, CommandRefusal, Outcome, ReportKind, history},
    initiator::Initiator,
};
use crate::{
    model::{AgentId, BoardWrite, Claim, Effects, OutboxEntry, Principal, RequestId},
    secrets::sha256,
    stores::ConditionalWrite,
    telemetry::metrics::{CLAIMS, ClaimEvent},
};

/// A report on a task.
#[derive(Debug)]
pub struct Report<'a> {
    /// Who reports.
    pub agent_id: &'a AgentId,
    /// On which task, by id or key; `None`: the one it holds.
    pub task_id: Option<&'a str>,
    /// Under which claim; `None`: the agent's newest.
    pub generation: Option<i64>,
    /// What is reported.
    pub kind: ReportKind,
    /// In the agent's words.
    pub message: &'a str,
}

/// A report that was taken.
#[derive(Debug)]
pub struct AcceptedReport {
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
        report: Report<'_>,
    ) -> Result<AcceptedReport, CoordinatorError> {
        let agent_id = report.agent_id.as_str();
        self.own_agent(principal, report.agent_id).await?;
        let initiator = Initiator::of(principal, request_id);
        let command = Command::Report {
            generation: report.generation,
            kind: report.kind.clone(),
            message: report.message.to_owned(),
        };
        let agent = Subject::agent(agent_id);
        let mut task_id = self.reported_task(principal, &report).await.inspect_err(|error| {
            if matches!(error, CoordinatorError::HoldsNothing { .. }) {
                CLAIMS.add(ClaimEvent::Refused);
            }
        })?;
        let mut committed = self.commit(&initiator, agent.and_task(Some(&task_id)), &command).await?;
        if let (Committed::Refused(_), None) = (&committed, report.task_id) {
            // The records are those of the store by now: it may hold another task since.
            let now = self.reported_task(principal, &report).await.unwrap_or_else(|_| task_id.clone());
            if now != task_id {
                task_id = now;
                committed = self.commit(&initiator, agent.and_task(Some(&task_id)), &command).await?;
            }
        }
        match committed {
            Committed::Done(decision) => {
                let repeated = decision.outcome == Outcome::Repeated;
                let claim = match decision.claim {
                    Some(claim) => Some(claim),
                    None if repeated => self.newest_claim(principal, &task_id).await?,
                    None => None,
                };
                let claim = claim.ok_or(CoordinatorError::Contended)?;
                Ok(AcceptedReport { claim, notices: decision.notices })
            }
            Committed::Refused(why) => self.refuse((principal, &initiator), task_id, &report, why).await,
        }
    }

    /// Why a report was refused, by records just read: its message is kept, but not that of an agent that was
    /// taken from its owner since.
    async fn refuse(
        &self,
        (principal, initiator): (&Principal, &Initiator<'_>),
        task_id: String,
        report: &Report<'_>,
        why: CommandRefusal,
    ) -> Result<AcceptedReport, CoordinatorError> {
        self.own_agent(principal, report.agent_id).await?;
        let agent_id = report.agent_id.as_str().to_owned();
        if why == CommandRefusal::NoAgent {
            return Err(CoordinatorError::AgentNotFound(agent_id));
        }
        if self.is_untold(principal, &task_id).await? {
            let place = self.parts.boards.of(&principal.workspace).describe().place();
            return Err(CoordinatorError::BoardLoading(place));
        }
        CLAIMS.add(ClaimEvent::Refused);
        self.keep_message(initiator, &task_id, report, why).await?;
        let task_id = report.task_id.map_or(task_id, str::to_owned);
        let is_kept = !report.message.is_empty();
        Err(CoordinatorError::NotTaskHolder { agent_id, task_id, why, is_kept })
    }

    /// The task that is named, or else the one the agent holds.
    async fn reported_task(
        &self,
        principal: &Principal,
        report: &Report<'_>,
    ) -> Result<String, CoordinatorError> {
        if let Some(named) = report.task_id {
            return Ok(self.task(principal, named).await?.task.id.clone());
        }
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let agent_id = report.agent_id.as_str();
        let held = || mirror.with(|picture| Some(picture.agent(agent_id)?.held.as_ref()?.task_id.clone()));
        if let Some(held) = held() {
            return Ok(held);
        }
        self.freshen(&principal.workspace, &mirror, Subject::agent(agent_id)).await?;
        // It may have been taken from its owner meanwhile.
        self.own_agent(principal, report.agent_id).await?;
        held().ok_or_else(|| {
            let notices = mirror.with(|picture| picture.agent(agent_id).map(|agent| agent.notices.clone()));
            CoordinatorError::HoldsNothing {
                agent_id: agent_id.to_owned(),
                notices: notices.unwrap_or_default(),
            }
        })
    }

    /// Whether the board may still tell of a claim on the task that no record tells of.
    async fn is_untold(&self, principal: &Principal, task_id: &str) -> Result<bool, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        Ok(mirror.with(|picture| {
            let card = picture.card(task_id, self.now());
            card.is_some_and(|card| picture.is_untold(&card.task))
        }))
    }

    async fn newest_claim(
        &self,
        principal: &Principal,
        task_id: &str,
    ) -> Result<Option<Claim>, CoordinatorError> {
        Ok(self.task(principal, task_id).await?.claim.as_deref().cloned())
    }

    /// Keeps what a refused report said as a comment, once however often it is sent.
    async fn keep_message(
        &self,
        initiator: &Initiator<'_>,
        task_id: &str,
        report: &Report<'_>,
        why: CommandRefusal,
    ) -> Result<(), CoordinatorError> {
        let (agent_id, message) = (report.agent_id.as_str(), report.message);
        if message.is_empty() {
            return Ok(());
        }
        let generation = report.generation;
        let under = generation.map(|number| format!(" under claim_generation {number}")).unwrap_or_default();
        let text = format!("📝 Not accepted from {agent_id}{under}, which does not hold the task: {message}");
        let moment = self.now();
        let now = moment.wall;
        let digest = sha256(format!("{task_id}\n{text}"));
        let id = URL_SAFE_NO_PAD.encode(&digest[..16]);
        let entry = OutboxEntry { id, ..initiator.owed(task_id, BoardWrite::comment(text), None, now) };
        let history =
            history::refused((task_id, agent_id), generation, why, (initiator.key, message), moment);
        let effects = Effects { outbox: vec![entry], history: vec![history], ..Effects::default() };
        let write = ConditionalWrite { effects, ..ConditionalWrite::default() };
        self.parts.claims.commit_first(initiator.workspace, vec![write]).await?;
        self.parts.owed.notify_one();
        Ok(())
    }
}
