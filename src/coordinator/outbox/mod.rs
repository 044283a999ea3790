//! The outbox: board writes that decisions owe, delivered at least once, in order per task, by one process at a time.

mod deliverer;

pub use deliverer::Deliverer;
