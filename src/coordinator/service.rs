//! The coordinator, its agents and its tasks.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    CoordinatorError,
    browse::{KeptKnots, SearchTurns, Turns},
    core::Rules,
    delivery::HeldBack,
    guidance::{Instructor, brief},
    initiator::Initiator,
    mirror::{FollowedTo, Mirrors, TaskCard, UnsettledTasks},
};
use crate::{
    boards::{Boards, Created, answer_in_time},
    clock::Clock,
    model::{
        Agent, AgentId, Claim, Code, Effects, Event, EventKind, HistoryAction, HistoryEntry, Moment, NewTask,
        Principal, RequestId, Task, UnixMillis, Workspace, is_seen, new_id, without_repeats,
    },
    stores::{ClaimStore, ConditionalWrite, EventLog, FollowerStore, HistoryStore, Outbox, TaskStore},
};

/// What a coordinator works with.
pub struct CoordinatorParts {
    /// The board of each workspace.
    pub boards: Arc<Boards>,
    /// Agents and claims.
    pub claims: Arc<dyn ClaimStore>,
    /// What every process has to hear of.
    pub events: Arc<dyn EventLog>,
    /// Which process has which turn.
    pub followers: Arc<dyn FollowerStore>,
    /// This process's name among those on the same store.
    pub instance: String,
    /// The tasks of a board that is built in.
    pub tasks: Arc<dyn TaskStore>,
    /// What became of tasks.
    pub history: Arc<dyn HistoryStore>,
    /// What the board is owed.
    pub outbox: Arc<dyn Outbox>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Notified when the outbox has grown.
    pub owed: Arc<Notify>,
    /// Writes what an agent is told to do.
    pub instructor: Arc<dyn Instructor>,
    /// Fires when the process is about to stop: whoever waits for a task is answered.
    pub stopping: CancellationToken,
    /// Length of a lease in milliseconds.
    pub lease_millis: i64,
    /// How often the whole board is read, in milliseconds.
    pub refresh_millis: i64,
}

/// Coordinates the agents of every workspace.
pub struct Coordinator {
    pub(super) parts: CoordinatorParts,
    pub(super) rules: Rules,
    /// The boards in memory.
    pub(super) mirrors: Mirrors,
    pub(super) followed: FollowedTo,
    /// Boards that take no writes just now.
    pub(super) held_back: HeldBack,
    /// Tasks whose board differs from what we wrote, for a reason not known yet.
    pub(super) unsettled: UnsettledTasks,
    /// Turns at looking for text.
    pub(super) searches: SearchTurns,
    /// Turns at looking for knots, which wait for no search.
    pub(super) knots: Turns,
    /// What was found at the last of them.
    pub(super) kept_knots: Arc<KeptKnots>,
}

/// An agent with the claim it holds at the moment of asking.
#[derive(Clone, Debug)]
pub struct AgentWithClaim {
    /// The agent.
    pub agent: Arc<Agent>,
    /// Its live claim.
    pub claim: Option<Arc<Claim>>,
}

impl Coordinator {
    /// A coordinator over these.
    pub fn new(parts: CoordinatorParts) -> Self {
        let mirrors =
            Mirrors::new(Arc::clone(&parts.boards), Arc::clone(&parts.claims), Arc::clone(&parts.clock));
        let keeps_elsewhere = parts.boards.of(&Workspace::default()).describe().is_remote();
        let rules = Rules { lease_millis: parts.lease_millis, marks_claims: keeps_elsewhere };
        Self {
            parts,
            rules,
            mirrors,
            followed: FollowedTo::default(),
            held_back: HeldBack::default(),
            unsettled: UnsettledTasks::default(),
            searches: SearchTurns::default(),
            knots: Turns::default(),
            kept_knots: Arc::default(),
        }
    }

    /// The provider of a workspace's board.
    pub fn provider(&self, workspace: &Workspace) -> &'static str {
        self.parts.boards.of(workspace).provider()
    }

    /// Where who delivers notes until when a board is left alone.
    pub fn held_back(&self) -> HeldBack {
        self.held_back.clone()
    }

    /// How long a lease is that was renewed just now, in milliseconds.
    pub const fn lease_millis(&self) -> i64 {
        self.rules.lease_millis
    }

    /// Now, by the coordinator's clock.
    pub fn now(&self) -> Moment {
        self.parts.clock.moment()
    }

    /// An agent of the workspace, whoever owns it.
    pub async fn agent(
        &self,
        principal: &Principal,
        id: &AgentId,
    ) -> Result<AgentWithClaim, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let find = || {
            mirror.with(|picture| {
                let agent = picture.agent(id.as_str())?;
                Some((Arc::clone(agent), picture.lacks_held(agent)))
            })
        };
        let mut found = find();
        if found.as_ref().is_none_or(|(_, lacks_held)| *lacks_held) {
            let ids = vec![id.as_str().to_owned()];
            self.mirrors.reread(&principal.workspace, &mirror, ids, Vec::new()).await?;
            found = find();
        }
        let (agent, _) = found.ok_or_else(|| CoordinatorError::AgentNotFound(id.as_str().to_owned()))?;
        let claim = mirror.with(|picture| picture.live_claim(&agent, self.now().store));
        Ok(AgentWithClaim { agent, claim })
    }

    /// An agent the caller may act for; any other is not found.
    pub(super) async fn own_agent(
        &self,
        principal: &Principal,
        id: &AgentId,
    ) -> Result<AgentWithClaim, CoordinatorError> {
        let holding = self.agent(principal, id).await?;
        if *holding.agent.owner == *principal.user_id {
            return Ok(holding);
        }
        Err(CoordinatorError::AgentNotFound(id.as_str().to_owned()))
    }

    /// One task by id or key, whole: the description of a closed one is read from the board.
    pub async fn task(&self, principal: &Principal, id_or_key: &str) -> Result<TaskCard, CoordinatorError> {
        self.whole_card(&principal.workspace, id_or_key).await
    }

    /// The same of a workspace.
    pub(super) async fn whole_card(
        &self,
        workspace: &Workspace,
        id_or_key: &str,
    ) -> Result<TaskCard, CoordinatorError> {
        let mut card = self.card(workspace, id_or_key).await?;
        if card.task.is_closed()
            && let Some(task) = self.find(workspace, &card.task.id).await?
        {
            card.task = Arc::new(task);
        }
        Ok(card)
    }

    /// One task of a workspace, for what the gateway does by itself; a closed one may come without its description. `None`: it is
    /// not there (any more).
    pub async fn known_task(
        &self,
        workspace: &Workspace,
        task_id: &str,
    ) -> Result<Option<TaskCard>, CoordinatorError> {
        match self.card(workspace, task_id).await {
            Ok(card) => Ok(Some(card)),
            Err(error) if error.code() == Code::TaskNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One task as the mirror has it. One it does not know yet is looked for on the board.
    pub(super) async fn card(
        &self,
        workspace: &Workspace,
        id_or_key: &str,
    ) -> Result<TaskCard, CoordinatorError> {
        let mirror = self.mirrors.of(workspace).await?;
        let find = || mirror.with(|picture| picture.card(id_or_key, self.now()));
        if let Some(card) = find() {
            return Ok(card);
        }
        if let Some(task) = self.find(workspace, id_or_key).await? {
            let claim = vec![task.id.clone()];
            mirror.with(|picture| picture.put_task(task, self.now()));
            self.mirrors.reread(workspace, &mirror, Vec::new(), claim).await?;
        }
        find().ok_or_else(|| CoordinatorError::TaskNotFound(id_or_key.to_owned()))
    }

    /// A task as the board has it now.
    async fn find(&self, workspace: &Workspace, name: &str) -> Result<Option<Task>, CoordinatorError> {
        let board = self.parts.boards.of(workspace);
        let found = answer_in_time(&*board, board.find(name)).await;
        found.map_err(|error| CoordinatorError::of_board(&*board, error, self.now().wall))
    }

    /// What the holder of a task is told to do.
    pub async fn instructions_for(
        &self,
        principal: &Principal,
        card: &TaskCard,
        claim: &Claim,
    ) -> Result<String, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        Ok(self.parts.instructor.write(&brief(&mirror, card, claim, self.now())).await)
    }

    /// Makes a task; answers it with what of it could not be put on the board. Dependencies may be given by key or id; one that
    /// does not exist is refused.
    pub async fn create_task(
        &self,
        principal: &Principal,
        request_id: &RequestId,
        new: NewTask,
    ) -> Result<(Task, Vec<String>), CoordinatorError> {
        let initiator = Initiator::of(principal, request_id);
        self.make_task(&initiator, new, &new_id(self.now().wall)).await
    }

    /// Makes a task, once under that name of the making.
    pub(super) async fn make_task(
        &self,
        initiator: &Initiator<'_>,
        mut new: NewTask,
        once: &str,
    ) -> Result<(Task, Vec<String>), CoordinatorError> {
        let workspace = initiator.workspace;
        if !is_seen(&new.title) {
            return Err(CoordinatorError::UnseenTitle);
        }
        for dependency in &mut new.dependencies {
            let found = self.card(workspace, dependency).await?;
            dependency.clone_from(&found.task.id);
        }
        // The id and the key of a task name the same one.
        new.dependencies = without_repeats(new.dependencies);
        let mirror = self.mirrors.of(workspace).await?;
        let now = self.now().wall;
        let entail = |task: &Task| made(initiator, task, now);
        let board = self.parts.boards.of(workspace);
        let created = board.create(&new, once, &entail).await;
        let Created { task, recorded, warnings } =
            created.map_err(|error| CoordinatorError::of_board(&*board, error, self.now().wall))?;
        if !recorded {
            let write = ConditionalWrite { effects: entail(&task), ..ConditionalWrite::default() };
            self.parts.claims.commit_first(workspace, vec![write]).await?;
        }
        mirror.with(|picture| picture.put_task(task.clone(), self.now()));
        Ok((task, warnings))
    }
}

/// What goes with a task that was made.
fn made(initiator: &Initiator<'_>, task: &Task, now: UnixMillis) -> Effects {
    let event = Event {
        version: task.updated_at.0,
        detail: task.title.chars().take(200).collect(),
        ..Event::about(EventKind::Task, &task.id, "task.create", now)
    };
    Effects {
        audit: vec![initiator.audit("task.create", task.id.clone(), now)],
        events: vec![event],
        history: vec![HistoryEntry::of_task(&task.id, HistoryAction::Created, initiator.key, now)],
        ..Effects::default()
    }
}
