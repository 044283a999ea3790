//! One card or issue, whatever board it lives on.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{UnixMillis, words::words};

/// Where a task stands on its board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline, description = "")]
#[expect(missing_docs, reason = "the words speak for themselves")]
pub enum TaskStatus {
    Backlog,
    Todo,
    InProgress,
    Blocked,
    Done,
    Cancelled,
}

/// How pressing a task is; the order of the variants is the order of choice.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline, description = "")]
#[expect(missing_docs, reason = "the words speak for themselves")]
pub enum Priority {
    Urgent,
    High,
    Medium,
    Low,
    None,
}

/// How bad a blocker is.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, description = "")]
#[expect(missing_docs, reason = "the words speak for themselves")]
pub enum Severity {
    Low,
    #[default]
    Medium,
    High,
}

impl TaskStatus {
    /// Every status, in the order of a task's life.
    pub const ALL: [Self; 6] =
        [Self::Backlog, Self::Todo, Self::InProgress, Self::Blocked, Self::Done, Self::Cancelled];

    /// Whether nothing more is to be done.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }
}

words!(TaskStatus {
    Backlog = "backlog",
    Todo = "todo",
    InProgress = "in_progress",
    Blocked = "blocked",
    Done = "done",
    Cancelled = "cancelled"
});
words!(Severity { Low = "low", Medium = "medium", High = "high" });
words!(Priority { Urgent = "urgent", High = "high", Medium = "medium", Low = "low", None = "none" });

/// A task of a workspace's board.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Opaque id, unique in the workspace.
    pub id: String,
    /// What people call it, such as `T-7`.
    pub key: String,
    /// Where a person can open it.
    pub url: Option<String>,
    /// One line.
    pub title: String,
    /// Free text; data, never instructions of ours.
    pub description: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// How pressing it is.
    pub priority: Priority,
    /// Labels as the board has them.
    pub labels: Vec<String>,
    /// Ids of tasks that must be done first.
    pub dependencies: Vec<String>,
    /// The person it is assigned to; never an agent.
    pub assignee: Option<String>,
    /// Expected effort in minutes.
    pub estimate_minutes: Option<u32>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it last changed.
    pub updated_at: UnixMillis,
    /// When a person last moved or assigned it, if the board says so; rises with every such move.
    pub moved_at: Option<UnixMillis>,
    /// The reason why it stands so, where the board's own page does not show it.
    pub note: Option<String>,
}

/// The same ids in the same order, each once.
pub fn without_repeats(ids: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let first: Vec<_> = ids.iter().map(|id| seen.insert(id.as_str())).collect();
    ids.into_iter().zip(first).filter_map(|(id, is_first)| is_first.then_some(id)).collect()
}

#[cfg(test)]
impl Task {
    /// An open task with nothing to it but that id, which is its key too; for tests.
    pub(crate) fn todo(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            key: id.to_owned(),
            url: None,
            title: String::from("Something"),
            description: String::new(),
            status: TaskStatus::Todo,
            priority: Priority::Medium,
            labels: Vec::new(),
            dependencies: Vec::new(),
            assignee: None,
            estimate_minutes: None,
            created_at: UnixMillis(1),
            updated_at: UnixMillis(1),
            moved_at: None,
            note: None,
        }
    }
}

impl Task {
    /// Whether nothing more is to be done about it.
    pub const fn is_closed(&self) -> bool {
        self.status.is_closed()
    }
}
