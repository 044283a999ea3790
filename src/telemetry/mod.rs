//! Logs, metrics, traces, and the one place every call ends in.

mod access;
mod interactions;
mod line;
mod logs;
pub mod metrics;
mod observe;
mod panics;
pub mod traces;
mod usage;

pub use access::AccessLog;
pub use interactions::InteractionLog;
pub use logs::{LogGuard, init_logs};
pub use observe::Observer;
pub use usage::UsageMeter;
