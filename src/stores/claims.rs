//! Agents, claims and completions: the truth about who holds what.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Agent, AgentId, Claim, Effects, UnixMillis, Workspace};

/// What an agent says of itself.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its id.
    pub id: AgentId,
    /// The user who registers it.
    pub owner: String,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub role: String,
    /// What it is good at.
    pub skills: Vec<String>,
}

/// A task that may be granted, with what granting it entails.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The task.
    pub task_id: String,
    /// Appended if and only if this one is granted.
    pub effects: Effects,
}

/// A wish for a task.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// The tenant.
    pub workspace: Workspace,
    /// The agent.
    pub agent_id: String,
    /// At most 16, best first.
    pub candidates: Vec<Candidate>,
    /// Now.
    pub now: UnixMillis,
    /// Length of the lease in milliseconds.
    pub lease_millis: i64,
}

/// What the last holder of a task left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOff {
    /// Who held it.
    pub agent_id: String,
    /// Percent done, as they last reported.
    pub progress: u8,
    /// What they last said.
    pub message: String,
    /// How long they held it, in milliseconds.
    pub held_millis: i64,
}

/// What a wish came to.
#[derive(Clone, Debug)]
pub enum ClaimOutcome {
    /// The first free candidate is the agent's now.
    Granted(Claim, Option<HandOff>),
    /// The agent already holds a task; its lease was renewed, nothing was granted.
    Held(Claim),
    /// Every candidate is held by somebody or finished.
    AllTaken,
}

/// What an agent reports.
#[derive(Clone, Debug)]
pub enum ReportKind {
    /// It goes on.
    Progress {
        /// Percent done.
        progress: u8,
    },
    /// It is finished.
    Complete,
    /// It cannot go on: the claim ends.
    Block,
}

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    /// The tenant.
    pub workspace: Workspace,
    /// The agent.
    pub agent_id: String,
    /// The task.
    pub task_id: String,
    /// The claim it is about; `None` means the agent's newest one.
    pub generation: Option<i64>,
    /// What is reported.
    pub kind: ReportKind,
    /// What the agent says.
    pub message: String,
    /// Now.
    pub now: UnixMillis,
    /// Length of the lease in milliseconds.
    pub lease_millis: i64,
    /// Appended if and only if the report is accepted and new.
    pub effects: Effects,
}

/// What a report came to.
#[derive(Clone, Debug)]
pub enum ReportOutcome {
    /// Taken.
    Accepted(Claim),
    /// The same final report was taken before; nothing changed.
    Repeated(Claim),
    /// The sender is not the holder under that generation; nothing changed.
    NotHolder,
}

/// An agent with the claim it holds at the moment of asking.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The agent.
    pub agent: Agent,
    /// Its live claim.
    pub claim: Option<Claim>,
}

/// Agents, claims and completions of every workspace.
#[async_trait]
pub trait ClaimStore: Send + Sync {
    /// Registers an agent or updates name, role and skills of one with the same owner (it keeps its claim).
    /// `false`: the id belongs to another owner and nothing changed.
    async fn register_agent(
        &self,
        workspace: &Workspace,
        registration: Registration,
        now: UnixMillis,
        effects: Effects,
    ) -> Result<bool, StoreError>;

    /// An agent and what it holds.
    async fn agent(
        &self,
        workspace: &Workspace,
        id: &str,
        now: UnixMillis,
    ) -> Result<Option<Holding>, StoreError>;

    /// Every agent and what it holds, by agent id.
    async fn agents(&self, workspace: &Workspace, now: UnixMillis) -> Result<Vec<Holding>, StoreError>;

    /// In one step: returns the claim the agent holds (renewed), or grants the first candidate without a live
    /// claim or completion. A grant's generation is `max(last + 1, now in Unix seconds)`.
    async fn claim(&self, request: ClaimRequest) -> Result<ClaimOutcome, StoreError>;

    /// In one step: takes a report of the holder, also after its lease ended as long as nobody else was granted
    /// the task and the agent holds nothing else (a completion is taken even then).
    async fn report(&self, report: Report) -> Result<ReportOutcome, StoreError>;

    /// The newest claim of every task that ever had one.
    async fn claims(&self, workspace: &Workspace) -> Result<Vec<Claim>, StoreError>;

    /// The newest claim of one task.
    async fn claim_of(&self, workspace: &Workspace, task_id: &str) -> Result<Option<Claim>, StoreError>;
}
