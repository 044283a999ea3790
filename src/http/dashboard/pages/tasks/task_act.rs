//! `/dashboard/tasks/{id}/act`: what a person may do with a task, with what is seen of it above the forms.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    coordinator::{Coordinator, TaskSight},
    http::{
        dashboard::{
            PageFrame,
            acts::seen::SeenFields,
            filters, nav,
            pages::cards::task_path,
            shell::Shell,
            words::{StateMark, status_word},
        },
        error::Refusal,
        extract::PathId,
        session::Manager,
    },
    model::TaskStatus,
};

#[derive(Template)]
#[template(path = "task_act.html", config = "src/http/dashboard/askama.toml")]
struct TaskActPage {
    shell: Shell,
    path: String,
    key: String,
    title: String,
    reason: String,
    status: TaskStatus,
    statuses: [(TaskStatus, &'static str); 6],
    assignee: String,
    waits_for: String,
    /// Who would lose the task, with the percent they are at.
    holder: Option<(String, u8)>,
    seen: SeenFields,
}

/// `GET /dashboard/tasks/{id}/act`.
pub async fn show(
    State(coordinator): State<Arc<Coordinator>>,
    visitor: Manager,
    frame: PageFrame,
    PathId(task): PathId,
) -> Result<Response, Refusal> {
    let sight = coordinator.look(&visitor.visitor().workspace, &task).await?;
    answer(&frame, &sight, (StatusCode::OK, None))
}

/// The page of that task, with what went wrong.
pub fn answer(
    frame: &PageFrame,
    sight: &TaskSight,
    (status, problem): (StatusCode, Option<&str>),
) -> Result<Response, Refusal> {
    let task = &sight.card.task;
    let shell = frame.shell(format!("Change {}", task.key), Some(nav::BOARD)).still();
    let shell = match problem {
        Some(text) => shell.with_notice(StateMark::Ending, text),
        None => shell,
    };
    let keys: Vec<_> = sight.waits_for.iter().map(|tied| tied.key.as_str()).collect();
    let page = TaskActPage {
        shell,
        path: task_path(frame, &task.key),
        key: task.key.clone(),
        title: task.title.clone(),
        reason: sight.reason.to_string(),
        status: sight.card.status,
        statuses: TaskStatus::ALL.map(|status| (status, status_word(status))),
        assignee: task.assignee.clone().unwrap_or_default(),
        waits_for: keys.join(", "),
        holder: sight.card.holder().map(|claim| (claim.agent_id.clone(), claim.progress)),
        seen: SeenFields::of(&sight.seen()),
    };
    frame.answer_as(status, &page)
}
