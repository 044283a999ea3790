//! A task: what it is and what happened to it, and what a person may do with it.

pub mod elsewhere;
pub mod new_task;
mod story;
pub mod task;
pub mod task_act;
pub mod undo;
