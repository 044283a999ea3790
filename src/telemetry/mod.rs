//! Logs, and the one place every call ends in.

mod logs;
mod observe;

pub use logs::{LogGuard, init_logs};
pub use observe::{AccessLog, Observer};
