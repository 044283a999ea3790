//! Board writes that are owed.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Event, EventKind, Moment, OwedWrite, StoreMillis, UnixMillis, Workspace};

/// Characters of a board's reason that go into the event log.
const DETAIL_CHARS: usize = 500;

/// A process's turn at delivering: what a board is owed, or the event log to somebody outside.
#[derive(Clone, Debug)]
pub struct DeliveryLease {
    /// The process.
    pub instance: String,
    /// The moment at which it asks.
    pub now: StoreMillis,
    /// The moment from which on others may take the same.
    pub until: StoreMillis,
}

/// The end of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The board took it. A move is noted at that moment as what the board was brought to.
    Written(Moment),
    /// The board no longer wants it: a person moved the task after this was decided.
    Superseded,
    /// The board will never take it. It is kept as failed, and shown with its task until the board takes a later move of that.
    Failed {
        /// The board's reason.
        reason: String,
        /// The moment of its answer.
        at: UnixMillis,
    },
    /// Nobody tries again before then.
    RetryAt(StoreMillis),
}

impl Delivered {
    /// Whether the board will never take it.
    pub const fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// What every instance is told of the ends of deliveries: of ends of one task that follow each other and are alike, the first.
    pub(super) fn events(ended: &[(OwedWrite, Self)]) -> Vec<Event> {
        let mut last = None;
        let mut events = Vec::new();
        for (owed, how) in ended {
            let task_id = &owed.entry.task_id;
            let event = match how {
                Self::Written(at) => Event::about(EventKind::Task, task_id, "board.written", at.wall),
                Self::Failed { reason, at } => {
                    let detail = reason.chars().take(DETAIL_CHARS).collect();
                    Event { detail, ..Event::about(EventKind::Task, task_id, "board.rejected", *at) }
                }
                Self::Superseded | Self::RetryAt(_) => continue,
            };
            let what = Some((task_id, how.is_failed()));
            if last != what {
                last = what;
                events.push(event);
            }
        }
        events
    }
}

/// What a workspace's board is owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Entries not delivered yet.
    pub pending: u64,
    /// When the oldest pending entry was decided.
    pub oldest: Option<UnixMillis>,
}

/// The outbox. Entries are appended by the decisions that owe them.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Workspaces whose board is owed something that nobody delivers at that moment, in no order.
    async fn owing(&self, now: StoreMillis) -> Result<Vec<Workspace>, StoreError>;

    /// At most `limit` undelivered entries of a workspace, oldest first, given to one instance at a time for as long as its lease
    /// lasts. An entry is given only together with, or after the end of, every earlier one of its task that has not failed. One that
    /// this version cannot read is left to a newer one, and holds up its own task alone.
    async fn take(
        &self,
        workspace: &Workspace,
        lease: &DeliveryLease,
        limit: u32,
    ) -> Result<Vec<OwedWrite>, StoreError>;

    /// Goes on with the lease on those of the entries, all of one workspace, that the instance still has.
    async fn renew(&self, owed: &[OwedWrite], lease: &DeliveryLease) -> Result<(), StoreError>;

    /// Notes how deliveries of one workspace ended. An event tells every instance of each task whose board changed, or does not take a write. Of
    /// those that failed, the newest 1,000 of a workspace are kept.
    async fn end(&self, ended: Vec<(OwedWrite, Delivered)>) -> Result<(), StoreError>;

    /// What is owed.
    async fn backlog(&self, workspace: &Workspace) -> Result<Backlog, StoreError>;
}
