//! What a person does to one task: a form for each act says what it asks for, and all are answered in one place, from what was seen.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, de::DeserializeOwned};

use super::seen::{SeenFields, filled, no_word, task_names};
use crate::{
    coordinator::{Acted, Coordinator, PersonAct},
    http::{
        dashboard::{
            PageFrame,
            door::see_other,
            links::query,
            pages::{
                cards::task_path,
                tasks::{
                    task_act,
                    undo::{self, DoneNote, MOST_LATER},
                },
            },
        },
        error::Refusal,
        extract::PathId,
        session::{ActForm, Manager},
        state::AppState,
    },
    model::{Task, TaskStatus},
    stores::HistoryOf,
};

/// Characters of a person's name.
const MOST_CHARS: usize = 200;
/// Tasks that one may wait for.
const MOST_TASKS: usize = 100;

/// A form that acts on one task.
pub trait TaskForm: DeserializeOwned + Send {
    /// What it asks for, of the task that its address names, and what was seen of that.
    fn asked(self, task: &str) -> Result<(PersonAct, SeenFields), Refusal>;
}

/// The form of `POST /dashboard/tasks/{id}/move`: a person moves a task, and wins.
#[derive(Deserialize)]
pub struct MoveForm {
    status: String,
    #[serde(flatten)]
    seen: SeenFields,
}

impl TaskForm for MoveForm {
    fn asked(self, _: &str) -> Result<(PersonAct, SeenFields), Refusal> {
        let status = TaskStatus::from_word(&self.status).ok_or_else(|| no_word("status"))?;
        Ok((PersonAct::Move(status), self.seen))
    }
}

/// The form of `POST /dashboard/tasks/{id}/assign`: a person gives a task to a person, or to nobody.
/// Nobody in `person` takes the assignment back.
#[derive(Deserialize)]
pub struct AssignForm {
    #[serde(default)]
    person: String,
    #[serde(flatten)]
    seen: SeenFields,
}

impl TaskForm for AssignForm {
    fn asked(self, _: &str) -> Result<(PersonAct, SeenFields), Refusal> {
        let act = match self.person.trim() {
            "" => PersonAct::Unassign,
            person => PersonAct::Assign(filled("person", person, MOST_CHARS)?),
        };
        Ok((act, self.seen))
    }
}

/// The form of `POST /dashboard/tasks/{id}/depends`: a person says what a task waits for.
/// Keys or ids with commas or spaces between; nothing: it waits for none.
#[derive(Deserialize)]
pub struct DependForm {
    #[serde(default)]
    on: String,
    #[serde(flatten)]
    seen: SeenFields,
}

impl TaskForm for DependForm {
    fn asked(self, _: &str) -> Result<(PersonAct, SeenFields), Refusal> {
        let on = task_names(&self.on);
        if on.len() > MOST_TASKS {
            return Err(Refusal::field("on", format!("expected {MOST_TASKS} tasks at most")));
        }
        Ok((PersonAct::Depend(on), self.seen))
    }
}

/// The form of `POST /dashboard/tasks/{id}/delete`: a person deletes a task. It does not come back, so the form asks for its key.
#[derive(Deserialize)]
pub struct DeleteForm {
    #[serde(default)]
    key: String,
    #[serde(flatten)]
    seen: SeenFields,
}

impl TaskForm for DeleteForm {
    fn asked(self, task: &str) -> Result<(PersonAct, SeenFields), Refusal> {
        if !self.key.trim().eq_ignore_ascii_case(task) {
            return Err(Refusal::field("key", "type the key of the task to delete it; nothing was deleted"));
        }
        Ok((PersonAct::Delete, self.seen))
    }
}

/// Does what the form asks for, and shows the task, or the board when the task is gone; or what has changed since it was seen. A
/// button that was pressed twice did it the first time.
pub async fn act<F: TaskForm>(
    State(state): State<AppState>,
    visitor: Manager,
    frame: PageFrame,
    PathId(task): PathId,
    ActForm(form): ActForm<F>,
) -> Result<Response, Refusal> {
    let (wanted, seen) = form.asked(&task)?;
    let (coordinator, workspace) = (&state.coordinator, &visitor.visitor().workspace);
    let seen = seen.task()?;
    let deletes = wanted == PersonAct::Delete;
    let note = DoneNote::of(&wanted, &seen);
    let told = |task: &Task| {
        let seal = (&*state.browser_sessions, visitor.session());
        let told = note.as_ref().map(|note| note.query(seal, &task.id));
        see_other(&format!("{}{}", task_path(&frame, &task.key), told.unwrap_or_default()))
    };
    let asked = wanted.clone();
    let acted = coordinator.act_as_person((workspace, visitor.actor()), &task, wanted, Some(seen)).await?;
    match acted {
        Acted::Done(task) if deletes => {
            Ok(see_other(&format!("{}{}", frame.path("/board"), query(&[("deleted", Some(&task.id))]))))
        }
        Acted::Done(task) => Ok(told(&task)),
        Acted::Changed => changed((coordinator, &visitor, &frame), &task, (&asked, told)).await,
    }
}

/// The task as it is now, which is another than was seen; or the same as when all went well, where this visitor did it before.
async fn changed(
    (coordinator, visitor, frame): (&Coordinator, &Manager, &PageFrame),
    task: &str,
    (asked, told): (&PersonAct, impl Fn(&Task) -> Response),
) -> Result<Response, Refusal> {
    let workspace = &visitor.visitor().workspace;
    let sight = coordinator.look(workspace, task).await?;
    let of = HistoryOf::Task(sight.card.task.id.clone());
    let history = coordinator.history(workspace, of, None, MOST_LATER).await?;
    if undo::did(asked, &history, visitor.actor().name, sight.card.now.wall) {
        return Ok(told(&sight.card.task));
    }
    let text = "The task has changed since you looked: nothing was done. This is how it stands now.";
    task_act::answer(frame, &sight, (StatusCode::CONFLICT, Some(text)))
}
