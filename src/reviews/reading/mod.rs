//! Reading a discussion off GitHub: the whole with as few round trips as its cursors force, and what is known of it made
//! new with one.

mod freshen;
mod pages;
mod reader;
mod source;
mod steps;
mod whole;
mod wire;

pub(super) use freshen::freshen;
pub(super) use source::{Patience, Plan, Source};
pub(super) use whole::read;
#[cfg(feature = "fuzzing")]
pub(super) use wire::items_of;
