//! One batch of writes, to one board: taken under a lease that lasts as long as the board takes, and ended as it answered.

use std::collections::HashSet;

use super::{
    Deliverer,
    pace::{Pace, may_be_tried_again, wait_millis},
};
use crate::{
    boards::{Board, BoardError},
    model::{BoardWrite, Causes, Moment, OwedWrite, Workspace, WriteOutcome},
    stores::{Delivered, DeliveryLease, StoreError},
    telemetry::{
        metrics::{BOARD_FAILURES, BOARD_WRITES, BoardWriteOutcome, Provider},
        traces,
    },
};

/// In a lease, how often a process says that it is still at it: a board may need longer for a batch than a lease lasts.
const RENEWALS: u32 = 3;
/// Entries taken at once; few, as decisions wait while they are written.
const BATCH: u32 = 64;
/// Bytes of text from which on a batch may have been cut, which a store does at some 1 MiB.
const LONG_BATCH: usize = 256 << 10;

impl Deliverer {
    /// Delivers what is due to the board of a workspace, a batch at most; whether there may be more.
    pub(super) async fn deliver_batch(
        &self,
        workspace: &Workspace,
        pace: &mut Pace,
    ) -> Result<bool, StoreError> {
        let owed = self.outbox.take(workspace, &self.lease(), BATCH).await?;
        if owed.is_empty() {
            return Ok(false);
        }
        let failure = |result: &Result<bool, StoreError>| result.is_err().then_some("store");
        traces::in_root("board delivery", self.deliver_taken(workspace, pace, owed), failure).await
    }

    async fn deliver_taken(
        &self,
        workspace: &Workspace,
        pace: &mut Pace,
        owed: Vec<OwedWrite>,
    ) -> Result<bool, StoreError> {
        #[cfg(feature = "failpoints")]
        fail::fail_point!("outbox-taken", |_| std::process::abort());
        let board = self.boards.of(workspace);
        let written = self.write(&*board, &owed).await;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("outbox-delivered", |_| std::process::abort());
        let (may_be_more, now) = (may_be_more(&owed), self.clock.moment());
        pace.learn(&written, now);
        tell_failures(&*board, &owed, &written, *pace, now);
        self.outbox.end(judged(&*board, owed, written, *pace, now)).await?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("outbox-ended", |_| std::process::abort());
        Ok(may_be_more)
    }

    fn lease(&self) -> DeliveryLease {
        let now = self.clock.store_now();
        DeliveryLease { instance: self.instance.clone(), now, until: now.plus(self.lease.as_millis() as i64) }
    }

    /// Has the board write, and goes on with the lease until it has.
    async fn write(&self, board: &dyn Board, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>> {
        let mut writing = board.write(owed);
        loop {
            tokio::select! {
                written = &mut writing => return written,
                () = tokio::time::sleep(self.lease / RENEWALS) => {
                    if let Err(error) = self.outbox.renew(owed, &self.lease()).await {
                        tracing::warn!(
                            error = %Causes(&error),
                            "a lease on board writes was not renewed: another process may deliver them too"
                        );
                    }
                }
            }
        }
    }
}

/// Whether there may be more than was taken: a store gives fewer entries that are long.
fn may_be_more(owed: &[OwedWrite]) -> bool {
    let text = |owed: &OwedWrite| match &owed.entry.write {
        BoardWrite::Move { .. } => 0,
        BoardWrite::Comment { text, .. } | BoardWrite::Progress { text, .. } => text.len(),
    };
    owed.len() == BATCH as usize || owed.iter().map(text).sum::<usize>() > LONG_BATCH
}

/// How each delivery ended, by what the board answered. What follows a failed write of the same task waits with it.
fn judged(
    board: &dyn Board,
    owed: Vec<OwedWrite>,
    written: Vec<Result<WriteOutcome, BoardError>>,
    pace: Pace,
    now: Moment,
) -> Vec<(OwedWrite, Delivered)> {
    let mut waiting = HashSet::new();
    let mut ended = Vec::with_capacity(owed.len());
    for (owed, written) in owed.into_iter().zip(written) {
        let task = owed.entry.task_id.as_str();
        let is_tried = !waiting.contains(task);
        let later = || Delivered::RetryAt(pace.retry_at(wait_millis(owed.attempts), now));
        let how = match written {
            _ if !is_tried => later(),
            Ok(WriteOutcome::Written) => Delivered::Written(now),
            Ok(WriteOutcome::Superseded) => Delivered::Superseded,
            Err(BoardError::NoSuchTask) => {
                tracing::info!(task, "a board write was dropped: the task is gone");
                Delivered::Superseded
            }
            Err(BoardError::Rejected { reason }) => {
                let provider = board.provider();
                tracing::warn!(
                    task,
                    provider,
                    reason,
                    "the board does not take a write: it is not tried again"
                );
                Delivered::Failed { reason, at: now.wall }
            }
            Err(_) => {
                waiting.insert(task.to_owned());
                later()
            }
        };
        if is_tried {
            count(board, &how);
        }
        ended.push((owed, how));
    }
    ended
}

/// Counts a write that was tried.
fn count(board: &dyn Board, how: &Delivered) {
    let outcome = match how {
        Delivered::Written(_) => BoardWriteOutcome::Written,
        Delivered::Superseded => BoardWriteOutcome::Superseded,
        Delivered::Failed { .. } => BoardWriteOutcome::Rejected,
        Delivered::RetryAt(_) => BoardWriteOutcome::Retried,
    };
    BOARD_WRITES.add(outcome);
    if matches!(how, Delivered::Failed { .. } | Delivered::RetryAt(_)) {
        BOARD_FAILURES.add(Provider::of(board.provider()));
    }
}

/// Says what is in the way, once for all writes of a batch.
fn tell_failures(
    board: &dyn Board,
    owed: &[OwedWrite],
    written: &[Result<WriteOutcome, BoardError>],
    pace: Pace,
    now: Moment,
) {
    let failed = |answer: &&Result<WriteOutcome, BoardError>| answer.as_ref().is_err_and(may_be_tried_again);
    let writes = written.iter().filter(failed).count();
    let first = owed.iter().zip(written).find_map(|(owed, answer)| {
        answer.as_ref().err().filter(|error| may_be_tried_again(error)).map(|error| (owed, error))
    });
    let Some((owed, error)) = first else { return };
    let wait_ms = pace.retry_at(wait_millis(owed.attempts), now).since(now.store);
    let (task, provider) = (&owed.entry.task_id, board.provider());
    if matches!(error, BoardError::Unauthorized | BoardError::Forbidden { .. }) {
        tracing::error!(error = %Causes(error), task, provider, writes, wait_ms, "a board write failed");
    } else {
        tracing::warn!(error = %Causes(error), task, provider, writes, wait_ms, "a board write failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OutboxEntry, UnixMillis};

    #[test]
    fn a_batch_that_is_full_or_long_may_not_be_all_that_is_due() {
        let owed = |bytes: usize| OwedWrite {
            sequence: 1,
            entry: OutboxEntry {
                id: String::from("e"),
                at: UnixMillis(1),
                workspace: Workspace::default(),
                task_id: String::from("t"),
                moved_at: None,
                write: BoardWrite::Comment { text: "x".repeat(bytes), mark: None },
            },
            attempts: 0,
        };
        assert!(!may_be_more(&[owed(9), owed(60_000)]));
        assert!(may_be_more(&vec![owed(60_000); 17]));
        assert!(may_be_more(&vec![owed(1); BATCH as usize]));
    }
}
