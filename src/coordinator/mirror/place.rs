//! Where tasks stand among each other whatever becomes of them.

use std::sync::Arc;

use crate::model::{Task, UnixMillis};

/// A task's place on its board: by age, then by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskPlace {
    /// When it was made.
    pub created_at: UnixMillis,
    /// Its id.
    pub id: Arc<str>,
}

impl TaskPlace {
    /// The place of that task.
    pub fn of(task: &Task) -> Self {
        Self { created_at: task.created_at, id: task.id.as_str().into() }
    }

    /// Whether the task comes after this place.
    pub fn is_before(&self, task: &Task) -> bool {
        (self.created_at, &*self.id) < (task.created_at, task.id.as_str())
    }
}
