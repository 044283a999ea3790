//! What a board is, and what was found when it was looked at.

use crate::model::TaskStatus;

/// A board as a person is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardDescription {
    /// The provider's name as `KANBAN_PROVIDER` has it, such as `local`.
    pub provider: &'static str,
    /// Its name, such as `the built-in board` or `octo/app`.
    pub name: String,
    /// The page where a person sees it.
    pub url: Option<String>,
    /// The statuses it can show.
    pub statuses: Vec<TaskStatus>,
}

impl BoardDescription {
    /// Whether somebody else keeps it.
    pub const fn is_remote(&self) -> bool {
        self.url.is_some()
    }

    /// Its name and where it is, such as `octo/app at github.com`.
    pub fn place(&self) -> String {
        match self.url.as_deref().and_then(|url| url.split('/').nth(2)) {
            Some(host) => format!("{} at {host}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A task that somebody else has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedTask {
    /// The task.
    pub id: String,
    /// Its `updated_at` in milliseconds since, 0 where it was not said.
    pub version: i64,
}

/// A board that was connected to and read, nothing written.
#[derive(Clone, Debug, Default)]
pub struct BoardReport {
    /// What the board calls its states, each with the status it is read as; `None`: it is not read as any.
    pub states: Vec<(String, Option<TaskStatus>)>,
    /// Tasks by status.
    pub counts: Vec<(TaskStatus, usize)>,
    /// What else was found, a line each.
    pub notes: Vec<String>,
    /// What will not work, each with what to do about it.
    pub problems: Vec<String>,
}
