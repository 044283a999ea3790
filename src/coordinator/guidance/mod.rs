//! What agents are told: what to do about a task they were granted, and what to try when they are blocked.

mod advice;
mod brief;
mod instructor;

pub use advice::{Suggestions, suggestions};
pub(super) use brief::brief;
pub use instructor::{Brief, FinishedDependency, Instructor, Templates};
