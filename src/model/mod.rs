//! Plain types everyone may use. Nothing here does I/O, reads a clock or knows a protocol.

mod board;
mod bounds;
mod call;
mod causes;
mod principal;
mod record;
mod text;
mod time;
mod trace;
mod words;

pub use board::{
    Agent, AgentId, BoardMark, Claim, ClaimMark, ClaimRef, ClaimState, HandOff, NewTask, Priority, Profile,
    Severity, Task, TaskStatus, ToldClaim, shown_status, without_repeats,
};
pub use bounds::{List, MOST_EXACT, PAGE_BYTES, Whole};
pub use call::{
    CallContext, CallRecord, Capability, ClientChannel, Code, Content, Era, InputRequest, InputRequests,
    InputResponses, LogLevel, RequestId, ResourceContents, Transport,
};
pub use causes::Causes;
pub use principal::{Principal, Scope, ScopeSet, Workspace};
pub use record::{
    Actor, AuditEntry, AuditRecord, BoardWrite, Durations, Effects, Event, EventKind, HistoryAction,
    HistoryEntry, KeyChange, KeyHashes, KeyOutcome, KeyRecord, Learned, LossCause, OutboxEntry, OwedWrite,
    PreviousKey, Replay, SealedToken, SecretFit, StoreShare, StoreTerm, StoredHashes, UsageRow, UsageSum,
    WriteOutcome,
};
pub use text::{Text, brief, hex, is_seen, shortened, unhex, visible, without_mark};
pub use time::{HOUR_MILLIS, MachineTime, Moment, StoreMillis, UnixMillis, doubled_millis, new_id};
pub use trace::TracePlace;
