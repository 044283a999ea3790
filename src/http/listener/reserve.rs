//! A few places beyond the caps, for a second each: long enough to ask how the gateway is. When they are taken, whoever has
//! been there longest makes room, so that silent connections keep nobody out.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Places.
const PLACES: usize = 32;
/// For its one request, and for the other side to close after the answer.
pub(super) const TIMEOUT: Duration = Duration::from_secs(1);

/// The reserve.
#[derive(Clone)]
pub(super) struct Reserve {
    places: Arc<Semaphore>,
    /// Who is in it, the longest first.
    taken: Arc<Mutex<VecDeque<CancellationToken>>>,
}

/// A place in the reserve.
pub(super) struct ReservePlace {
    reserve: Reserve,
    /// Fires when another needs the place.
    pub(super) lost: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Default for Reserve {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), taken: Arc::default() }
    }
}

impl Reserve {
    /// A place, somebody else's if none is free. Ready when that one is gone, with its open file.
    pub(super) async fn place(&self) -> ReservePlace {
        if self.places.available_permits() == 0
            && let Some(longest) = self.taken().pop_front()
        {
            longest.cancel();
        }
        let permit = Arc::clone(&self.places).acquire_owned().await.expect("it is never closed");
        let lost = CancellationToken::new();
        self.taken().push_back(lost.clone());
        ReservePlace { reserve: self.clone(), lost, _permit: permit }
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, VecDeque<CancellationToken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ReservePlace {
    fn drop(&mut self) {
        self.reserve.taken().retain(|other| *other != self.lost);
    }
}
