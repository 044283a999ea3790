//! `/dashboard/tasks/new`: the form that makes a task of the built-in board.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};

use crate::{
    coordinator::Coordinator,
    http::{
        dashboard::{
            PageFrame,
            acts::create_task::NewTaskForm,
            filters,
            nav::BOARD,
            refusal::{FormProblem, as_form},
            shell::Shell,
            words::StateMark,
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
    /// The field that was refused, and what is wrong about it.
    wrong: Option<(String, String)>,
}

/// `GET /dashboard/tasks/new`.
pub async fn show(
    State(coordinator): State<Arc<Coordinator>>,
    visitor: Manager,
    frame: PageFrame,
) -> Result<Response, Refusal> {
    if !coordinator.takes_persons(&visitor.visitor().workspace) {
        let text = "the tasks of this board are made where it is kept, or by an agent";
        return Err(Refusal::new(Code::Forbidden, text));
    }
    let shell = frame.shell("New task", Some(BOARD)).still();
    frame.answer(&page(fresh(NewTaskForm::default()), shell, None))
}

/// The form as one that was not sent yet.
pub fn fresh(form: NewTaskForm) -> NewTaskForm {
    NewTaskForm { once: uuid::Uuid::now_v7().to_string(), ..form }
}

/// The form as it was sent, with what is wrong about it.
pub fn again(frame: &PageFrame, form: NewTaskForm, refusal: Refusal) -> Result<Response, Refusal> {
    as_form(refusal, |FormProblem { status, field, text }| {
        let told = match called(&field) {
            "" => format!("No task was made: {text}."),
            name => format!("No task was made. {name}: {text}."),
        };
        let shell = frame.shell("New task", Some(BOARD)).with_notice(StateMark::Ending, told);
        frame.answer_as(status, &page(form, shell, Some((field, text))))
    })
}

/// What people see a field called.
fn called(field: &str) -> &'static str {
    match field {
        "title" => "Title",
        "description" => "Description",
        "status" => "It starts",
        "priority" => "Priority",
        "labels" => "Labels",
        "on" => "Waits for",
        "estimate" => "Minutes it may take",
        _ => "",
    }
}

impl NewTaskPage {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.wrong.as_ref().filter(|(wrong, _)| wrong == field).map(|(_, problem)| problem.as_str())
    }
}

fn page(form: NewTaskForm, shell: Shell, wrong: Option<(String, String)>) -> NewTaskPage {
    let statuses = [TaskStatus::Todo, TaskStatus::Backlog];
    NewTaskPage { shell, form, statuses, priorities: PRIORITIES, wrong }
}
