//! `request_next_task`: one atomic step grants the best free task. An agent may wait for one.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

use super::{
    Coordinator, CoordinatorError,
    attempt::{ATTEMPTS, Subject},
    commit::Committed,
    core::{Command, Decision, Outcome, Snapshot, decide},
    guidance::brief,
    initiator::Initiator,
    mirror::{Candidate, Mirror, NoTaskReason, TaskCard, TaskChoice, on_board},
};
use crate::{
    model::{Agent, AgentId, Claim, ClientChannel, Moment, Principal, RequestId, StoreMillis, Workspace},
    telemetry::metrics::{LevelGuard, WAIT_DURATION, WAITING_AGENTS},
};

/// Offers of the first attempt; of later ones, which others were quicker to.
const FEW: usize = 2;
const MANY: usize = 16;
/// Claims read anew at once when others were quicker.
const MOST_REREAD: usize = 1024;
/// How often a waiting caller is told so.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// Who wants a task, and for how long they wait for one.
pub struct NextTaskRequest<'a> {
    /// The agent.
    pub agent_id: &'a AgentId,
    /// How long to wait when there is nothing to give.
    pub wait: Duration,
    /// Who is told that the wait goes on, and must be there to be granted anything.
    pub client: &'a dyn ClientChannel,
}

/// A task the agent now holds.
#[derive(Debug)]
pub struct Grant {
    /// The task, with the claim on it.
    pub card: TaskCard,
    /// The claim.
    pub claim: Claim,
    /// What to do.
    pub instructions: String,
    /// Why this one.
    pub why: String,
    /// Whether the agent held it before it asked.
    pub already_assigned: bool,
    /// What the agent must be told.
    pub notices: Vec<String>,
}

/// Nothing to give, and when to ask again.
#[derive(Debug)]
pub struct NoTask {
    /// Why.
    pub reason: NoTaskReason,
    /// Whole seconds, at least 1.
    pub retry_after_seconds: i64,
    /// What the agent must be told.
    pub notices: Vec<String>,
}

/// The answer to a request for a task.
#[derive(Debug)]
pub enum NextTask {
    /// A task.
    Granted(Box<Grant>),
    /// Nothing now.
    Nothing(NoTask),
}

impl Coordinator {
    /// Grants the agent its next task, or returns the one it holds. With nothing to give, waits as long as wished.
    pub async fn request_next_task(
        &self,
        principal: &Principal,
        request_id: &RequestId,
        request: NextTaskRequest<'_>,
    ) -> Result<NextTask, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let initiator = Initiator::of(principal, request_id);
        let asked_at = Instant::now();
        let deadline = asked_at + request.wait;
        let mut freed = mirror.freed();
        let mut told = Vec::new();
        let mut is_current = false;
        let mut waiting = None;
        loop {
            // A grant to nobody would keep the task from others for a whole lease.
            let is_there = tokio::select! {
                biased;
                is_there = request.client.is_back() => is_there,
                () = self.parts.stopping.cancelled() => false,
            };
            if !is_there {
                return Ok(NextTask::Nothing(NoTask { notices: told, ..self.nothing(&mirror) }));
            }
            freed.borrow_and_update();
            let followed = self.followed.place();
            let may_wait = Instant::now() < deadline && !self.parts.stopping.is_cancelled();
            let agent = self.own_agent(principal, request.agent_id).await?.agent;
            let mut nothing = match self.grant(&initiator, &mirror, &agent, may_wait).await? {
                NextTask::Granted(mut grant) => {
                    grant.notices.splice(..0, told);
                    return Ok(NextTask::Granted(grant));
                }
                NextTask::Nothing(nothing) => nothing,
            };
            // It heard what became of the task it held; what is free now is looked at anew.
            if !nothing.notices.is_empty() {
                told.append(&mut nothing.notices);
                continue;
            }
            let stops = self.parts.stopping.is_cancelled();
            let may_be_old = !stops && !std::mem::replace(&mut is_current, true);
            if may_be_old && self.catch_up(initiator.workspace, &mirror, followed).await? {
                continue;
            }
            if !may_wait || stops || !told.is_empty() {
                if stops {
                    (nothing.reason, nothing.retry_after_seconds) = (NoTaskReason::ShuttingDown, 1);
                }
                return Ok(NextTask::Nothing(NoTask { notices: told, ..nothing }));
            }
            waiting
                .get_or_insert_with(|| Waiting { _counted: WAITING_AGENTS.enter(), since: Instant::now() });
            tokio::select! {
                () = self.until_something_may_be_free(&mirror, &mut freed, deadline) => {}
                () = request.client.left() => continue,
            }
            let waited = asked_at.elapsed().min(request.wait).as_secs_f64();
            request.client.progress(waited, Some(request.wait.as_secs_f64()), Some("waiting for a task"));
        }
    }

    /// Returns when a task has become free, a lease has ended, or the caller is due a sign of life.
    async fn until_something_may_be_free(
        &self,
        mirror: &Mirror,
        freed: &mut watch::Receiver<u64>,
        deadline: Instant,
    ) {
        let next_end = mirror.with(|picture| picture.first_end());
        let until_end = next_end.map_or(SIGN_OF_LIFE, |end| {
            Duration::from_millis(end.since(self.now().store).max(0).unsigned_abs() + 1)
        });
        tokio::select! {
            _ = freed.changed() => {}
            () = tokio::time::sleep(until_end.min(SIGN_OF_LIFE)) => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = self.parts.stopping.cancelled() => {}
        }
    }

    /// One try. `picky`: leaves alone what another call of this process is about to get.
    async fn grant(
        &self,
        initiator: &Initiator<'_>,
        mirror: &Mirror,
        agent: &Arc<Agent>,
        picky: bool,
    ) -> Result<NextTask, CoordinatorError> {
        let agent_id = agent.id.as_str();
        for attempt in 0..ATTEMPTS {
            let now = self.now();
            let choice = TaskChoice {
                limit: if attempt == 0 { FEW } else { MANY },
                // What others are about to get was worth one try.
                picky: picky || attempt > 0,
                share: self.parts.claims.share(),
            };
            let (snapshot, candidates) = mirror.with(|picture| {
                let snapshot = picture.snapshot(Some(agent_id), None);
                let free = snapshot.live_claim(now.store).is_none();
                let candidates = snapshot.agent.as_ref().filter(|_| free);
                let candidates =
                    candidates.map(|agent| picture.candidates(agent, choice, now)).unwrap_or_default();
                (snapshot, candidates)
            });
            let reserved =
                Reserved { mirror, task_id: candidates.first().map(|candidate| candidate.task.id.clone()) };
            if candidates.is_empty() {
                return self.keep(initiator, mirror, agent_id).await;
            }
            let mut taken = self.decisions(&snapshot, &candidates, now);
            let writes = taken
                .iter()
                .map(|(decision, candidate)| {
                    initiator.conditional((decision, snapshot.term), candidate.task.moved_at, now)
                })
                .collect();
            if let Some(position) = self.store_first(initiator, writes).await? {
                let (decision, candidate) = taken.swap_remove(position);
                self.carried_out(mirror, &decision);
                drop(reserved);
                return self.granted(mirror, decision, Some(candidate)).await;
            }
            // Another process is quicker; the more often that happens, the further the picture is behind.
            self.followed.want();
            let behind = (MANY << (2 * attempt).min(6)).min(MOST_REREAD);
            let tasks = mirror.with(|picture| picture.first_in_line(agent, behind, now));
            self.mirrors.reread(initiator.workspace, mirror, Vec::new(), tasks).await?;
            let chance = Uuid::new_v4().as_u128() as usize;
            mirror.with(|picture| picture.start_apart(agent, chance, now));
            self.look_for_people(initiator.workspace, mirror, &candidates).await?;
            self.freshen(initiator.workspace, mirror, Subject::agent(agent_id)).await?;
        }
        Err(CoordinatorError::Contended)
    }

    /// Where the claim is the same as before, a person may be quicker: what they did to the tasks that were offered is looked
    /// at, and to those they depend on.
    async fn look_for_people(
        &self,
        workspace: &Workspace,
        mirror: &Mirror,
        candidates: &[Candidate],
    ) -> Result<(), CoordinatorError> {
        let now = self.now();
        let version = |claim: &Option<Arc<Claim>>| claim.as_ref().map(|claim| claim.version);
        let moved = mirror.with(|picture| {
            let is_same = |candidate: &&Candidate| {
                let card = picture.card(&candidate.task.id, now);
                candidate.task.moved_at.is_some()
                    && card.is_some_and(|card| version(&card.claim) == version(&candidate.claim))
            };
            let with_dependencies = |candidate: &Candidate| {
                std::iter::once(candidate.task.id.clone()).chain(candidate.task.dependencies.clone())
            };
            candidates.iter().filter(is_same).flat_map(with_dependencies).collect::<Vec<_>>()
        });
        let reading = self.mirrors.reread_tasks(workspace, mirror, moved).await?;
        self.reconcile(workspace, mirror, reading).await
    }

    /// What granting each of these would be, of those that can be.
    fn decisions<'a>(
        &self,
        state: &Snapshot,
        candidates: &'a [Candidate],
        now: Moment,
    ) -> Vec<(Decision, &'a Candidate)> {
        let mut decisions = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let claim = candidate.claim.as_deref().cloned();
            let state = Snapshot { claim, on_board: Some(on_board(&candidate.task)), ..state.clone() };
            let command =
                Command::Grant { task_id: candidate.task.id.clone(), on_board: candidate.task.status };
            decisions
                .extend(decide(self.rules, &state, &command, now).ok().map(|decision| (decision, candidate)));
        }
        decisions
    }

    /// The agent keeps what it holds, or gets nothing.
    async fn keep(
        &self,
        initiator: &Initiator<'_>,
        mirror: &Mirror,
        agent_id: &str,
    ) -> Result<NextTask, CoordinatorError> {
        // With what it holds, so that a person's move of that is not passed over.
        let held = mirror.with(|picture| Some(picture.agent(agent_id)?.held.as_ref()?.task_id.clone()));
        let subject = Subject::agent(agent_id).and_task(held.as_deref());
        match self.commit(initiator, subject, &Command::Request).await? {
            Committed::Done(decision) if decision.outcome == Outcome::Held => {
                self.granted(mirror, *decision, None).await
            }
            Committed::Done(decision) => {
                let notices = decision.notices;
                Ok(NextTask::Nothing(NoTask { notices, ..self.nothing(mirror) }))
            }
            Committed::Refused(_) => Err(CoordinatorError::AgentNotFound(agent_id.to_owned())),
        }
    }

    async fn granted(
        &self,
        mirror: &Mirror,
        decision: Decision,
        candidate: Option<&Candidate>,
    ) -> Result<NextTask, CoordinatorError> {
        let Some(claim) = decision.claim else { return Err(CoordinatorError::Contended) };
        let now = self.now();
        let card = mirror.with(|picture| picture.card(&claim.task_id, now));
        let card = card.ok_or_else(|| CoordinatorError::TaskNotFound(claim.task_id.clone()))?;
        let brief = brief(mirror, &card, &claim, now);
        let instructions = self.parts.instructor.write(&brief).await;
        Ok(NextTask::Granted(Box::new(Grant {
            card,
            claim,
            instructions,
            why: candidate
                .map_or_else(|| String::from("you already hold it"), |candidate| candidate.why.clone()),
            already_assigned: decision.outcome == Outcome::Held,
            notices: decision.notices,
        })))
    }

    fn nothing(&self, mirror: &Mirror) -> NoTask {
        let now = self.now();
        let (counts, first_end) = mirror.with(|picture| (picture.counts(now), picture.first_end()));
        let refresh = mirror.refreshed_at().plus(self.parts.refresh_millis);
        let next = first_end.map_or(refresh, |end| end.min(refresh));
        NoTask {
            reason: counts.no_task(),
            retry_after_seconds: seconds_until(next, now.store),
            notices: Vec::new(),
        }
    }
}

fn seconds_until(at: StoreMillis, now: StoreMillis) -> i64 {
    (at.since(now).max(0) + 999).div_euclid(1000).max(1)
}

/// An agent that waits for a task, which metrics tell of.
struct Waiting {
    _counted: LevelGuard,
    since: Instant,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAIT_DURATION.observe((), self.since.elapsed());
    }
}

/// Keeps other calls of this process from the task this one is about to get.
struct Reserved<'a> {
    mirror: &'a Mirror,
    task_id: Option<String>,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if let Some(task_id) = &self.task_id {
            self.mirror.with(|picture| picture.unreserve(task_id));
        }
    }
}
