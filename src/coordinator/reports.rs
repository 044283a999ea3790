//! Reports of agents on the tasks they hold.

use super::{Coordinator, CoordinatorError, Severity, service::Asker};
use crate::{
    model::{AgentId, BoardWrite, Claim, Principal, RequestId, Task, TaskStatus},
    stores::{Report, ReportKind, ReportOutcome},
};

/// What an agent says of its task.
#[derive(Clone, Debug)]
pub enum Progress {
    /// It goes on, this many percent done.
    Working(u8),
    /// It is finished.
    Completed,
    /// It cannot go on.
    Blocked(Severity),
}

/// A report on a task.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    /// Who reports.
    pub agent_id: &'a AgentId,
    /// On which task, by id or key.
    pub task_id: &'a str,
    /// Under which claim; `None`: the agent's newest.
    pub generation: Option<i64>,
    /// What is reported.
    pub progress: Progress,
    /// In the agent's words.
    pub message: &'a str,
}

/// A report that was taken.
#[derive(Debug)]
pub struct Reported {
    /// The task it was about.
    pub task: Task,
    /// The claim as it now stands.
    pub claim: Claim,
    /// Whether the very same final report was taken before.
    pub repeated: bool,
}

impl Coordinator {
    /// Takes a report of the task's holder; anybody else's changes nothing.
    pub async fn report(
        &self,
        principal: &Principal,
        request_id: &RequestId,
        said: Said<'_>,
    ) -> Result<Reported, CoordinatorError> {
        let Said { agent_id, task_id, generation, progress, message } = said;
        self.own_agent(principal, agent_id).await?;
        let (task, _) = self.task(principal, task_id).await?;
        let now = self.clock.now();
        let asker = Asker { principal, request_id };
        let (kind, action, writes) = decision(&progress, agent_id.as_str(), message);
        let report = Report {
            workspace: principal.workspace.clone(),
            agent_id: agent_id.as_str().to_owned(),
            task_id: task.id.clone(),
            generation,
            kind,
            message: message.to_owned(),
            now,
            lease_millis: self.lease_millis,
            effects: asker.task_effects(action, &task.id, writes, now),
        };
        match self.claims.report(report).await? {
            ReportOutcome::Accepted(claim) => {
                self.owed.notify_one();
                Ok(Reported { task, claim, repeated: false })
            }
            ReportOutcome::Repeated(claim) => Ok(Reported { task, claim, repeated: true }),
            ReportOutcome::NotHolder => Err(CoordinatorError::NotTaskHolder {
                agent_id: agent_id.as_str().to_owned(),
                task_id: task.key,
            }),
        }
    }
}

fn decision(progress: &Progress, agent: &str, message: &str) -> (ReportKind, &'static str, Vec<BoardWrite>) {
    let comment = |text: String| BoardWrite::Comment { text };
    let said = |suffix: &str| comment(format!("🤖 {agent}: {message}{suffix}"));
    match progress {
        Progress::Working(percent) => {
            let words = (!message.is_empty()).then(|| said(&format!(" ({percent}% complete)")));
            (ReportKind::Progress { progress: *percent }, "task.progress", words.into_iter().collect())
        }
        Progress::Completed => {
            let moved = BoardWrite::Move { status: TaskStatus::Done };
            let words = (!message.is_empty()).then(|| said(" (100% complete)"));
            (ReportKind::Complete, "task.complete", std::iter::once(moved).chain(words).collect())
        }
        Progress::Blocked(severity) => {
            let moved = BoardWrite::Move { status: TaskStatus::Blocked };
            let words = comment(format!(
                "🚫 BLOCKER ({})\nReported by: {agent}\nDescription: {message}",
                severity.as_str().to_uppercase()
            ));
            (ReportKind::Block, "task.block", vec![moved, words])
        }
    }
}
