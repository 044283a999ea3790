//! Looking at the board, and adding to it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Annotations, Tool, ToolError, pages::Page, schema::given, views::TaskView};
use crate::{
    coordinator::{Coordinator, Listing, TaskPage, TaskPlace},
    model::{CallContext, List, NewTask, Priority, Scope, TaskStatus, Text, UnixMillis, Whole},
};

/// Tasks of one page unless the caller says otherwise.
const fn page_size() -> Whole<1, 200> {
    Whole::of::<50>()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TaskArgs {
    /// Id or key.
    task_id: Text<1, 200>,
}

#[derive(Serialize, JsonSchema)]
struct TaskAnswer {
    success: bool,
    task: TaskView,
}

pub(super) fn get_task(coordinator: &Arc<Coordinator>) -> Tool {
    let coordinator = Arc::clone(coordinator);
    let run = move |context: CallContext, args: TaskArgs| {
        let coordinator = Arc::clone(&coordinator);
        async move {
            let card = coordinator.task(&context.principal, args.task_id.as_str()).await?;
            Ok(TaskAnswer { success: true, task: TaskView::whole(&card) })
        }
    };
    Tool::typed("get_task", "Task", "One task by id or key.", run)
        .hints(Annotations::READ)
        .needs(Scope::BoardRead)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CreateArgs {
    title: Text<1, 300>,
    #[serde(default)]
    description: Text<0, 20_000>,
    #[serde(default)]
    status: NewStatus,
    #[serde(default = "medium")]
    priority: Priority,
    #[serde(default)]
    labels: List<Text<1, 100>, 100>,
    /// Ids or keys of tasks to be done first.
    #[serde(default)]
    dependencies: List<Text<1, 200>, 100>,
    estimate_minutes: Option<Whole<0, 10_000_000>>,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum NewStatus {
    Backlog,
    #[default]
    Todo,
}

const fn medium() -> Priority {
    Priority::Medium
}

pub(super) fn create_task(coordinator: &Arc<Coordinator>) -> Tool {
    let coordinator = Arc::clone(coordinator);
    let run = move |context: CallContext, args: CreateArgs| create(Arc::clone(&coordinator), context, args);
    let about = "Add a task to the board. Status todo can be taken at once, backlog waits for a person.";
    Tool::typed("create_task", "Create task", about, run).hints(Annotations::WRITE).needs(Scope::BoardWrite)
}

async fn create(
    coordinator: Arc<Coordinator>,
    context: CallContext,
    args: CreateArgs,
) -> Result<TaskAnswer, ToolError> {
    let new = NewTask {
        title: args.title.into_string(),
        description: args.description.into_string(),
        status: match args.status {
            NewStatus::Backlog => TaskStatus::Backlog,
            NewStatus::Todo => TaskStatus::Todo,
        },
        priority: args.priority,
        labels: args.labels.into_vec().into_iter().map(Text::into_string).collect(),
        dependencies: args.dependencies.into_vec().into_iter().map(Text::into_string).collect(),
        estimate_minutes: args.estimate_minutes.map(|minutes| minutes.get() as u32),
    };
    let task = coordinator.create_task(&context.principal, &context.request_id, new).await?;
    let card = coordinator.task(&context.principal, &task.id).await?;
    Ok(TaskAnswer { success: true, task: TaskView::whole(&card) })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListTasksArgs {
    status: Option<TaskStatus>,
    priority: Option<Priority>,
    label: Option<Text<0, 100>>,
    /// Text in title or description; of done and cancelled tasks in the title alone.
    query: Option<Text<0, 200>>,
    #[serde(default = "page_size")]
    limit: Whole<1, 200>,
    /// `next_cursor` of the page before.
    cursor: Option<Text<0, 200>>,
}

#[derive(Serialize, JsonSchema)]
struct ListAnswer {
    success: bool,
    tasks: Page<TaskView>,
    /// Matching tasks on all pages.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

pub(super) fn list_tasks(coordinator: &Arc<Coordinator>) -> Tool {
    let coordinator = Arc::clone(coordinator);
    let run = move |context: CallContext, args: ListTasksArgs| {
        let coordinator = Arc::clone(&coordinator);
        async move { page(&coordinator, &context, args).await }
    };
    let about = "The board's tasks, oldest first, filtered and paged; texts are cut to 200 characters, get_task has \
                 them whole.";
    Tool::typed("list_tasks", "Tasks", about, run).hints(Annotations::READ).needs(Scope::BoardRead)
}

async fn page(
    coordinator: &Coordinator,
    context: &CallContext,
    args: ListTasksArgs,
) -> Result<ListAnswer, ToolError> {
    let listing = Listing {
        status: args.status,
        priority: args.priority,
        label: given(args.label),
        query: given(args.query),
        limit: args.limit.get() as usize,
        after: given(args.cursor).map(|cursor| place(&cursor)).transpose()?,
    };
    let TaskPage { cards, total, more } = coordinator.list(&context.principal, listing).await?;
    let tasks = Page::of(cards.iter().map(TaskView::brief));
    let last = tasks.last(&cards, more);
    let next_cursor = last.map(|card| format!("{}-{}", card.task.created_at.0, card.task.id));
    Ok(ListAnswer { success: true, tasks, total, next_cursor })
}

/// The place a cursor stands for. The task may be gone meanwhile.
fn place(cursor: &str) -> Result<TaskPlace, ToolError> {
    let parts = cursor.split_once('-').filter(|(_, id)| !id.is_empty());
    let place = parts
        .and_then(|(at, id)| Some(TaskPlace { created_at: UnixMillis(at.parse().ok()?), id: id.into() }));
    place.ok_or_else(|| ToolError::argument("cursor", "expected the next_cursor of an earlier answer"))
}
