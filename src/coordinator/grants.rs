//! `request_next_task`: one atomic step grants the best free task.

use super::{Coordinator, CoordinatorError, instructions::instructions, selection::select, service::Asker};
use crate::{
    coordinator::BoardView,
    model::{AgentId, BoardWrite, Claim, Principal, RequestId, Task, TaskStatus, UnixMillis},
    stores::{Candidate, ClaimOutcome, ClaimRequest, HandOff},
};

/// Candidates of one attempt.
const CANDIDATES: usize = 16;
/// Attempts before the answer is that all are taken: each means that 16 others were quicker.
const ATTEMPTS: usize = 8;
/// How soon somebody may have added or moved a task, when nothing else says when to come back.
const BOARD_CHANGES_MILLIS: i64 = 30_000;

/// A task the agent now holds.
#[derive(Debug)]
pub struct Grant {
    /// The task.
    pub task: Task,
    /// The claim on it.
    pub claim: Claim,
    /// What to do.
    pub instructions: String,
    /// Why this one.
    pub why: String,
    /// Whether the agent held it before it asked.
    pub already_assigned: bool,
}

/// Why there is nothing to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTaskReason {
    /// No task is open.
    NoOpenTasks,
    /// Every open task is held.
    AllClaimed,
    /// What is left waits for tasks that are not done.
    WaitingOnDependencies,
    /// Every task is done.
    ProjectComplete,
}

/// Nothing to give, and when to ask again.
#[derive(Debug)]
pub struct NoTask {
    /// Why.
    pub reason: NoTaskReason,
    /// Whole seconds, at least 1.
    pub retry_after_seconds: i64,
}

/// What a wish for a task came to.
#[derive(Debug)]
pub enum NextTask {
    /// A task.
    Granted(Box<Grant>),
    /// Nothing now.
    Nothing(NoTask),
}

impl Coordinator {
    /// Grants the agent its next task, or returns the one it holds.
    pub async fn request_next_task(
        &self,
        principal: &Principal,
        request_id: &RequestId,
        agent_id: &AgentId,
    ) -> Result<NextTask, CoordinatorError> {
        let agent = self.own_agent(principal, agent_id).await?.agent;
        for _ in 0..ATTEMPTS {
            let view = self.view(principal).await?;
            let now = self.clock.now();
            let choices = select(&view, &agent, CANDIDATES);
            let asker = Asker { principal, request_id };
            let candidates: Vec<_> =
                choices.iter().map(|choice| candidate(&asker, choice.task, agent_id, now)).collect();
            let none_left = candidates.is_empty();
            let outcome = self.claims.claim(self.request(principal, agent_id, candidates, now)).await?;
            let why = |id: &str| {
                choices.iter().find(|c| c.task.id == id).map(|c| c.why.clone()).unwrap_or_default()
            };
            match outcome {
                ClaimOutcome::Granted(claim, hand_off) => {
                    self.owed.notify_one();
                    let why = why(&claim.task_id);
                    return grant(&view, claim, hand_off.as_ref(), why, false);
                }
                ClaimOutcome::Held(claim) => {
                    return grant(&view, claim, None, String::from("you already hold it"), true);
                }
                ClaimOutcome::AllTaken if none_left => return Ok(NextTask::Nothing(nothing(&view, now))),
                ClaimOutcome::AllTaken => {}
            }
        }
        let view = self.view(principal).await?;
        Ok(NextTask::Nothing(nothing(&view, self.clock.now())))
    }

    fn request(
        &self,
        principal: &Principal,
        agent_id: &AgentId,
        candidates: Vec<Candidate>,
        now: UnixMillis,
    ) -> ClaimRequest {
        ClaimRequest {
            workspace: principal.workspace.clone(),
            agent_id: agent_id.as_str().to_owned(),
            candidates,
            now,
            lease_millis: self.lease_millis,
        }
    }
}

fn candidate(asker: &Asker<'_>, task: &Task, agent_id: &AgentId, now: UnixMillis) -> Candidate {
    let writes = [
        BoardWrite::Move { status: TaskStatus::InProgress },
        BoardWrite::Comment {
            text: format!("📋 Task assigned to {} at {}", agent_id.as_str(), now.rfc3339()),
        },
    ];
    Candidate { task_id: task.id.clone(), effects: asker.task_effects("task.claim", &task.id, writes, now) }
}

fn grant(
    view: &BoardView,
    claim: Claim,
    hand_off: Option<&HandOff>,
    why: String,
    already_assigned: bool,
) -> Result<NextTask, CoordinatorError> {
    let task = view.tasks.iter().find(|task| task.id == claim.task_id).cloned();
    let task = task.ok_or_else(|| CoordinatorError::TaskNotFound(claim.task_id.clone()))?;
    let instructions = instructions(&task, view, hand_off);
    Ok(NextTask::Granted(Box::new(Grant { task, claim, instructions, why, already_assigned })))
}

fn nothing(view: &BoardView, now: UnixMillis) -> NoTask {
    let any_open = view.unheld().next().is_some();
    let any_held = view.tasks.iter().any(|task| view.holder(&task.id).is_some());
    let reason = if !view.tasks.is_empty() && view.tasks.iter().all(Task::is_closed) {
        NoTaskReason::ProjectComplete
    } else if any_open {
        NoTaskReason::WaitingOnDependencies
    } else if any_held {
        NoTaskReason::AllClaimed
    } else {
        NoTaskReason::NoOpenTasks
    };
    let wait =
        view.earliest_expiry().map_or(BOARD_CHANGES_MILLIS, |end| (end.0 - now.0).min(BOARD_CHANGES_MILLIS));
    NoTask { reason, retry_after_seconds: (wait + 999).div_euclid(1000).max(1) }
}
