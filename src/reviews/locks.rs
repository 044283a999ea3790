//! One answer to a thread at a time for each caller: whoever comes second sees what the first one wrote.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long a lock is kept that nobody asks for; longer than anybody holds it.
const KEPT: Duration = Duration::from_secs(600);
const MOST_KEPT: u64 = 100_000;

/// The locks, by digest of a token and thread id.
pub(super) struct ThreadLocks(Cache<([u8; 32], String), Arc<Mutex<()>>>);

impl Default for ThreadLocks {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST_KEPT).time_to_idle(KEPT).build())
    }
}

impl ThreadLocks {
    /// Waits until nobody else answers that thread with that token.
    pub(super) async fn hold(&self, token: [u8; 32], thread_id: &str) -> OwnedMutexGuard<()> {
        self.0.get_with((token, thread_id.to_owned()), Arc::default).lock_owned().await
    }
}
