//! `/api/tasks/{id}`: one task, why it is offered or not, and who holds it.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use crate::{
    coordinator::{Coordinator, TaskSight},
    http::{
        error::{ErrorResponses, Refusal},
        extract::{Caller, PathId},
    },
    model::{Scope, visible},
    tools::{ReasonView, TaskView},
};

/// A task.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TaskReport {
    task: TaskView,
    reason: ReasonView,
    /// Who holds it; `null` when nobody does.
    claim: Option<ClaimReport>,
    /// Tasks it is done after, 100 at most.
    waits_for: Vec<TiedReport>,
    /// How many open tasks wait for it.
    unblocks: u32,
}

/// An agent's hold on a task.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ClaimReport {
    agent_id: String,
    /// Rises with every grant of the task.
    claim_generation: i64,
    /// Percent done, as last reported.
    progress: u8,
    /// What the agent last said.
    message: String,
    /// RFC 3339; the end of the lease unless it is renewed.
    lease_expires_at: String,
}

/// A task that another one waits for.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TiedReport {
    key: String,
    /// Empty of a task that the board does not know.
    title: String,
    closed: bool,
}

/// One task by id or key, why it is offered or not, and who holds it. The key needs the scope `board:read`.
#[utoipa::path(get, path = "/api/tasks/{id}", tag = "board",
    params(("id" = String, Path, description = "id or key of the task")),
    responses((status = 200, body = TaskReport), ErrorResponses))]
pub async fn get(
    State(coordinator): State<Arc<Coordinator>>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<TaskReport>, Refusal> {
    caller.needs(Scope::BoardRead)?;
    let sight = coordinator.look(&caller.credential.principal.workspace, &id).await?;
    Ok(Json(report(&sight)))
}

fn report(sight: &TaskSight) -> TaskReport {
    let (card, now) = (&sight.card, sight.card.now);
    TaskReport {
        task: TaskView::whole(card),
        reason: ReasonView::of(&sight.reason, now),
        claim: card.holder().map(|claim| ClaimReport {
            agent_id: visible(&claim.agent_id),
            claim_generation: claim.generation,
            progress: claim.progress,
            message: visible(&claim.message),
            lease_expires_at: now.on_wall(claim.expires_at).rfc3339(),
        }),
        waits_for: sight
            .waits_for
            .iter()
            .map(|tied| TiedReport {
                key: tied.key.clone(),
                title: visible(&tied.title),
                closed: tied.is_closed,
            })
            .collect(),
        unblocks: sight.unblocks,
    }
}
