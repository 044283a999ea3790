//! Looking through a whole board, however large, without holding up who serves connections.

mod search;
mod walk;

pub(super) use search::Search;
#[cfg(test)]
pub(super) use walk::tests;
pub(super) use walk::{Slices, Turns};
