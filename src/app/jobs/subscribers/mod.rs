//! Tells subscribers what happens to tasks: each address follows the event log by itself, from a place that the store keeps.

mod notice;
mod receiver;
mod telling;

pub(super) use receiver::Receiver;
pub(super) use telling::Telling;
