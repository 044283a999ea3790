//! Asking the store again for keys that something is open for: what it said of one is good for 5 seconds.

use std::sync::Arc;

use super::{AuthenticatedKey, Authenticator};

impl Authenticator {
    /// Asks the store about every credential that streams or waiting calls depend on, of the keys with these ids or of all, and
    /// forgets idle ones. `false`: it is away, and has to be asked again soon.
    pub async fn recheck_watched(&self, ids: Option<&[&str]>) -> bool {
        self.failures.forget_idle();
        let watched = self.cache.watched(ids, self.clock.store_now());
        self.cache.recheck(&*self.store, &*self.clock, watched).await
    }

    /// Whether what is open for that key has to wait before it sends more, as the store's word on it is too old. It is asked again.
    pub fn doubts(&self, key: &Arc<AuthenticatedKey>) -> bool {
        self.cache.doubts(key, &*self.clock)
    }

    /// Returns once a key is doubted that was not.
    pub async fn until_doubted(&self) {
        self.cache.until_doubted().await;
    }

    /// Asks the store about the keys that are doubted. `false`: it is away, and all have to be asked for again soon.
    pub async fn recheck_doubted(&self) -> bool {
        self.cache.recheck(&*self.store, &*self.clock, self.cache.take_doubted()).await
    }
}
