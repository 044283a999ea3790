//! Board writes that are owed.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{OutboxEntry, UnixMillis};

/// An entry somebody is delivering.
#[derive(Clone, Debug)]
pub struct TakenEntry {
    /// The entry.
    pub entry: OutboxEntry,
    /// How often delivery was tried before.
    pub attempts: u32,
}

/// The outbox. Entries are appended by the decisions that owe them.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// The oldest undelivered entry of some task, given to one instance at a time until `now + lease_millis`.
    async fn take(
        &self,
        instance: &str,
        now: UnixMillis,
        lease_millis: i64,
    ) -> Result<Option<TakenEntry>, StoreError>;

    /// The entry is delivered.
    async fn done(&self, entry_id: &str) -> Result<(), StoreError>;

    /// Delivery failed; nobody tries before `at`.
    async fn retry_at(&self, entry_id: &str, at: UnixMillis) -> Result<(), StoreError>;

    /// Delivery can never succeed; the entry is kept as failed and blocks nothing.
    async fn give_up(&self, entry_id: &str) -> Result<(), StoreError>;
}
