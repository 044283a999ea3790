//! What the coordinator decides, as plain values: no clock, no I/O, no randomness. [`decide()`] takes what a decision looks at
//! and what is asked, and answers the records that change with all that goes with them. A store puts them in place if nobody
//! was quicker; `tests/model.rs` walks every order of commands against the same function.

mod board;
mod command;
mod decide;
mod decision;
mod grant;
pub mod history;
mod lease;
mod mark;
mod recovery;
mod report;
mod snapshot;
mod texts;

pub use command::{Command, OnBoard, ReportKind};
pub use decide::decide;
pub use decision::{CommandRefusal, Decision, Outcome};
pub use grant::may_be_granted;
pub use snapshot::{Rules, Snapshot};
