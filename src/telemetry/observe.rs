//! The end of every call.

use crate::model::CallRecord;

/// Hears of every call exactly once, when it has ended.
pub trait Observer: Send + Sync {
    /// Takes note. Must not block.
    fn observe(&self, call: &CallRecord<'_>);
}
