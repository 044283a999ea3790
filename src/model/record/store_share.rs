//! How the processes of one store share what each of them may choose.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A process's share of the tasks of a store that several processes decide on: where many are asked at the same moment each takes its own
/// first, so that they do not choose the same. It says who is likely to be quicker, and nothing about who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreShare {
    /// Which of them it is, from 0.
    pub number: u32,
    /// How many they are, at least 1.
    pub of: u32,
}

impl StoreShare {
    /// That of a process that knows of no other.
    pub const WHOLE: Self = Self { number: 0, of: 1 };

    /// Whether the task of that id is in it. Processes of one version agree on it.
    pub fn has(self, task_id: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        task_id.hash(&mut hasher);
        hasher.finish() % u64::from(self.of.max(1)) == u64::from(self.number)
    }
}
