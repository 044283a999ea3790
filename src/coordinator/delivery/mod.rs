//! Bringing what decisions owe to the boards: at least once, in order per task, each board at its own pace and by one process
//! at a time.

mod batch;
mod deliverer;
mod held_back;
mod pace;

pub use deliverer::Deliverer;
pub use held_back::HeldBack;
