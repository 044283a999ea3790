//! `/dashboard/tasks/{id}/act`: what a person may do with a task, with what is seen of it above the forms.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use crate::{
    coordinator::TaskSight,
    http::{
        dashboard::{
            PageFrame,
            acts::seen::SeenFields,
            door::see_other,
            filters, nav,
            pages::{
                cards::task_path,
                tasks::{
                    elsewhere,
                    task::{gone, in_any_case},
                },
            },
            shell::Shell,
            words::{StateMark, counted, status_word},
        },
        error::Refusal,
        extract::PathId,
        session::Manager,
        state::AppState,
    },
    model::{Code, TaskStatus},
};

#[derive(Template)]
#[template(path = "task_act.html", config = "src/http/dashboard/askama.toml")]
struct TaskActPage {
    shell: Shell,
    path: String,
    key: String,
    title: String,
    reason: String,
    /// The status that is chosen.
    status: TaskStatus,
    statuses: [(TaskStatus, &'static str); 6],
    assignee: String,
    waits_for: String,
    /// What it waits for that was deleted.
    deleted: Option<String>,
    /// The key that was typed to delete it.
    key_typed: String,
    /// The form that was refused, and what is wrong about it.
    wrong: Option<(&'static str, String)>,
    /// Who would lose the task, with the percent they are at.
    holder: Option<(String, u8)>,
    seen: SeenFields,
}

/// What was typed into one of the forms.
#[derive(Clone, Copy)]
pub struct TypedAct<'a> {
    /// The act, as its path ends.
    pub act: &'static str,
    /// What was typed, or chosen.
    pub text: &'a str,
    /// What is wrong about it, if that is why nothing was done.
    pub problem: Option<&'a str>,
}

impl TaskActPage {
    fn wrong(&self, act: &str) -> Option<&str> {
        self.wrong.as_ref().filter(|(wrong, _)| *wrong == act).map(|(_, problem)| problem.as_str())
    }

    /// The same with what was typed into one of its forms.
    fn with_typed(mut self, typed: TypedAct<'_>) -> Self {
        match typed.act {
            "move" => self.status = TaskStatus::from_word(typed.text).unwrap_or(self.status),
            "assign" => typed.text.clone_into(&mut self.assignee),
            "depends" => typed.text.clone_into(&mut self.waits_for),
            _ => typed.text.clone_into(&mut self.key_typed),
        }
        self.wrong = typed.problem.map(|problem| (typed.act, problem.to_owned()));
        self
    }
}

/// `GET /dashboard/tasks/{id}/act`.
pub async fn show(
    State(state): State<AppState>,
    visitor: Manager,
    frame: PageFrame,
    PathId(task): PathId,
) -> Result<Response, Refusal> {
    let (coordinator, workspace) = (&*state.coordinator, &visitor.visitor().workspace);
    match coordinator.look(workspace, &task).await {
        Ok(sight) if !coordinator.takes_persons(workspace) => {
            let board = coordinator.board_state(workspace).about;
            elsewhere::answer(&frame, &board, &sight, StatusCode::OK)
        }
        Ok(sight) => answer(&frame, &sight, (StatusCode::OK, ""), None),
        Err(error) if error.code() == Code::TaskNotFound => {
            match in_any_case(coordinator, &visitor, &frame, &task).await? {
                Some(path) => Ok(see_other(&format!("{path}/act"))),
                None => Err(gone((coordinator, &state.keyring), workspace, &frame, &task).await),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The page of that task, with what there is to say about what was tried.
pub fn answer(
    frame: &PageFrame,
    sight: &TaskSight,
    (status, notice): (StatusCode, &str),
    typed: Option<TypedAct<'_>>,
) -> Result<Response, Refusal> {
    let task = &sight.card.task;
    let shell = frame.shell(format!("Change {}", task.key), Some(nav::BOARD)).still();
    let shell = if notice.is_empty() { shell } else { shell.with_notice(StateMark::Ending, notice) };
    let (known, gone): (Vec<_>, Vec<_>) = sight.waits_for.iter().partition(|tied| tied.is_known());
    let keys: Vec<_> = known.iter().map(|tied| tied.key.as_str()).collect();
    let deleted = counted(gone.len(), "task that was deleted", "tasks that were deleted");
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
        deleted: (!gone.is_empty()).then_some(deleted),
        key_typed: String::new(),
        wrong: None,
        holder: sight.card.holder().map(|claim| (claim.agent_id.clone(), claim.progress)),
        seen: SeenFields::of(&sight.seen()),
    };
    frame.answer_as(status, &typed.into_iter().fold(page, TaskActPage::with_typed))
}
