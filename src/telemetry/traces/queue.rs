//! Spans that wait to be exported. There is room for so many; what does not fit is counted and dropped, never waited for.

use std::{
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use super::record::SpanRecord;
use crate::telemetry::metrics::{SPANS, SpanOutcome};

static QUEUE: OnceLock<SpanQueue> = OnceLock::new();

/// The queue of this process.
pub struct SpanQueue {
    waiting: Mutex<Vec<SpanRecord>>,
    /// Whether there is no room: a look at it takes no lock.
    is_full: AtomicBool,
    some: Notify,
    most: usize,
    batch: usize,
}

/// The queue, once spans are recorded.
pub fn queue() -> Option<&'static SpanQueue> {
    QUEUE.get()
}

/// Makes the queue; the first call counts.
pub(super) fn open(most: usize, batch: usize) {
    let _ = QUEUE.set(SpanQueue::new(most, batch));
}

impl SpanQueue {
    fn new(most: usize, batch: usize) -> Self {
        let (waiting, is_full, some) = (Mutex::default(), AtomicBool::default(), Notify::new());
        Self { waiting, is_full, some, most, batch: batch.min(most) }
    }

    /// Whether what is recorded now would be dropped. Counts it as dropped then.
    pub(super) fn drops(&self) -> bool {
        let is_full = self.is_full.load(Ordering::Relaxed);
        if is_full {
            SPANS.add(SpanOutcome::Dropped);
        }
        is_full
    }

    pub(super) fn push(&self, span: SpanRecord) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= self.most {
            drop(waiting);
            SPANS.add(SpanOutcome::Dropped);
            return;
        }
        waiting.push(span);
        let count = waiting.len();
        if count == self.most {
            self.is_full.store(true, Ordering::Relaxed);
        }
        drop(waiting);
        if count == self.batch {
            self.some.notify_one();
        }
    }

    /// The oldest that wait, as many as are exported at once.
    pub fn take(&self) -> Vec<SpanRecord> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(self.batch);
        let rest = waiting.split_off(count);
        self.is_full.store(rest.len() >= self.most, Ordering::Relaxed);
        std::mem::replace(&mut *waiting, rest)
    }

    /// Whether so many spans are a whole batch, after which there may be more.
    pub fn is_batch(&self, count: usize) -> bool {
        count >= self.batch
    }

    /// Returns when there are enough for a batch, after `most` at the latest.
    pub async fn some(&self, most: Duration) {
        let _ = tokio::time::timeout(most, self.some.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Instant};

    use super::*;
    use crate::{model::TracePlace, telemetry::traces::SpanKind};

    fn span(span_id: u64) -> SpanRecord {
        SpanRecord {
            place: Arc::new(TracePlace { trace_id: 1, span_id, state: None }),
            parent_id: None,
            link: None,
            kind: SpanKind::Internal,
            name: ["a", "b"],
            started: Instant::now(),
            ended: Instant::now(),
            attributes: Vec::new(),
            failure: None,
        }
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_the_oldest_go_first() {
        let queue = SpanQueue::new(3, 2);
        (1..=5).for_each(|id| queue.push(span(id)));
        assert!(queue.drops());
        let taken = || queue.take().iter().map(|span| span.place.span_id).collect::<Vec<_>>();
        assert_eq!(taken(), [1, 2]);
        assert!(!queue.drops());
        assert_eq!(taken(), [3]);
        assert_eq!(taken(), [0; 0]);
    }

    #[tokio::test]
    async fn a_batch_is_not_waited_for_once_it_is_there() {
        let queue = SpanQueue::new(3, 2);
        (1..=2).for_each(|id| queue.push(span(id)));
        queue.some(Duration::from_secs(3600)).await;
        assert_eq!(queue.take().len(), 2);
    }
}
