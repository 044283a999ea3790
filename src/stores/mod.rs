//! What must last. Each trait is a handful of atomic operations; together they are a
//! [`Store`], and `tests/stores` is the contract every backend passes.
//!
//! Conventions: a look-up answers `Option` for "not there"; the time is a parameter; an operation that decides
//! takes [`Effects`](crate::model::Effects) and appends them in the same atomic step; no operation is a
//! transaction over two calls. Each is one atomic step unless it says otherwise, and one that a single script of a remote
//! store can do: all conditions are looked at before anything is written, and it needs no key and no clock of its own.

mod access;
mod archive;
mod audit;
mod bus;
mod claims;
mod error;
mod events;
mod followers;
mod history;
mod identities;
mod outbox;
mod pictures;
mod rates;
pub mod redis;
pub mod sqlite;
mod store;
mod tasks;
mod time;
mod usage;

pub use access::{
    EndedSessions, KeyFilter, KeyStore, KeysByEnd, KeysPart, MAX_SESSIONS_A_USER, MAX_SIGN_OUTS,
    MAX_SUBSCRIPTIONS, OLDER_ENDED, OneTimeCode, OneTimeCodeStore, SessionChange, SessionChanged,
    SessionMark, SessionRow, SessionStore, SignOut, SignOutStore, WebhookDelivery, WebhookStore,
};
pub use archive::{ArchiveError, ArchiveReader, ArchiveWriter};
pub use audit::{AuditFilter, AuditLog, AuditPart, LinkTurn, Linking};
pub use bus::{BUS_PATIENCE, Bus, BusAnswers, BusError, BusMessage, BusParts, BusQuestion};
pub use claims::{ClaimStore, Completion, ConditionalWrite};
pub use error::{Absence, Cause, StoreError};
pub use events::{EventLog, Followed, StoredEvent};
pub use followers::FollowerStore;
pub use history::{HistoryOf, HistoryStore, MOST_HISTORY_OF_TASK, StoredHistory};
pub use identities::BoardIdentityStore;
pub use outbox::{Backlog, Delivered, DeliveryLease, Outbox};
pub use pictures::{BoardPictureStore, PictureAge, PictureExtent, PictureUpdate};
pub use rates::{CountedFailure, FAILURE_EVERY, FAILURES_AT_ONCE, MOST_ASKED, RateAsk, RateLease, RateStore};
pub use store::Store;
pub use tasks::{BoardPlace, Edited, SeenTask, TaskChanges, TaskEdit, TaskStore};
pub use time::{Kept, ReadMachine, StoreTime};
pub use usage::{UsageBy, UsagePart, UsageQuery, UsageSeries, UsageStore};
