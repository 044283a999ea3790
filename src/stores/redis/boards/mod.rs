//! The built-in board, pictures of boards elsewhere, what boards are owed, and what happened to tasks.

mod changes;
mod deleted;
mod history;
mod outbox;
mod pictures;
mod task_row;
mod tasks;
