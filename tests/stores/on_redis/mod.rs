//! What is asked of Redis alone, or of it beside SQLite.

mod check;
mod faults;
mod limits;
mod linking;
mod log;
mod newer;
pub mod server;
mod together;
mod verdicts;
