//! The coordinator and its agents.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{BoardView, CoordinatorError};
use crate::{
    boards::{Board, NewTask},
    clock::Clock,
    model::{
        AgentId, AuditRecord, BoardWrite, Effects, Event, EventKind, OutboxEntry, Principal, RequestId, Task,
        UnixMillis, new_id,
    },
    stores::{ClaimStore, Holding, Registration},
};

/// Coordinates the agents of every workspace.
pub struct Coordinator {
    pub(super) board: Arc<dyn Board>,
    pub(super) claims: Arc<dyn ClaimStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) lease_millis: i64,
    pub(super) owed: Arc<Notify>,
}

/// Who asks, and in which call.
pub(super) struct Asker<'a> {
    pub(super) principal: &'a Principal,
    pub(super) request_id: &'a RequestId,
}

impl Coordinator {
    /// A coordinator over these; `owed` is notified when the outbox has grown.
    pub fn new(
        board: Arc<dyn Board>,
        claims: Arc<dyn ClaimStore>,
        clock: Arc<dyn Clock>,
        lease_millis: i64,
        owed: Arc<Notify>,
    ) -> Self {
        Self { board, claims, clock, lease_millis, owed }
    }

    /// The board's provider.
    pub fn provider(&self) -> &'static str {
        self.board.provider()
    }

    /// Now, by the coordinator's clock.
    pub fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// Registers an agent, or updates one of the same owner.
    pub async fn register(
        &self,
        principal: &Principal,
        request_id: &RequestId,
        registration: Registration,
    ) -> Result<(), CoordinatorError> {
        let now = self.clock.now();
        let id = registration.id.as_str().to_owned();
        let asker = Asker { principal, request_id };
        let effects = Effects {
            audit: vec![asker.audit("agent.register", &id, now)],
            events: vec![Event { kind: EventKind::Agent, subject: id.clone() }],
            ..Effects::default()
        };
        let registered = self.claims.register_agent(&principal.workspace, registration, now, effects).await?;
        registered.then_some(()).ok_or(CoordinatorError::AgentIdTaken(id))
    }

    /// An agent of the workspace, whoever owns it.
    pub async fn agent(&self, principal: &Principal, id: &AgentId) -> Result<Holding, CoordinatorError> {
        let found = self.claims.agent(&principal.workspace, id.as_str(), self.clock.now()).await?;
        found.ok_or_else(|| CoordinatorError::AgentNotFound(id.as_str().to_owned()))
    }

    /// An agent the caller may act for; any other is not found.
    pub(super) async fn own_agent(
        &self,
        principal: &Principal,
        id: &AgentId,
    ) -> Result<Holding, CoordinatorError> {
        let holding = self.agent(principal, id).await?;
        if *holding.agent.owner == *principal.user_id {
            return Ok(holding);
        }
        Err(CoordinatorError::AgentNotFound(id.as_str().to_owned()))
    }

    /// Every agent of the workspace.
    pub async fn agents(&self, principal: &Principal) -> Result<Vec<Holding>, CoordinatorError> {
        Ok(self.claims.agents(&principal.workspace, self.clock.now()).await?)
    }

    /// The whole board.
    pub async fn view(&self, principal: &Principal) -> Result<BoardView, CoordinatorError> {
        let tasks = self.board.tasks(&principal.workspace).await?;
        let claims = self.claims.claims(&principal.workspace).await?;
        Ok(BoardView::new(tasks, claims, self.clock.now()))
    }

    /// One task by id or key, as the claims have it.
    pub async fn task(
        &self,
        principal: &Principal,
        id_or_key: &str,
    ) -> Result<(Task, BoardView), CoordinatorError> {
        let not_found = || CoordinatorError::TaskNotFound(id_or_key.to_owned());
        let task = self.board.task(&principal.workspace, id_or_key).await?.ok_or_else(not_found)?;
        let claim = self.claims.claim_of(&principal.workspace, &task.id).await?;
        let mut view = BoardView::new(vec![task], claim.into_iter().collect(), self.clock.now());
        let task = view.tasks.pop().ok_or_else(not_found)?;
        Ok((task, view))
    }

    /// Makes a task. Dependencies may be given by key or id; one that does not exist is refused.
    pub async fn create_task(
        &self,
        principal: &Principal,
        request_id: &RequestId,
        mut new: NewTask,
    ) -> Result<Task, CoordinatorError> {
        for dependency in &mut new.dependencies {
            let found = self.board.task(&principal.workspace, dependency).await?;
            *dependency = found.ok_or_else(|| CoordinatorError::TaskNotFound(dependency.clone()))?.id;
        }
        let now = self.clock.now();
        let id = new_id(now);
        let asker = Asker { principal, request_id };
        let effects = Effects {
            audit: vec![asker.audit("task.create", &id, now)],
            events: vec![Event { kind: EventKind::Task, subject: id.clone() }],
            ..Effects::default()
        };
        Ok(self.board.create(&principal.workspace, id, new, effects).await?)
    }
}

impl Asker<'_> {
    pub(super) fn audit(&self, action: &'static str, target: &str, now: UnixMillis) -> AuditRecord {
        AuditRecord {
            actor: self.principal.key_id.as_ref().to_owned(),
            action: action.into(),
            target: target.to_owned(),
            request_id: self.request_id.as_str().to_owned(),
            at: now,
        }
    }

    /// The effects of a decision about a task: board writes in order, one audit record, one event.
    pub(super) fn task_effects(
        &self,
        action: &'static str,
        task_id: &str,
        writes: impl IntoIterator<Item = BoardWrite>,
        now: UnixMillis,
    ) -> Effects {
        let entry = |write| OutboxEntry {
            id: new_id(now),
            workspace: self.principal.workspace.clone(),
            task_id: task_id.to_owned(),
            write,
        };
        Effects {
            outbox: writes.into_iter().map(entry).collect(),
            audit: vec![self.audit(action, task_id, now)],
            events: vec![Event { kind: EventKind::Task, subject: task_id.to_owned() }],
        }
    }
}
