//! How the project stands.

use super::{Coordinator, CoordinatorError};
use crate::model::{Principal, TaskStatus};

/// Counts of a workspace.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProjectStatus {
    /// Tasks, cancelled ones left out.
    pub total_tasks: usize,
    /// Done.
    pub completed: usize,
    /// Held by an agent or a person.
    pub in_progress: usize,
    /// Blocked.
    pub blocked: usize,
    /// Registered agents.
    pub agents: usize,
    /// Agents that hold a task.
    pub active_agents: usize,
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
    /// Counts tasks and agents.
    pub async fn project_status(&self, principal: &Principal) -> Result<ProjectStatus, CoordinatorError> {
        let view = self.view(principal).await?;
        let agents = self.agents(principal).await?;
        let count = |status| view.tasks.iter().filter(|task| task.status == status).count();
        Ok(ProjectStatus {
            total_tasks: view.tasks.len() - count(TaskStatus::Cancelled),
            completed: count(TaskStatus::Done),
            in_progress: count(TaskStatus::InProgress),
            blocked: count(TaskStatus::Blocked),
            agents: agents.len(),
            active_agents: agents.iter().filter(|holding| holding.claim.is_some()).count(),
        })
    }
}
