//! What a person does to one task: a form for each act says what it asks for, and all are answered in one place, from what was seen.
//! One that is refused comes back as it was sent.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, de::DeserializeOwned};

use super::seen::{SeenFields, filled, no_word, task_names};
use crate::{
    coordinator::{Acted, CoordinatorError, PersonAct},
    http::{
        dashboard::{
            PageFrame,
            door::see_other,
            links::query,
            pages::{
                cards::task_path,
                tasks::{
                    elsewhere, task,
                    task_act::{self, TypedAct},
                    undo::{self, DoneNote, MOST_LATER},
                },
            },
            refusal::as_form,
        },
        error::Refusal,
        extract::PathId,
        session::{ActForm, Manager},
        state::AppState,
    },
    model::{Code, Task, TaskStatus, shortened, visible},
    stores::HistoryOf,
};

/// Characters of a person's name.
const MOST_CHARS: usize = 200;
/// Tasks that one may wait for.
const MOST_TASKS: usize = 100;

/// Characters of a name that a sentence repeats.
const MOST_SHOWN: usize = 100;

/// A form that acts on one task.
pub trait TaskForm: DeserializeOwned + Send + Sync {
    /// The act, as the path ends.
    const ACT: &'static str;
    /// What people see it called.
    const CALLED: &'static str;

    /// What it asks for, of the task that its address names.
    fn asked(&self, task: &str) -> Result<PersonAct, Refusal>;

    /// What was typed, or chosen.
    fn typed(&self) -> &str;

    /// What was seen of the task.
    fn seen(&self) -> &SeenFields;
}

/// The form of `POST /dashboard/tasks/{id}/move`: a person moves a task, and wins.
#[derive(Deserialize)]
pub struct MoveForm {
    status: String,
    #[serde(flatten)]
    seen: SeenFields,
}

impl TaskForm for MoveForm {
    const ACT: &'static str = "move";
    const CALLED: &'static str = "Move";

    fn asked(&self, _: &str) -> Result<PersonAct, Refusal> {
        TaskStatus::from_word(&self.status).map(PersonAct::Move).ok_or_else(|| no_word("status"))
    }

    fn typed(&self) -> &str {
        &self.status
    }

    fn seen(&self) -> &SeenFields {
        &self.seen
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
    const ACT: &'static str = "assign";
    const CALLED: &'static str = "Assign";

    fn asked(&self, _: &str) -> Result<PersonAct, Refusal> {
        Ok(match self.person.trim() {
            "" => PersonAct::Unassign,
            // What nobody sees in a name tells nobody apart.
            person => PersonAct::Assign(visible(&filled("person", person, MOST_CHARS)?).trim().to_owned()),
        })
    }

    fn typed(&self) -> &str {
        &self.person
    }

    fn seen(&self) -> &SeenFields {
        &self.seen
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
    const ACT: &'static str = "depends";
    const CALLED: &'static str = "What it waits for";

    fn asked(&self, _: &str) -> Result<PersonAct, Refusal> {
        let on = task_names(&self.on);
        if on.len() > MOST_TASKS {
            let problem = format!("these are {} tasks: expected {MOST_TASKS} at most", on.len());
            return Err(Refusal::field("on", problem));
        }
        Ok(PersonAct::Depend(on))
    }

    fn typed(&self) -> &str {
        &self.on
    }

    fn seen(&self) -> &SeenFields {
        &self.seen
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
    const ACT: &'static str = "delete";
    const CALLED: &'static str = "Delete";

    fn asked(&self, task: &str) -> Result<PersonAct, Refusal> {
        if self.key.trim().eq_ignore_ascii_case(task) {
            return Ok(PersonAct::Delete);
        }
        Err(Refusal::field("key", "type the key of the task to delete it"))
    }

    fn typed(&self) -> &str {
        &self.key
    }

    fn seen(&self) -> &SeenFields {
        &self.seen
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
    let desk = Desk { state: &state, visitor: &visitor, frame: &frame, task: &task };
    match desk.act(&form).await {
        Ok(answer) => Ok(answer),
        Err(refusal) => desk.again(&form, refusal).await,
    }
}

/// Where a person acts on a task.
struct Desk<'a> {
    state: &'a AppState,
    visitor: &'a Manager,
    frame: &'a PageFrame,
    /// The task, as the address names it.
    task: &'a str,
}

impl Desk<'_> {
    async fn act<F: TaskForm>(&self, form: &F) -> Result<Response, Refusal> {
        let asked = self.settled(form.asked(self.task)?).await?;
        let seen = form.seen().task()?;
        let note = DoneNote::of(&asked, &seen);
        let who = (&self.visitor.visitor().workspace, self.visitor.actor());
        let acted = self.state.coordinator.act_as_person(who, self.task, asked.clone(), Some(seen)).await?;
        match acted {
            Acted::Done(task) if asked == PersonAct::Delete => {
                let path = self.frame.path("/board");
                Ok(see_other(&format!("{path}{}", query(&[("deleted", Some(&task.id))]))))
            }
            Acted::Done(task) => Ok(self.told(&task, note.as_ref())),
            Acted::Changed => self.changed(form, &asked, note.as_ref()).await,
        }
    }

    /// What is asked for, with tasks by their keys, and without those that were deleted since the task began to wait for them.
    async fn settled(&self, asked: PersonAct) -> Result<PersonAct, Refusal> {
        let PersonAct::Depend(on) = asked else { return Ok(asked) };
        let workspace = &self.visitor.visitor().workspace;
        match self.state.coordinator.keys_to_wait_for(workspace, self.task, &on).await {
            Ok(keys) => Ok(PersonAct::Depend(keys)),
            // Another one than the form is about.
            Err(error @ CoordinatorError::TaskNotFound(_)) => Err(other_not_found("on", error)),
            Err(error) => Err(error.into()),
        }
    }

    /// The page of the task, which tells what was done.
    fn told(&self, task: &Task, note: Option<&DoneNote>) -> Response {
        let seal = (&*self.state.browser_sessions, self.visitor.session());
        let told = note.map(|note| note.query(seal, &task.id)).unwrap_or_default();
        see_other(&format!("{}{told}", task_path(self.frame, &task.key)))
    }

    /// The task as it is now, which is another than was seen; or the same as when all went well, where this visitor did it before.
    async fn changed<F: TaskForm>(
        &self,
        form: &F,
        asked: &PersonAct,
        note: Option<&DoneNote>,
    ) -> Result<Response, Refusal> {
        let (coordinator, workspace) = (&self.state.coordinator, &self.visitor.visitor().workspace);
        let sight = coordinator.look(workspace, self.task).await?;
        let of = HistoryOf::Task(sight.card.task.id.clone());
        let history = coordinator.history(workspace, of, None, MOST_LATER).await?;
        if undo::did(asked, &history, self.visitor.actor().name, sight.card.now.wall) {
            return Ok(self.told(&sight.card.task, note));
        }
        let text = "The task has changed since you looked: nothing was done. This is how it stands now.";
        let typed = TypedAct { act: F::ACT, text: form.typed(), problem: None };
        task_act::answer(self.frame, &sight, (StatusCode::CONFLICT, text), Some(typed))
    }

    /// The form as it was sent, with what is wrong about it; or what became of the task, if it is gone.
    async fn again<F: TaskForm>(&self, form: &F, refusal: Refusal) -> Result<Response, Refusal> {
        let (coordinator, workspace) = (&self.state.coordinator, &self.visitor.visitor().workspace);
        match coordinator.look(workspace, self.task).await {
            Ok(sight) if !coordinator.takes_persons(workspace) => as_form(refusal, |problem| {
                let board = coordinator.board_state(workspace).about;
                elsewhere::answer(self.frame, &board, &sight, problem.status)
            }),
            Ok(sight) => as_form(refusal, |problem| {
                let text = format!("Nothing was done. {}: {}.", F::CALLED, problem.text);
                let typed = TypedAct { act: F::ACT, text: form.typed(), problem: Some(&problem.text) };
                task_act::answer(self.frame, &sight, (problem.status, &text), Some(typed))
            }),
            Err(error) if error.code() == Code::TaskNotFound => {
                Err(task::gone((coordinator, &self.state.keyring), workspace, self.frame, self.task).await)
            }
            // What failed first is what is told.
            Err(_) => Err(refusal),
        }
    }
}

/// The refusal of a field that names a task which is not there.
pub fn other_not_found(field: &str, error: CoordinatorError) -> Refusal {
    let CoordinatorError::TaskNotFound(name) = error else { return error.into() };
    Refusal::field(field, format!("there is no task `{}` on this board", shortened(&name, MOST_SHOWN)))
}
