//! Readings of a board: what they found, what they are about, and when they may be made.

mod read_pace;
mod stale;

pub(super) use read_pace::ReadPace;
pub use stale::BoardReading;
pub(super) use stale::{Stale, Unread, stale};
