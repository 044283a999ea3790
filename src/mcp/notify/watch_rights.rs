//! Whether who watches a resource still may, where others say so. What was said is good for 5 minutes; then they are asked again
//! before the next notice, a few at once, and nobody else waits for it.

use std::{sync::Arc, time::Duration};

use dashmap::{DashMap, DashSet};
use tokio::sync::Semaphore;

use crate::{
    clock::Clock,
    model::{Principal, StoreMillis},
    resources::{ResourceError, ResourceProvider},
};

/// For how long a right is taken for granted.
const GOOD_FOR_MILLIS: i64 = 300_000;
/// Questions at once.
const AT_ONCE: usize = 8;
/// Rights remembered; beyond them those that are not good any more are forgotten.
const MOST_KNOWN: usize = 10_000;
/// Tries when it cannot be said, and the pause between two.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(30);

/// Who watches: a session by its digest, or a listening call by its number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Watcher {
    Session(Arc<str>),
    Subscriber(u64),
}

/// The rights of those who watch.
pub(super) struct WatchRights {
    resources: Arc<dyn ResourceProvider>,
    clock: Arc<dyn Clock>,
    /// By key and URI: when it was last right.
    right_at: DashMap<(Arc<str>, String), StoreMillis>,
    /// Who waits for an answer.
    asking: DashSet<(Watcher, String)>,
    places: Semaphore,
}

/// A question on its way; there is no other of the same watcher and URI.
pub(super) struct RightQuestion {
    rights: Arc<WatchRights>,
    about: (Watcher, String),
}

impl WatchRights {
    pub(super) fn new(resources: Arc<dyn ResourceProvider>, clock: Arc<dyn Clock>) -> Self {
        let (right_at, asking, places) = (DashMap::new(), DashSet::new(), Semaphore::new(AT_ONCE));
        Self { resources, clock, right_at, asking, places }
    }

    /// Whether the right to watch that URI can end while it is watched.
    pub(super) fn may_end(&self, uri: &str) -> bool {
        self.resources.right_may_end(uri)
    }

    /// The principal was found to have the right.
    pub(super) fn is_right(&self, principal: &Principal, uri: &str) {
        let now = self.clock.store_now();
        if self.right_at.len() >= MOST_KNOWN {
            self.right_at.retain(|_, at| now.since(*at) < GOOD_FOR_MILLIS);
        }
        self.right_at.insert((Arc::clone(&principal.key_id), uri.to_owned()), now);
    }

    /// Whether it was found to have it lately.
    pub(super) fn is_fresh(&self, principal: &Principal, uri: &str) -> bool {
        let now = self.clock.store_now();
        let at = self.right_at.get(&(Arc::clone(&principal.key_id), uri.to_owned()));
        at.is_some_and(|at| now.since(*at) < GOOD_FOR_MILLIS)
    }

    /// A question about that watcher, unless one is on its way.
    pub(super) fn question(self: &Arc<Self>, watcher: &Watcher, uri: &str) -> Option<RightQuestion> {
        let about = (watcher.clone(), uri.to_owned());
        self.asking.insert(about.clone()).then(|| RightQuestion { rights: Arc::clone(self), about })
    }
}

impl RightQuestion {
    /// Whether the principal has the right; `None` when nobody could say.
    pub(super) async fn answer(&self, principal: &Principal) -> Option<bool> {
        let uri = &self.about.1;
        for number in 1..=TRIES {
            let place = self.rights.places.acquire().await;
            let verdict = self.rights.resources.may_watch(principal, uri).await;
            drop(place);
            match verdict {
                Ok(()) => {
                    self.rights.is_right(principal, uri);
                    return Some(true);
                }
                Err(error) if !error.may_pass() => return Some(false),
                Err(_) if number == TRIES => {}
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
        None
    }
}

impl Drop for RightQuestion {
    fn drop(&mut self) {
        self.rights.asking.remove(&self.about);
    }
}

impl ResourceError {
    /// Whether the same may be answered otherwise in a while.
    const fn may_pass(&self) -> bool {
        matches!(self, Self::Delayed { .. } | Self::Unavailable(_))
    }
}
