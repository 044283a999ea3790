//! What stands at `/dashboard/tasks/{id}/act` in place of the forms where another keeps the board: where the task is changed.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use crate::{
    boards::BoardDescription,
    coordinator::TaskSight,
    http::{
        dashboard::{
            PageFrame, filters,
            links::{open_elsewhere, outside},
            nav,
            pages::cards::task_path,
            shell::Shell,
        },
        error::Refusal,
    },
};

#[derive(Template)]
#[template(path = "task_elsewhere.html", config = "src/http/dashboard/askama.toml")]
struct TaskElsewherePage {
    shell: Shell,
    path: String,
    key: String,
    title: String,
    place: String,
    /// Its page there, and what the link says.
    link: Option<(String, &'static str)>,
}

/// The page of a task of that board, under that status.
pub fn answer(
    frame: &PageFrame,
    board: &BoardDescription,
    sight: &TaskSight,
    status: StatusCode,
) -> Result<Response, Refusal> {
    let task = &sight.card.task;
    let url = task.url.as_deref().or(board.url.as_deref());
    let page = TaskElsewherePage {
        shell: frame.shell(format!("Change {}", task.key), Some(nav::BOARD)),
        path: task_path(frame, &task.key),
        key: task.key.clone(),
        title: task.title.clone(),
        place: board.place(),
        link: outside(url).map(|url| (url, open_elsewhere(board.provider))),
    };
    frame.answer_as(status, &page)
}
