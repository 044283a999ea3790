//! What somebody has before their eyes who decides something about a task. Every form that changes one carries it, and the store
//! compares in its own step: what has changed since is shown, and nothing is done.

use axum::{http::StatusCode, response::Response};
use serde::Deserialize;

use crate::{
    coordinator::{Acted, Coordinator, PersonAct},
    http::{
        dashboard::{
            PageFrame,
            door::see_other,
            links::query,
            pages::{
                cards::task_path,
                tasks::{task_act, undo},
            },
        },
        error::Refusal,
        session::Manager,
    },
    model::{Code, TaskStatus},
    stores::{HistoryOf, SeenTask},
};

/// Entries looked through for what was done a moment ago.
const MOST_LATER: u32 = 5;

/// The fields of a form that say it.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenFields {
    #[serde(rename = "seen_status")]
    status: String,
    #[serde(default, rename = "seen_assignee")]
    assignee: String,
    /// Task ids, with spaces between.
    #[serde(default, rename = "seen_dependencies")]
    dependencies: String,
    #[serde(default, rename = "seen_holder")]
    holder: String,
    #[serde(default, rename = "seen_generation")]
    generation: String,
}

impl SeenFields {
    /// The fields that say that.
    pub fn of(seen: &SeenTask) -> Self {
        let (holder, held_under) = seen.holder.clone().unwrap_or_default();
        Self {
            status: seen.status.as_str().to_owned(),
            assignee: seen.assignee.clone().unwrap_or_default(),
            dependencies: seen.dependencies.join(" "),
            generation: if holder.is_empty() { String::new() } else { held_under.to_string() },
            holder,
        }
    }

    /// Each with its name, for the form.
    pub fn pairs(&self) -> [(&'static str, &str); 5] {
        [
            ("seen_status", &self.status),
            ("seen_assignee", &self.assignee),
            ("seen_dependencies", &self.dependencies),
            ("seen_holder", &self.holder),
            ("seen_generation", &self.generation),
        ]
    }

    fn task(self) -> Result<SeenTask, Refusal> {
        let unreadable =
            |field| Refusal::field(field, "open the page of the task again, and send the form from there");
        let status = TaskStatus::from_word(&self.status).ok_or_else(|| unreadable("seen_status"))?;
        let some = |text: String| (!text.is_empty()).then_some(text);
        let holder = match some(self.holder) {
            Some(holder) => {
                Some((holder, self.generation.parse().map_err(|_| unreadable("seen_generation"))?))
            }
            None => None,
        };
        Ok(SeenTask {
            status,
            assignee: some(self.assignee),
            dependencies: self.dependencies.split_whitespace().map(str::to_owned).collect(),
            holder,
        })
    }
}

/// Does it, and shows the task, or the board when the task is gone; or what has changed since it was seen. A button that was
/// pressed twice did it the first time.
pub async fn act(
    (coordinator, visitor, frame): (&Coordinator, &Manager, &PageFrame),
    task: &str,
    act: PersonAct,
    seen: SeenFields,
) -> Result<Response, Refusal> {
    let workspace = &visitor.visitor().workspace;
    let seen = seen.task()?;
    let deletes = act == PersonAct::Delete;
    let done = undo::done(&act, &seen);
    let asked = act.clone();
    let acted = coordinator.act_as_person((workspace, visitor.actor()), task, act, Some(seen)).await?;
    match acted {
        Acted::Done(task) if deletes => {
            Ok(see_other(&format!("{}{}", frame.path("/board"), query(&[("deleted", Some(&task.id))]))))
        }
        Acted::Done(task) => Ok(see_other(&format!("{}{done}", task_path(frame, &task.key)))),
        Acted::Changed => {
            let sight = coordinator.look(workspace, task).await?;
            let of = HistoryOf::Task(sight.card.task.id.clone());
            let history = coordinator.history(workspace, of, None, MOST_LATER).await?;
            if undo::did(&asked, &history, visitor.actor().name, sight.card.now.wall) {
                return Ok(see_other(&format!("{}{done}", task_path(frame, &sight.card.task.key))));
            }
            let text = "The task has changed since you looked: nothing was done. This is how it stands now.";
            task_act::answer(frame, &sight, (StatusCode::CONFLICT, Some(text)))
        }
    }
}

/// A text of a form that must say something.
pub fn filled(field: &'static str, text: &str, most_chars: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most_chars || text.chars().any(char::is_control) {
        return Err(Refusal::field(field, format!("expected 1 to {most_chars} characters")));
    }
    Ok(text.to_owned())
}

/// The refusal of a field whose word is none of ours.
pub fn no_word(field: &'static str) -> Refusal {
    Refusal::new(Code::InvalidField, format!("{field}: choose one of those that are offered"))
}
