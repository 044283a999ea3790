//! How often and how much: calls a minute per key, failed authentications per address, streams per key and in all.

mod failures;
mod rate;
mod streams;

pub use failures::FailureLimiter;
pub use rate::RateLimiter;
pub use streams::{StreamCaps, StreamPermit};

/// When to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("over the limit, again in {retry_after_seconds} s")]
pub struct Exceeded {
    /// Whole seconds, rounded up, at least 1.
    pub retry_after_seconds: u64,
}
