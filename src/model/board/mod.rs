//! What is on a board and who works on it.

mod agent;
mod claim;
mod claim_mark;
mod new_task;
mod task;

pub use agent::{Agent, AgentId, ClaimRef, Profile};
pub use claim::{BoardMark, Claim, ClaimState, HandOff, shown_status};
pub use claim_mark::{ClaimMark, ToldClaim};
pub use new_task::NewTask;
pub use task::{Priority, Severity, Task, TaskStatus, without_repeats};
