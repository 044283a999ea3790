//! The place in the event log that the mirrors of this process are at.

use tokio::sync::{Notify, watch};

/// The place in the log that the mirrors are at, and calls that wait for a later one.
pub(in crate::coordinator) struct FollowedTo {
    /// `None`: nobody follows yet.
    place: watch::Sender<Option<i64>>,
    wanted: Notify,
}

impl Default for FollowedTo {
    fn default() -> Self {
        Self { place: watch::Sender::new(None), wanted: Notify::new() }
    }
}

impl FollowedTo {
    /// The place now.
    pub(in crate::coordinator) fn place(&self) -> Option<i64> {
        *self.place.borrow()
    }

    /// Has the log looked at now, not only at the next regular look.
    pub(in crate::coordinator) fn want(&self) {
        self.wanted.notify_one();
    }

    /// Returns when somebody wants that.
    pub(in crate::coordinator) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// The mirrors are at that place; `None`: it cannot be said where.
    pub(in crate::coordinator) fn reach(&self, place: Option<i64>) {
        self.place.send_replace(place);
    }

    /// The place, as it changes.
    pub(in crate::coordinator) fn watch(&self) -> watch::Receiver<Option<i64>> {
        self.place.subscribe()
    }
}
