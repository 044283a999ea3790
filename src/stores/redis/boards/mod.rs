//! The built-in board, what boards are owed, and what happened to tasks.

mod changes;
mod deleted;
mod history;
mod outbox;
mod task_row;
mod tasks;
