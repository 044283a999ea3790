//! A question to the store whether it is there: answered in bounded time, and asked once at a time, however many want to know.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::time::timeout;

use super::conditions::{Condition, STORE_UNAVAILABLE, STORE_UNSETTLED};
use crate::{model::Workspace, stores::EventLog};

/// For the store to answer. Probes that wait for one second must get an answer.
const STORE_TIME: Duration = Duration::from_millis(800);

/// The place of the newest event, or how the store stands that does not say it.
pub(super) type ProbeAnswer = Result<i64, &'static Condition>;

/// The asking of one store.
pub(super) struct StoreProbe {
    events: Arc<dyn EventLog>,
    patience: Duration,
    asking: Mutex<Option<Shared<BoxFuture<'static, ProbeAnswer>>>>,
}

impl StoreProbe {
    pub(super) fn of(events: Arc<dyn EventLog>) -> Self {
        Self { events, patience: STORE_TIME, asking: Mutex::default() }
    }

    /// Asks the store, or waits with whoever asks it already: strangers who ask a lot must not keep it busy, nor make it seem to be.
    pub(super) fn ask(&self) -> Shared<BoxFuture<'static, ProbeAnswer>> {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asked) = asking.as_ref().filter(|asked| asked.peek().is_none()) {
            return asked.clone();
        }
        let (events, patience) = (Arc::clone(&self.events), self.patience);
        let asked = async move {
            match timeout(patience, events.last_event(&Workspace::default())).await {
                Ok(Ok(_)) if !events.is_settled(&Workspace::default()) => Err(&STORE_UNSETTLED),
                Ok(Ok(last)) => Ok(last),
                Ok(Err(error)) => Err(Condition::of_store(&error)),
                Err(_) => Err(&STORE_UNAVAILABLE),
            }
        };
        asking.insert(asked.boxed().shared()).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use futures_util::future::{join_all, pending};
    use tokio::sync::Semaphore;

    use super::*;
    use crate::stores::{Followed, StoreError};

    /// A log that answers as often as it has permits, then hangs.
    struct HandLog {
        permits: Semaphore,
        asked: AtomicUsize,
    }

    impl HandLog {
        fn answering(times: usize) -> Arc<Self> {
            Arc::new(Self { permits: Semaphore::new(times), asked: AtomicUsize::new(0) })
        }
    }

    #[async_trait]
    impl EventLog for HandLog {
        async fn last_event(&self, _: &Workspace) -> Result<i64, StoreError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.permits.acquire().await.map_err(|_| StoreError::Closed)?.forget();
            Ok(7)
        }

        async fn events_after(&self, _: &Workspace, _: i64, _: u32) -> Result<Followed, StoreError> {
            pending().await
        }

        async fn trim_events(&self, _: &Workspace, _: i64) -> Result<(), StoreError> {
            pending().await
        }

        async fn wait_for_commit(&self, _: Duration) {
            pending::<()>().await;
        }
    }

    fn probe(log: &Arc<HandLog>) -> StoreProbe {
        StoreProbe { patience: Duration::from_millis(20), ..StoreProbe::of(log.clone()) }
    }

    /// What the store is found to be, which must not take long.
    async fn found(probe: &StoreProbe) -> Result<i64, &'static str> {
        let answer = timeout(Duration::from_secs(10), probe.ask()).await;
        answer.expect("it is answered in time").map_err(|condition| condition.state)
    }

    #[tokio::test]
    async fn a_store_that_hangs_is_unavailable_and_is_well_once_it_answers() {
        let log = HandLog::answering(1);
        let probe = probe(&log);
        assert_eq!(found(&probe).await, Ok(7));
        let answers = join_all((0..1_000).map(|_| found(&probe))).await;
        assert!(answers.into_iter().all(|answer| answer == Err("unavailable")));
        assert_eq!(log.asked.load(Ordering::Relaxed), 2, "those who ask at once share one question");
        log.permits.add_permits(1);
        assert_eq!(found(&probe).await, Ok(7));
        log.permits.close();
        assert_eq!(found(&probe).await, Err("unavailable"));
    }

    #[tokio::test]
    async fn who_goes_away_leaves_nobody_waiting() {
        let log = HandLog::answering(0);
        let probe = probe(&log);
        assert!(probe.ask().now_or_never().is_none());
        assert_eq!(found(&probe).await, Err("unavailable"));
    }
}
