//! What the administrator's token opens: keys, the audit log, usage.

pub mod audit;
pub mod tokens;
pub mod usage;
