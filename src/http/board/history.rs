//! `/api/tasks/{id}/history`: what happened to one task.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use crate::{
    coordinator::{Coordinator, ToldEntry},
    http::{
        error::{ErrorResponses, Refusal},
        extract::{Caller, PathId},
    },
    model::{LossCause, Scope, visible},
};

/// What happened to a task.
#[derive(Serialize, utoipa::ToSchema)]
pub struct HistoryReport {
    /// The task's id.
    task_id: String,
    /// Newest first, 200 at most. Of each grant only the newest report of progress is kept.
    entries: Vec<EntryReport>,
    /// `true`: `words` were written by people and agents.
    untrusted: bool,
}

/// A thing that happened to a task.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EntryReport {
    /// RFC 3339.
    at: String,
    /// `granted`, `progress`, `resumed`, `completed`, `blocked`, `released`, `lease_ended`, `parked`, `ended_by_person`,
    /// `recovered`, `refused` (a report came too late), `created`, `moved`, `assigned`, `unassigned`, `depends` or `deleted`.
    action: &'static str,
    /// In one sentence.
    text: String,
    /// What follows from it, or why it was.
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'static str,
    /// The agent it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    /// A key's id, `admin`, `command-line`, or `system` for the gateway itself.
    actor: String,
    /// Which grant of the task it is of, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<usize>,
    /// Its `claim_generation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim_generation: Option<i64>,
    /// Percent done by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<u8>,
    /// Why it was lost, or the report came too late: `lease_ended`, `moved_by_person`, `deleted` or `granted_since`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    /// What was said, or what it was changed to; 500 characters at most.
    words: String,
}

/// What happened to a task, by id or key; also for a month after it was deleted. The key needs the scope `board:read`.
#[utoipa::path(get, path = "/api/tasks/{id}/history", tag = "board",
    params(("id" = String, Path, description = "id or key of the task")),
    responses((status = 200, body = HistoryReport), ErrorResponses))]
pub async fn get(
    State(coordinator): State<Arc<Coordinator>>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Json<HistoryReport>, Refusal> {
    caller.needs(Scope::BoardRead)?;
    let history = coordinator.task_history(&caller.credential.principal.workspace, &id).await?;
    let entries = history.entries.into_iter().map(report).collect();
    Ok(Json(HistoryReport { task_id: history.task_id, entries, untrusted: true }))
}

fn report(told: ToldEntry) -> EntryReport {
    let ToldEntry { stored, grant, telling } = told;
    let entry = stored.entry;
    EntryReport {
        at: entry.at.rfc3339(),
        action: entry.action.as_str(),
        text: telling.sentence("it"),
        note: telling.note,
        agent_id: Some(visible(&entry.agent_id)).filter(|agent| !agent.is_empty()),
        actor: entry.actor,
        grant,
        claim_generation: entry.generation,
        progress: entry.progress,
        cause: entry.cause.map(LossCause::as_str),
        words: visible(&entry.words),
    }
}
