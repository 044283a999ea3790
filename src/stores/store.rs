//! What a backend is: every trait of this room by one type.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    AuditLog, BoardIdentityStore, BoardPictureStore, Bus, BusParts, ClaimStore, EventLog, FollowerStore,
    HistoryStore, KeyStore, OneTimeCodeStore, Outbox, RateStore, SessionStore, SignOutStore, StoreTime,
    TaskStore, UsageStore, WebhookStore,
};

/// Everything that lasts, in one backend. One, because a decision and all it entails are one atomic step: a claim, the
/// built-in board's task it is about, the audit record, the event and the board write that is owed.
#[async_trait]
pub trait Store:
    AuditLog
    + BoardIdentityStore
    + ClaimStore
    + EventLog
    + FollowerStore
    + HistoryStore
    + KeyStore
    + OneTimeCodeStore
    + Outbox
    + SessionStore
    + SignOutStore
    + StoreTime
    + TaskStore
    + UsageStore
    + WebhookStore
{
    /// Returns when nothing can be written any more, for good: the process is of no use then.
    async fn ended(&self);

    /// Whether it is on another machine, so that what this one keeps of it is a witness.
    fn is_elsewhere(&self) -> bool {
        false
    }

    /// What differs once the store may have lost its newest records, of which whoever finds that tells.
    fn epoch(&self) -> i64 {
        0
    }

    /// The limits that processes on several machines keep together; nothing where each keeps its own.
    fn rates(self: Arc<Self>) -> Option<Arc<dyn RateStore>> {
        None
    }

    /// The pictures of boards elsewhere that processes on several machines share; nothing where each reads for itself.
    fn pictures(self: Arc<Self>) -> Option<Arc<dyn BoardPictureStore>> {
        None
    }

    /// The way to the other processes on this store, where there may be some on other machines. To be asked for once.
    fn open_bus(&self, parts: BusParts) -> Option<Arc<dyn Bus>> {
        drop(parts);
        None
    }
}
