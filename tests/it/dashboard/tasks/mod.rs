//! A task on the dashboard: its page, its forms, and how a new one is made.

mod forms;
mod task;
