//! What the coordinator decides, as plain values: no clock, no I/O, no randomness. [`step()`] takes what a decision looks at
//! and what happens, and answers the records that change with all that goes with them. A store puts them in place if
//! nobody was quicker; `tests/model.rs` walks every order of events against the same function.

mod event;
mod grant;
mod recover;
mod say;
mod state;
mod step;
mod texts;

pub use event::{Event, OnBoard, Saying};
pub use state::{Outcome, Refusal, Rules, Snapshot, Step};
pub use step::step;

pub use grant::may_be_granted;
pub use recover::shown_status;
