//! `POST /dashboard/tasks`: a person makes a task of the built-in board. What cannot be taken is said in the form, with all that was
//! typed still in it.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use super::{
    on_task::other_not_found,
    seen::{filled, no_word, task_names},
};
use crate::{
    coordinator::CoordinatorError,
    http::{
        dashboard::{
            PageFrame,
            door::see_other,
            pages::{
                cards::task_path,
                key_names::KeyNames,
                tasks::{new_task, task::deletion},
            },
            words::grouped,
        },
        error::Refusal,
        session::{ActForm, Manager},
        state::AppState,
    },
    model::{Code, HistoryEntry, NewTask, Priority, TaskStatus, Workspace},
    secrets::sha256,
};

const MOST_TITLE_CHARS: usize = 300;
const MOST_TEXT_CHARS: usize = 20_000;
const MOST_LABEL_CHARS: usize = 100;
/// Labels, and tasks to wait for.
const MOST_OF_EACH: usize = 100;
const MOST_MINUTES: u32 = 10_000_000;

/// The form.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
    /// What the page was given as its own, so that a form that is sent twice makes one task.
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
        text("description", &description)?;
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

/// A text of more than a line, or of none.
fn text(field: &str, text: &str) -> Result<(), Refusal> {
    let count = text.chars().count();
    if count > MOST_TEXT_CHARS {
        let (most, count) = (grouped(MOST_TEXT_CHARS as u64), grouped(count as u64));
        return Err(Refusal::field(field, format!("expected {most} characters at most, got {count}")));
    }
    if text.contains('\0') {
        return Err(Refusal::field(field, "the character NUL is in it: take it out"));
    }
    Ok(())
}

fn few(field: &str, all: Vec<String>) -> Result<Vec<String>, Refusal> {
    if all.len() > MOST_OF_EACH {
        return Err(Refusal::field(
            field,
            format!("these are {}: expected {MOST_OF_EACH} at most", all.len()),
        ));
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
    State(state): State<AppState>,
    visitor: Manager,
    frame: PageFrame,
    ActForm(form): ActForm<NewTaskForm>,
) -> Result<Response, Refusal> {
    let workspace = &visitor.visitor().workspace;
    let Some(id) = task_id(&form, workspace, visitor.actor().name) else {
        let refusal =
            Refusal::field("once", "this form was not whole: look through it, and send it once more");
        return new_task::again(&frame, new_task::fresh(form), refusal);
    };
    if let Some(refusal) = deleted_since(&state, &frame, (workspace, &id)).await? {
        return new_task::again(&frame, new_task::fresh(form), refusal);
    }
    let made = match form.task() {
        Ok(new) => state.coordinator.create_as_person((workspace, visitor.actor()), new, &id).await,
        Err(refusal) => return new_task::again(&frame, form, refusal),
    };
    match made {
        Ok(task) => Ok(see_other(&task_path(&frame, &task.key))),
        Err(error @ CoordinatorError::TaskNotFound(_)) => {
            new_task::again(&frame, form, other_not_found("on", error))
        }
        Err(error) => new_task::again(&frame, form, error.into()),
    }
}

/// What is said of a form whose task was deleted: the id of a task is used once, also when nothing is left of the task.
async fn deleted_since(
    state: &AppState,
    frame: &PageFrame,
    (workspace, id): (&Workspace, &str),
) -> Result<Option<Refusal>, Refusal> {
    let Some(deleted) = deletion(&state.coordinator, workspace, id).await else { return Ok(None) };
    let HistoryEntry { words: key, actor, at, .. } = deleted;
    let names = KeyNames::of(&state.keyring, vec![&actor]).await?;
    let (who, when) = (names.person(&actor), frame.when(at).utc());
    let text = format!(
        "this form made the task `{key}`, which {who} deleted, {when}: send it once more to make another"
    );
    Ok(Some(Refusal::new(Code::IdempotencyMismatch, text)))
}

/// The id of the task that somebody makes by that form: the same when it is sent again, another one of another person, or when it
/// says something else. It is made of the form's own id, whose time it keeps.
fn task_id(form: &NewTaskForm, workspace: &Workspace, actor: &str) -> Option<String> {
    let once = Uuid::try_parse(&form.once).ok()?;
    let (seconds, nanos) = once.get_timestamp()?.to_unix();
    let said = serde_json::to_vec(&(workspace.as_str(), actor, form)).expect("a form is made of texts");
    let mut bytes = [0; 10];
    bytes.copy_from_slice(&sha256(said)[..10]);
    let millis = seconds * 1000 + u64::from(nanos / 1_000_000);
    Some(Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().to_string())
}
