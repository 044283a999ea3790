//! What a board is told of a claim besides words, so that a gateway that has lost its records can learn of it from there.

use serde::{Deserialize, Serialize};

use crate::model::UnixMillis;

/// The state of a claim as the board is told of it. Of several marks of a task the one with the highest `generation` counts, then
/// the latest `until`, then one that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClaimMark {
    /// The holder.
    pub agent_id: String,
    /// The claim's generation.
    pub generation: i64,
    /// Percent done, as last reported.
    pub progress: u8,
    /// The moment at which the lease has ended for sure unless the board was told of a later one: a lease is renewed more often
    /// than the board hears of it.
    pub until: UnixMillis,
    /// Whether the agent still held the task; else it ended its claim, or a person did.
    pub holds: bool,
}

/// A claim as the board tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToldClaim {
    /// The task.
    pub task_id: String,
    /// The claim's mark.
    pub mark: ClaimMark,
    /// The words that the mark stood with.
    pub text: String,
}

impl ClaimMark {
    /// The one of these that counts.
    pub fn newest<T>(marks: impl Iterator<Item = T>, of: impl Fn(&T) -> &Self) -> Option<T> {
        marks.max_by_key(|marked| {
            let mark = of(marked);
            (mark.generation, mark.until, !mark.holds)
        })
    }
}
