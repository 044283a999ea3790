//! How the project stands.

use schemars::JsonSchema;
use serde::Serialize;

use super::{About, Annotations, Tool, ToolError, tool::NoArgs};
use crate::{
    coordinator::Coordinator,
    model::{CallContext, Scope, UnixMillis, visible},
};

pub(super) struct GetProjectStatus;

#[derive(Serialize, JsonSchema)]
pub(super) struct GetProjectStatusAnswer {
    success: bool,
    project: Project,
    workers: Workers,
    provider: &'static str,
    board: BoardView,
    board_sync: Sync,
    /// Keys of tasks that wait for each other; none of them can start until a person cuts the knot.
    dependency_cycles: Vec<Vec<String>>,
    /// Their number; 100 are named.
    tasks_in_cycles: usize,
    /// Keys of tasks that depend on a task the board does not know; they are not held back.
    unknown_dependencies: Vec<String>,
    /// Their number; 100 are named.
    tasks_with_unknown_dependencies: usize,
}

#[derive(Serialize, JsonSchema)]
struct Project {
    total_tasks: usize,
    completed: usize,
    in_progress: usize,
    blocked: usize,
    completion_percentage: f64,
}

#[derive(Serialize, JsonSchema)]
struct Workers {
    total: usize,
    active: usize,
    available: usize,
}

/// The board.
#[derive(Serialize, JsonSchema)]
struct BoardView {
    provider: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Since it was last asked what changed.
    refreshed_seconds_ago: Option<u64>,
}

/// Decided changes on their way to the board.
#[derive(Serialize, JsonSchema)]
struct Sync {
    pending: u64,
    /// When the oldest pending one was decided, RFC 3339.
    oldest: Option<String>,
    /// The board takes none before, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_back_until: Option<String>,
    /// Changes the board refused, as `T-1: reason`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<String>,
}

impl Tool for GetProjectStatus {
    type Args = NoArgs;
    type Answer = GetProjectStatusAnswer;

    fn about(&self) -> About {
        About {
            name: "get_project_status",
            title: "Project status",
            description: "How many tasks are done, in progress and blocked, how many agents work, and what stands in \
                          the way.",
            annotations: Annotations::READ,
            scope: Some(Scope::BoardRead),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        _: NoArgs,
    ) -> Result<GetProjectStatusAnswer, ToolError> {
        let status = coordinator.project_status(&context.principal).await?;
        let project = Project {
            total_tasks: status.total_tasks,
            completed: status.completed,
            in_progress: status.in_progress,
            blocked: status.blocked,
            completion_percentage: status.completion_percentage(),
        };
        let workers = Workers {
            total: status.agents,
            active: status.active_agents,
            available: status.agents - status.active_agents,
        };
        let refused = status.knots.rejected.into_iter();
        let board_sync = Sync {
            pending: status.sync.pending,
            oldest: status.sync.oldest.map(UnixMillis::rfc3339),
            held_back_until: status.sync.held_back_until.map(UnixMillis::rfc3339),
            refused: refused.map(|one| format!("{}: {}", one.key, visible(&one.reason))).collect(),
        };
        Ok(GetProjectStatusAnswer {
            success: true,
            project,
            workers,
            provider: status.board.about.provider,
            board: BoardView {
                provider: status.board.about.provider,
                name: status.board.about.name,
                url: status.board.about.url,
                refreshed_seconds_ago: status.board.refreshed_seconds_ago,
            },
            board_sync,
            dependency_cycles: status.knots.cycles,
            tasks_in_cycles: status.knots.in_cycles,
            unknown_dependencies: status.knots.unknown,
            tasks_with_unknown_dependencies: status.knots.with_unknown,
        })
    }
}
