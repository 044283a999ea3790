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
#[expect(dead_code, reason = "shared with other tests, which use more of it")]
pub mod server;
mod settling;
mod together;
mod verdicts;
