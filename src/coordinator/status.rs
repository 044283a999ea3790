//! How the project stands.

use super::{Coordinator, CoordinatorError, mirror::Standing};
use crate::model::{Principal, UnixMillis};

/// What the board is owed.
#[derive(Clone, Copy, Debug, Default)]
pub struct BoardSync {
    /// Writes not delivered yet.
    pub pending: u64,
    /// Writes given up.
    pub failed: u64,
    /// When the oldest pending write was decided.
    pub oldest: Option<UnixMillis>,
}

/// Counts of a workspace.
#[derive(Clone, Debug, Default)]
pub struct ProjectStatus {
    /// Tasks, cancelled ones left out.
    pub total_tasks: usize,
    /// Done.
    pub completed: usize,
    /// Held by an agent or a person.
    pub in_progress: usize,
    /// Blocked or parked.
    pub blocked: usize,
    /// Registered agents.
    pub agents: usize,
    /// Agents that hold a task.
    pub active_agents: usize,
    /// What the board is owed.
    pub sync: BoardSync,
    /// Groups of open tasks that wait for each other, as keys.
    pub cycles: Vec<Vec<String>>,
    /// Keys of open tasks that depend on a task the board does not know.
    pub unknown_dependencies: Vec<String>,
}

impl ProjectStatus {
    /// Done of all, in percent with one decimal; 0 for an empty board.
    pub fn completion_percentage(&self) -> f64 {
        if self.total_tasks == 0 {
            return 0.0;
        }
        (self.completed as f64 * 1000.0 / self.total_tasks as f64).round() / 10.0
    }
}

impl Coordinator {
    /// Counts tasks and agents, and looks for what stands in the way.
    pub async fn project_status(&self, principal: &Principal) -> Result<ProjectStatus, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let backlog = self.parts.outbox.backlog(&principal.workspace).await?;
        let now = self.now();
        Ok(mirror.with(|picture| {
            let counts = picture.counts(now);
            let active =
                picture.agents().filter(|agent| picture.live_claim(agent, now.store).is_some()).count();
            ProjectStatus {
                total_tasks: counts.total() - counts.of(Standing::Cancelled),
                completed: counts.of(Standing::Done),
                in_progress: counts.of(Standing::Held) + counts.of(Standing::WithPerson),
                blocked: counts.of(Standing::Blocked),
                agents: picture.agents().count(),
                active_agents: active,
                sync: BoardSync { pending: backlog.pending, failed: backlog.failed, oldest: backlog.oldest },
                cycles: picture.cycles(),
                unknown_dependencies: picture.with_unknown_dependencies(),
            }
        }))
    }
}
