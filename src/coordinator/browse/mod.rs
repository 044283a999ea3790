//! Looking through a whole board, however large, without holding up who serves connections.

mod cycles;
mod knots;
mod search;
mod turns;
mod walk;

pub(super) use knots::{KeptKnots, knots};
pub use knots::{Knots, RejectedWrite};
pub(super) use search::Search;
pub(super) use turns::SearchTurns;
pub use turns::Seeker;
#[cfg(test)]
pub(super) use walk::tests;
pub(super) use walk::{Slices, Turns};
