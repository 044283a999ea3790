//! A task of the built-in board as a row: head lines that scripts read and write, and one of JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    model::{Moment, Priority, Task, TaskStatus, UnixMillis, without_repeats},
    stores::{
        StoreError, TaskEdit,
        redis::row::{json, to_json, unreadable},
    },
};

/// A task as it is kept.
pub(super) struct TaskRow {
    id: String,
    status: TaskStatus,
    moved_at: i64,
    dependencies: Vec<String>,
    pub(super) number: i64,
    /// The newest owed write that was applied.
    written: i64,
    updated_at: i64,
    text: TaskText,
}

/// What scripts do not look at.
#[derive(Serialize, Deserialize)]
struct TaskText {
    title: String,
    description: String,
    priority: Priority,
    labels: Vec<String>,
    assignee: Option<String>,
    estimate_minutes: Option<u32>,
    created_at: i64,
    /// What only a newer version knows.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl TaskRow {
    /// The two parts between which the number comes of a task that is made.
    pub(super) fn of_new(task: &Task) -> (String, String) {
        let text = TaskText {
            title: task.title.clone(),
            description: task.description.clone(),
            priority: task.priority,
            labels: task.labels.clone(),
            assignee: task.assignee.clone(),
            estimate_minutes: task.estimate_minutes,
            created_at: task.created_at.0,
            rest: Map::new(),
        };
        let head = format!("{}\n0\n{}\n", task.status.as_str(), task.dependencies.join("\t"));
        (head, format!("0\n{}\n{}", task.updated_at.0, to_json(&text)))
    }

    pub(super) fn read(id: &str, row: &str) -> Result<Self, StoreError> {
        const WHAT: &str = "task";
        let mut head = row.split('\n');
        let mut line = || head.next().ok_or_else(|| unreadable(WHAT));
        let number = |text: &str| text.parse().map_err(|_| unreadable(WHAT));
        Ok(Self {
            id: id.to_owned(),
            status: TaskStatus::from_word(line()?).ok_or_else(|| unreadable(WHAT))?,
            moved_at: number(line()?)?,
            dependencies: line()?.split('\t').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
            number: number(line()?)?,
            written: number(line()?)?,
            updated_at: number(line()?)?,
            text: json(row, WHAT)?,
        })
    }

    pub(super) fn row(&self) -> String {
        let Self { moved_at, number, written, updated_at, .. } = self;
        let (status, dependencies) = (self.status.as_str(), self.dependencies.join("\t"));
        let text = to_json(&self.text);
        format!("{status}\n{moved_at}\n{dependencies}\n{number}\n{written}\n{updated_at}\n{text}")
    }

    /// A person's change of it.
    pub(super) fn edit(&mut self, edit: &TaskEdit) {
        let Moment { wall: UnixMillis(at), .. } = edit.at;
        if edit.status.is_some() || edit.assignee.is_some() {
            self.moved_at = at.max(self.moved_at + 1);
        }
        self.updated_at = at.max(self.updated_at + 1);
        if let Some(status) = edit.status {
            self.status = status;
        }
        if let Some(assignee) = &edit.assignee {
            self.text.assignee.clone_from(assignee);
        }
        if let Some(dependencies) = &edit.dependencies {
            self.dependencies.clone_from(dependencies);
        }
    }

    pub(super) fn into_task(self) -> Task {
        let Self { text, .. } = self;
        Task {
            id: self.id,
            key: key(self.number),
            url: None,
            title: text.title,
            description: text.description,
            status: self.status,
            priority: text.priority,
            labels: text.labels,
            dependencies: without_repeats(self.dependencies),
            assignee: text.assignee,
            estimate_minutes: text.estimate_minutes,
            created_at: UnixMillis(text.created_at),
            updated_at: UnixMillis(self.updated_at),
            moved_at: Some(UnixMillis(self.moved_at)),
            note: None,
        }
    }
}

/// What people call the task of that number.
pub(super) fn key(number: impl std::fmt::Display) -> String {
    format!("T-{number}")
}

/// The number in what people call a task.
pub(super) fn number_of(key: &str) -> Option<i64> {
    key.strip_prefix("T-")?.parse().ok()
}
