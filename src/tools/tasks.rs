//! Looking at the board, and adding to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    About, Annotations, Tool, ToolError,
    pages::Page,
    schema::given,
    views::{ReasonView, TaskView},
};
use crate::{
    coordinator::{Coordinator, Listing, TaskPage, TaskPlace},
    model::{CallContext, List, NewTask, Priority, Scope, TaskStatus, Text, UnixMillis, Whole, visible},
};

pub(super) struct GetTask;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GetTaskArgs {
    /// Id or key.
    task_id: Text<1, 200>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct TaskAnswer {
    success: bool,
    task: TaskView,
    reason: ReasonView,
}

impl Tool for GetTask {
    type Args = GetTaskArgs;
    type Answer = TaskAnswer;

    fn about(&self) -> About {
        About {
            name: "get_task",
            title: "Task",
            description: "One task by id or key.",
            annotations: Annotations::READ,
            scope: Some(Scope::BoardRead),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: GetTaskArgs,
    ) -> Result<TaskAnswer, ToolError> {
        let sight = coordinator.look(&context.principal.workspace, args.task_id.as_str()).await?;
        let (task, reason) = (TaskView::whole(&sight.card), ReasonView::of(&sight.reason, sight.card.now));
        Ok(TaskAnswer { success: true, task, reason })
    }
}

pub(super) struct CreateTask;

#[derive(Serialize, JsonSchema)]
pub(super) struct CreateTaskAnswer {
    success: bool,
    task: TaskView,
    /// What could not be put on the board.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateTaskArgs {
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

impl Tool for CreateTask {
    type Args = CreateTaskArgs;
    type Answer = CreateTaskAnswer;

    fn about(&self) -> About {
        About {
            name: "create_task",
            title: "Create task",
            description: "Add a task to the board. Status todo can be taken at once, backlog waits for a person.",
            annotations: Annotations::WRITE,
            scope: Some(Scope::BoardWrite),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: CreateTaskArgs,
    ) -> Result<CreateTaskAnswer, ToolError> {
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
        let (task, warnings) = coordinator.create_task(&context.principal, &context.request_id, new).await?;
        let card = coordinator.task(&context.principal, &task.id).await?;
        let warnings = warnings.iter().map(|warning| visible(warning)).collect();
        Ok(CreateTaskAnswer { success: true, task: TaskView::whole(&card), warnings })
    }
}

pub(super) struct ListTasks;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListTasksArgs {
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

/// Tasks of one page unless the caller says otherwise.
const fn page_size() -> Whole<1, 200> {
    Whole::of::<50>()
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ListTasksAnswer {
    success: bool,
    tasks: Page<TaskView>,
    /// Matching tasks on all pages.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl Tool for ListTasks {
    type Args = ListTasksArgs;
    type Answer = ListTasksAnswer;

    fn about(&self) -> About {
        About {
            name: "list_tasks",
            title: "Tasks",
            description: "The board's tasks, oldest first, filtered and paged; texts are cut to 200 characters, get_task has \
                          them whole.",
            annotations: Annotations::READ,
            scope: Some(Scope::BoardRead),
        }
    }

    async fn call(
        &self,
        coordinator: &Coordinator,
        context: &CallContext,
        args: ListTasksArgs,
    ) -> Result<ListTasksAnswer, ToolError> {
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
        Ok(ListTasksAnswer { success: true, tasks, total, next_cursor })
    }
}

/// The place a cursor stands for. The task may be gone meanwhile.
fn place(cursor: &str) -> Result<TaskPlace, ToolError> {
    let parts = cursor.split_once('-').filter(|(_, id)| !id.is_empty());
    let place = parts
        .and_then(|(at, id)| Some(TaskPlace { created_at: UnixMillis(at.parse().ok()?), id: id.into() }));
    place.ok_or_else(|| ToolError::argument("cursor", "expected the next_cursor of an earlier answer"))
}
