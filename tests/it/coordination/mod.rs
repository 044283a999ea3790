//! Agents, tasks and people.

mod arguments;
mod board_identity;
mod documented_transcript;
mod event_log;
mod large_boards;
mod leases;
mod lost_waiters;
mod one_task_each;
mod pages;
mod people;
mod stale_picture;
mod subscribers;
mod tools;
mod two_processes;
mod waiting;
