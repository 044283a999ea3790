//! What is asked of Redis alone, or of it beside SQLite.

mod board_pictures;
mod bus;
mod check;
mod faults;
mod hostile;
mod limits;
mod linking;
mod log;
mod newer;
mod pictures;
mod repeats;
mod replicas;
pub mod server;
mod settling;
mod together;
mod verdicts;
