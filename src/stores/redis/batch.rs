//! Decisions of one process that go to the server in one script (group commit). Who comes while one is on its way joins the next; nobody
//! waits for others to come.

use std::{
    mem,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OnceCell, Semaphore},
    time::timeout,
};

use crate::stores::StoreError;

/// Decisions in one batch, and bytes of them beyond which nobody joins: the server does nothing else meanwhile.
const MOST: usize = 16;
const LONG_BYTES: usize = 128 << 10;
/// How long a batch waits for the one before it. A server that is silent holds up nobody for longer.
const TURN: Duration = Duration::from_millis(20);

/// One decision of a batch: choices of which the first that stands is carried out.
pub(super) struct BatchedDecision {
    /// Each as the script reads it.
    pub(super) choices: Vec<Vec<u8>>,
    /// The terms of the store that they were decided in.
    pub(super) terms: Vec<u64>,
    /// Whether any of them goes into the audit log.
    pub(super) is_audited: bool,
}

impl BatchedDecision {
    fn bytes(&self) -> usize {
        self.choices.iter().map(Vec::len).sum()
    }
}

/// How one decision of a batch ended: which of its choices was carried out, if one was.
pub(super) type BatchOutcome = Result<Option<usize>, StoreError>;

/// Decisions that go together. Any of those who wait for it carries it out: one that is dropped holds up nobody, as the next one does it
/// again as the same run.
pub(super) struct DecisionBatch {
    /// As which run.
    pub(super) run_id: String,
    members: OnceLock<Vec<BatchedDecision>>,
    /// Of each member, or why none could be tried.
    pub(super) outcomes: OnceCell<Result<Vec<BatchOutcome>, StoreError>>,
}

impl DecisionBatch {
    /// Those that are in it; nobody before it was closed.
    pub(super) fn members(&self) -> &[BatchedDecision] {
        self.members.get().map_or(&[], Vec::as_slice)
    }
}

/// The batches of a workspace.
pub(super) struct BatchQueue {
    gathering: Mutex<Option<OpenBatch>>,
    turn: Semaphore,
}

impl Default for BatchQueue {
    fn default() -> Self {
        Self { gathering: Mutex::default(), turn: Semaphore::new(1) }
    }
}

/// A batch that is joined.
struct OpenBatch {
    batch: Arc<DecisionBatch>,
    members: Vec<BatchedDecision>,
    bytes: usize,
}

impl OpenBatch {
    fn new(run_id: String) -> Self {
        let batch = DecisionBatch { run_id, members: OnceLock::new(), outcomes: OnceCell::new() };
        Self { batch: Arc::new(batch), members: Vec::new(), bytes: 0 }
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.members.is_empty() || (self.members.len() < MOST && self.bytes + bytes <= LONG_BYTES)
    }

    /// Nobody joins any more.
    fn close(&mut self) {
        // It is closed once: whoever does takes it out of the queue.
        let _ = self.batch.members.set(mem::take(&mut self.members));
    }
}

impl BatchQueue {
    /// Joins the batch that gathers, or begins one as that run; answers it, and the place in it.
    pub(super) fn join(
        &self,
        member: BatchedDecision,
        run_id: impl FnOnce() -> String,
    ) -> (Arc<DecisionBatch>, usize) {
        let mut gathering = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = member.bytes();
        if let Some(full) = gathering.as_mut().filter(|open| !open.has_room(bytes)) {
            full.close();
            *gathering = None;
        }
        let open = gathering.get_or_insert_with(|| OpenBatch::new(run_id()));
        open.members.push(member);
        open.bytes += bytes;
        (Arc::clone(&open.batch), open.members.len() - 1)
    }

    /// Does what carries a batch out, once the one before it is done, or has had its time. From then on nobody joins.
    pub(super) async fn in_turn<T>(
        &self,
        batch: &Arc<DecisionBatch>,
        carry_out: impl AsyncFnOnce() -> T,
    ) -> T {
        let _turn = timeout(TURN, self.turn.acquire()).await;
        self.close(batch);
        carry_out().await
    }

    fn close(&self, batch: &Arc<DecisionBatch>) {
        let mut gathering = self.gathering.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = gathering.as_mut().filter(|open| Arc::ptr_eq(&open.batch, batch)) {
            open.close();
            *gathering = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(bytes: usize) -> BatchedDecision {
        BatchedDecision { choices: vec![vec![0; bytes]], terms: Vec::new(), is_audited: false }
    }

    #[tokio::test]
    async fn who_comes_while_one_is_on_its_way_joins_the_next() {
        let queue = BatchQueue::default();
        let name = || String::from("run");
        let (first, at) = queue.join(member(1), name);
        assert_eq!(at, 0);
        queue
            .in_turn(&first, async || {
                assert_eq!(first.members().len(), 1);
                for place in 0..MOST {
                    assert_eq!(queue.join(member(1), name).1, place);
                }
                assert_eq!(queue.join(member(1), name).1, 0, "one batch is full");
                assert_eq!(queue.join(member(LONG_BYTES), name).1, 0, "another would be too long");
                let (last, at) = queue.join(member(1), name);
                assert_eq!(at, 0);
                // The first is silent: the last goes beside it.
                queue.in_turn(&last, async || assert_eq!(last.members().len(), 1)).await;
            })
            .await;
    }
}
