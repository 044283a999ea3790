//! `POST /dashboard/tasks`: a person makes a task of the built-in board. What cannot be taken is said above the form, with all that
//! was typed still in it.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde::Deserialize;
use uuid::Uuid;

use super::seen::{filled, no_word, task_names};
use crate::{
    coordinator::Coordinator,
    http::{
        dashboard::{
            PageFrame,
            door::see_other,
            pages::{cards::task_path, tasks::new_task},
        },
        error::Refusal,
        session::{ActForm, Manager},
    },
    model::{Code, NewTask, Priority, TaskStatus},
};

const MOST_TITLE_CHARS: usize = 300;
const MOST_TEXT_CHARS: usize = 20_000;
const MOST_LABEL_CHARS: usize = 100;
/// Labels, and tasks to wait for.
const MOST_OF_EACH: usize = 100;
const MOST_MINUTES: u32 = 10_000_000;

/// The form.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct NewTaskForm {
    pub title: String,
    pub description: String,
    /// `todo` or `backlog`.
    pub status: String,
    pub priority: String,
    /// With commas between.
    pub labels: String,
    /// Keys or ids of tasks to be done first, with commas or spaces between.
    pub on: String,
    /// Minutes; nothing if it is not known.
    pub estimate: String,
    /// The id of the task, so that a form that is sent twice makes one.
    pub once: String,
}

impl Default for NewTaskForm {
    fn default() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            status: TaskStatus::Todo.as_str().to_owned(),
            priority: Priority::Medium.as_str().to_owned(),
            labels: String::new(),
            on: String::new(),
            estimate: String::new(),
            once: String::new(),
        }
    }
}

impl NewTaskForm {
    fn task(&self) -> Result<NewTask, Refusal> {
        let description = self.description.replace("\r\n", "\n");
        if description.chars().count() > MOST_TEXT_CHARS {
            return Err(Refusal::field(
                "description",
                format!("expected {MOST_TEXT_CHARS} characters at most"),
            ));
        }
        let status = TaskStatus::from_word(&self.status)
            .filter(|status| matches!(status, TaskStatus::Todo | TaskStatus::Backlog));
        let labels = self.labels.split(',').map(str::trim).filter(|label| !label.is_empty());
        let labels = labels.map(|label| filled("labels", label, MOST_LABEL_CHARS));
        Ok(NewTask {
            title: filled("title", &self.title, MOST_TITLE_CHARS)?,
            description,
            status: status.ok_or_else(|| no_word("status"))?,
            priority: Priority::from_word(&self.priority).ok_or_else(|| no_word("priority"))?,
            labels: few("labels", labels.collect::<Result<_, _>>()?)?,
            dependencies: few("on", task_names(&self.on))?,
            estimate_minutes: minutes(self.estimate.trim())?,
        })
    }
}

fn few(field: &str, all: Vec<String>) -> Result<Vec<String>, Refusal> {
    if all.len() > MOST_OF_EACH {
        return Err(Refusal::field(field, format!("expected {MOST_OF_EACH} at most")));
    }
    Ok(all)
}

fn minutes(text: &str) -> Result<Option<u32>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let minutes = text.parse().ok().filter(|minutes| *minutes <= MOST_MINUTES);
    minutes.map(Some).ok_or_else(|| Refusal::field("estimate", "expected whole minutes, or nothing"))
}

/// `POST /dashboard/tasks`.
pub async fn post(
    State(coordinator): State<Arc<Coordinator>>,
    visitor: Manager,
    frame: PageFrame,
    ActForm(form): ActForm<NewTaskForm>,
) -> Result<Response, Refusal> {
    let id = Uuid::try_parse(&form.once)
        .map_err(|_| Refusal::field("once", "open the page again, and send the form from there"))?;
    let new = match form.task() {
        Ok(new) => new,
        Err(refusal) => return new_task::again(&frame, form, refusal.message()),
    };
    let who = (&visitor.visitor().workspace, visitor.actor());
    match coordinator.create_as_person(who, new, &id.to_string()).await {
        Ok(task) => Ok(see_other(&task_path(&frame, &task.key))),
        Err(error) if error.code() == Code::TaskNotFound => {
            new_task::again(&frame, form, &format!("on: {error}"))
        }
        Err(error) => Err(error.into()),
    }
}
