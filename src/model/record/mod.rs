//! What is stored of decisions, keys and calls.

mod actor;
mod effects;
mod history;
mod key;
mod store_share;
mod store_term;
mod usage;

pub use actor::Actor;
pub use effects::{
    AuditEntry, AuditRecord, BoardWrite, Effects, Event, EventKind, OutboxEntry, OwedWrite, WriteOutcome,
};
pub use history::{HistoryAction, HistoryEntry, LossCause};
pub use key::{
    KeyChange, KeyHashes, KeyOutcome, KeyRecord, Learned, PreviousKey, Replay, SealedToken, SecretFit,
    StoredHashes,
};
pub use store_share::StoreShare;
pub use store_term::StoreTerm;
pub use usage::{Durations, UsageRow, UsageSum};
