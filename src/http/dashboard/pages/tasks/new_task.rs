//! `/dashboard/tasks/new`: the form that makes a task of the built-in board.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    coordinator::Coordinator,
    http::{
        dashboard::{
            PageFrame, acts::create_task::NewTaskForm, filters, nav::BOARD, shell::Shell, words::StateMark,
        },
        error::Refusal,
        session::Manager,
    },
    model::{Code, Priority, TaskStatus},
};

const PRIORITIES: [Priority; 5] =
    [Priority::Urgent, Priority::High, Priority::Medium, Priority::Low, Priority::None];

#[derive(Template)]
#[template(path = "new_task.html", config = "src/http/dashboard/askama.toml")]
struct NewTaskPage {
    shell: Shell,
    form: NewTaskForm,
    statuses: [TaskStatus; 2],
    priorities: [Priority; 5],
}

/// `GET /dashboard/tasks/new`.
pub async fn show(
    State(coordinator): State<Arc<Coordinator>>,
    visitor: Manager,
    frame: PageFrame,
) -> Result<Response, Refusal> {
    if !coordinator.takes_persons(&visitor.visitor().workspace) {
        let text = "the tasks of this board are made where it is kept, or by an agent with create_task";
        return Err(Refusal::new(Code::Forbidden, text));
    }
    let form = NewTaskForm { once: uuid::Uuid::now_v7().to_string(), ..NewTaskForm::default() };
    frame.answer(&page(form, frame.shell("New task", Some(BOARD)).still()))
}

/// The form as it was sent, with what is wrong about it.
pub fn again(frame: &PageFrame, form: NewTaskForm, problem: &str) -> Result<Response, Refusal> {
    let text = format!("{problem}. No task was made.");
    let shell = frame.shell("New task", Some(BOARD)).with_notice(StateMark::Ending, text);
    frame.answer_as(StatusCode::UNPROCESSABLE_ENTITY, &page(form, shell))
}

fn page(form: NewTaskForm, shell: Shell) -> NewTaskPage {
    NewTaskPage { shell, form, statuses: [TaskStatus::Todo, TaskStatus::Backlog], priorities: PRIORITIES }
}
