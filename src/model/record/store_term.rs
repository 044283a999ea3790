//! The terms of a store that may go back.

/// A time in which a store keeps all it has acknowledged. One that is elsewhere may lose some, and another term begins then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StoreTerm {
    /// Which one, of those this process has seen.
    pub number: u64,
    /// Claims that are granted have this generation or a higher one: lower ones may have been given before, to whom nobody knows.
    pub least_generation: i64,
}
