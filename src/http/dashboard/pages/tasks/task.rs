//! `/dashboard/tasks/{id}`: why a task is offered or not, what happened to it, what it is.

use askama::Template;
use axum::{extract::State, response::Response};

use crate::{
    auth::{Keyring, Role},
    coordinator::{Coordinator, CoordinatorError, Reason, Seeker, TaskSight, TiedTask},
    http::{
        dashboard::{
            PageFrame,
            acts::seen::SeenFields,
            door::see_other,
            filters,
            links::{open_elsewhere, outside},
            nav,
            pages::{
                cards::task_path,
                key_names::KeyNames,
                tasks::{
                    story::{StoryItem, story},
                    undo::{self, DoneNote, DoneQuery},
                },
            },
            shell::Shell,
            words::{StateMark, status_word},
        },
        error::Refusal,
        extract::{PathId, QueryParams},
        session::{SignedIn, Viewer},
        state::AppState,
    },
    model::{Code, HistoryAction, HistoryEntry, Workspace, shortened},
};

/// Characters of a name that a sentence repeats.
const MOST_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "task.html", config = "src/http/dashboard/askama.toml")]
struct TaskScreen {
    shell: Shell,
    path: String,
    key: String,
    title: String,
    status: &'static str,
    reason: String,
    mark: StateMark,
    words: String,
    /// Its page on a board elsewhere, and what the link says.
    elsewhere: Option<(String, &'static str)>,
    may_act: bool,
    /// What is seen of a task that is stuck, for who may offer it again.
    offers_again: Option<SeenFields>,
    story: Vec<StoryItem>,
    priority: &'static str,
    labels: Vec<String>,
    waits_for: Vec<(TiedTask, String)>,
    unblocks: u32,
    assignee: Option<String>,
    estimate: Option<u32>,
    id: String,
    description: String,
}

/// `GET /dashboard/tasks/{id}`.
pub async fn show(
    State(state): State<AppState>,
    visitor: Viewer,
    frame: PageFrame,
    PathId(task): PathId,
    QueryParams(query): QueryParams<DoneQuery>,
) -> Result<Response, Refusal> {
    let (coordinator, keyring) = (&*state.coordinator, &*state.keyring);
    let workspace = &visitor.visitor().workspace;
    let sight = match coordinator.look(workspace, &task).await {
        Ok(sight) => sight,
        Err(error) if error.code() == Code::TaskNotFound => {
            return match in_any_case(coordinator, &visitor, &frame, &task).await? {
                Some(path) => Ok(see_other(&path)),
                None => Err(gone((coordinator, keyring), workspace, &frame, &task).await),
            };
        }
        Err(error) => return Err(error.into()),
    };
    let history = coordinator.task_history(workspace, &sight.card.task.id).await?;
    let shell = frame.shell(sight.card.task.key.clone(), Some(nav::BOARD));
    let seal = (&*state.browser_sessions, visitor.session());
    let shell = match DoneNote::read(&query, seal, &sight.card.task.id) {
        Some(note) => {
            let before = coordinator.known(workspace, note.waited_for()).await?;
            let history = (&sight, &*history.entries);
            undo::told(shell, (&note, &before), history, (&frame, visitor.actor().name))
        }
        None => shell,
    };
    let may_act = visitor.may(Role::Manager) && coordinator.takes_persons(workspace);
    let elsewhere = open_elsewhere(coordinator.board_state(workspace).about.provider);
    let story = story(history.entries, &frame, keyring).await?;
    frame.answer(&page(&frame, shell, sight, (story, may_act, elsewhere)))
}

fn page(
    frame: &PageFrame,
    shell: Shell,
    sight: TaskSight,
    (story, may_act, elsewhere): (Vec<StoryItem>, bool, &'static str),
) -> TaskScreen {
    let task = &sight.card.task;
    let tied = |tied: TiedTask| {
        let path = task_path(frame, &tied.key);
        (tied, path)
    };
    TaskScreen {
        shell,
        path: task_path(frame, &task.key),
        key: task.key.clone(),
        title: task.title.clone(),
        status: status_word(sight.card.status),
        mark: StateMark::of_reason(&sight.reason, sight.card.status),
        words: said(&sight.reason).to_owned(),
        reason: sight.reason.to_string(),
        elsewhere: outside(task.url.as_deref()).map(|url| (url, elsewhere)),
        may_act,
        offers_again: (may_act && is_stuck(&sight.reason)).then(|| SeenFields::of(&sight.seen())),
        story,
        priority: task.priority.as_str(),
        labels: task.labels.clone(),
        unblocks: sight.unblocks,
        assignee: task.assignee.clone(),
        estimate: task.estimate_minutes,
        id: task.id.clone(),
        description: task.description.clone(),
        waits_for: sight.waits_for.into_iter().map(tied).collect(),
    }
}

const fn is_stuck(reason: &Reason) -> bool {
    matches!(reason, Reason::Blocked { .. } | Reason::Parked { .. })
}

fn said(reason: &Reason) -> &str {
    match reason {
        Reason::Blocked { words, .. } => words,
        _ => "",
    }
}

/// The deletion of a task, by id or key, if nothing happened to it since.
pub async fn deletion(coordinator: &Coordinator, workspace: &Workspace, task: &str) -> Option<HistoryEntry> {
    let history = coordinator.task_history(workspace, task).await.ok()?;
    let last = history.entries.into_iter().next()?.stored.entry;
    Some(last).filter(|entry| entry.action == HistoryAction::Deleted)
}

/// The page of the task that is called so but for the case.
pub async fn in_any_case(
    coordinator: &Coordinator,
    visitor: &SignedIn,
    frame: &PageFrame,
    task: &str,
) -> Result<Option<String>, CoordinatorError> {
    let seeker = Seeker::Person(visitor.counted_as());
    let found = coordinator.things_called(&visitor.visitor().workspace, &seeker, task, 1).await?;
    Ok(found.tasks.named.map(|card| task_path(frame, &card.task.key)))
}

/// What is said of a task that is not there: when and by whom it was deleted, if that is known.
pub async fn gone(
    (coordinator, keyring): (&Coordinator, &Keyring),
    workspace: &Workspace,
    frame: &PageFrame,
    task: &str,
) -> Refusal {
    let mut deleted = deletion(coordinator, workspace, task).await;
    if deleted.is_none() {
        // As keys of the built-in board are written.
        deleted = deletion(coordinator, workspace, &task.to_uppercase()).await;
    }
    let name = shortened(task, MOST_SHOWN);
    let Some(entry) = deleted else {
        let text = format!("there is no task `{name}` on this board: it may have been deleted");
        return Refusal::new(Code::TaskNotFound, text);
    };
    let names = match KeyNames::of(keyring, vec![&entry.actor]).await {
        Ok(names) => names,
        Err(refusal) => return refusal,
    };
    let (who, when) = (names.person(&entry.actor), frame.when(entry.at).utc());
    Refusal::new(Code::TaskNotFound, format!("`{name}` was deleted by {who}, {when}"))
}
