//! The end of every call.

use crate::model::CallRecord;

/// Hears of every call exactly once, when it has ended.
pub trait Observer: Send + Sync {
    /// Takes note. Must not block.
    fn observe(&self, call: &CallRecord<'_>);
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&self, call: &CallRecord<'_>) {
        self.0.observe(call);
        self.1.observe(call);
    }
}

impl<T: Observer> Observer for std::sync::Arc<T> {
    fn observe(&self, call: &CallRecord<'_>) {
        (**self).observe(call);
    }
}
