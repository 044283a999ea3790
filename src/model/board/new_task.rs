//! A task that is not on a board yet.

use super::{Priority, TaskStatus};

/// A task to be made.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// One line that names it.
    pub title: String,
    /// Free text.
    pub description: String,
    /// `backlog` or `todo`.
    pub status: TaskStatus,
    /// How pressing.
    pub priority: Priority,
    /// Labels.
    pub labels: Vec<String>,
    /// Ids of tasks that must be done first.
    pub dependencies: Vec<String>,
    /// Expected effort.
    pub estimate_minutes: Option<u32>,
}
