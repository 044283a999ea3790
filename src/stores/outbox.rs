//! Board writes that are owed.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Moment, OutboxEntry, StoreMillis, UnixMillis, Workspace};

/// An entry somebody is delivering.
#[derive(Clone, Debug)]
pub struct TakenEntry {
    /// Its place among all entries; rises.
    pub sequence: i64,
    /// The entry.
    pub entry: OutboxEntry,
    /// How often delivery was tried before.
    pub attempts: u32,
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The board took it. A move is noted at that moment as what the board was brought to.
    Written(Moment),
    /// The board no longer wants it: a person moved the task after this was decided.
    Superseded,
    /// Nobody tries again before then.
    RetryAt(StoreMillis),
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
    /// At most `limit` undelivered entries, oldest first, given to one instance at a time until `now + lease_millis`.
    /// An entry is given only together with, or after the end of, every earlier one of its task. One that this version cannot
    /// read is left to a newer one, and holds up its own task alone.
    async fn take(
        &self,
        instance: &str,
        now: StoreMillis,
        lease_millis: i64,
        limit: u32,
    ) -> Result<Vec<TakenEntry>, StoreError>;

    /// Notes how deliveries ended. An event tells every instance of each task whose board changed.
    async fn end(&self, ended: Vec<(TakenEntry, Delivered)>) -> Result<(), StoreError>;

    /// What is owed.
    async fn backlog(&self, workspace: &Workspace) -> Result<Backlog, StoreError>;
}
