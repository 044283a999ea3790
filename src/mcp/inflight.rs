//! Requests being answered, by session and id: so that a client can cancel one, and cannot use an id twice at once.

use std::sync::Arc;

use dashmap::{DashMap, Entry};
use tokio_util::sync::CancellationToken;

type Key = (Arc<str>, Box<str>);

/// Every running request that belongs to a session.
#[derive(Default)]
pub(super) struct InFlight(DashMap<Key, CancellationToken>);

/// Keeps a request's id taken until it is dropped.
pub(super) struct InFlightGuard {
    all: Arc<InFlight>,
    key: Key,
}

impl InFlight {
    /// Takes the id; `None` when a request of that session with that id is still running.
    pub(super) fn begin(
        self: &Arc<Self>,
        session: &Arc<str>,
        id: &str,
        cancel: &CancellationToken,
    ) -> Option<InFlightGuard> {
        let key: Key = (Arc::clone(session), id.into());
        match self.0.entry(key.clone()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                place.insert(cancel.clone());
                Some(InFlightGuard { all: Arc::clone(self), key })
            }
        }
    }

    /// Cancels a request, if it still runs here; says whether it does.
    pub(super) fn cancel(&self, session: &Arc<str>, id: &str) -> bool {
        let running = self.0.get(&(Arc::clone(session), id.into()));
        running.is_some_and(|running| {
            running.cancel();
            true
        })
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.all.0.remove(&self.key);
    }
}
