//! Plain types everyone may use. Nothing here does I/O, reads a clock or knows a protocol.

mod agent;
mod bounds;
mod call;
mod causes;
mod claim;
mod code;
mod content;
mod context;
mod effects;
mod key;
mod new_task;
mod principal;
mod schema;
mod task;
mod text;
mod time;
mod usage;

pub use agent::{Agent, AgentId, Held, Profile};
pub use bounds::{List, MOST_EXACT, PAGE_BYTES, Whole};
pub use call::{CallRecord, Era, RequestId, Transport};
pub use causes::Causes;
pub use claim::{BoardMark, Claim, ClaimState, HandOff};
pub use code::Code;
pub use content::{Content, ResourceContents};
pub use context::{Answers, Ask, CallContext, Capability, Client, InputRequest, LogLevel};
pub use effects::{AuditRecord, BoardWrite, Effects, Event, EventKind, OutboxEntry};
pub use key::{
    KeyChange, KeyHashes, KeyOutcome, KeyRecord, Learned, PreviousKey, Replay, SealedToken, SecretFit,
    StoredHashes,
};
pub use new_task::NewTask;
pub use principal::{Principal, Scope, ScopeSet, Workspace};
pub use schema::{output_schema_for, schema_for};
pub use task::{Priority, Severity, Task, TaskStatus, without_repeats};
pub use text::{Text, brief, hex, shortened, unhex, visible, without_mark};
pub use time::{MachineTime, Moment, StoreMillis, UnixMillis, new_id};
pub use usage::{Durations, UsageRow, UsageSum};
