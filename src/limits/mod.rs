//! How often and how much: calls a minute per key, failed authentications per address, streams per key and in all,
//! connections per address and in all, open files.

mod caps;
mod failures;
#[cfg(test)]
mod memory;
mod network;
mod open_files;
mod rate;

pub use caps::{Beyond, Caps, Permit};
pub use failures::FailureLimiter;
pub use network::network;
pub use open_files::most_open_files;
pub use rate::RateLimiter;

/// What is left of a key's rate.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Calls at once when nothing was used.
    pub limit: u32,
    /// Calls left now.
    pub remaining: u32,
    /// Until all of it is there again.
    pub full_after: std::time::Duration,
}

/// When to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("over the limit, again in {retry_after_seconds} s")]
pub struct Exceeded {
    /// Whole seconds, rounded up, at least 1.
    pub retry_after_seconds: u64,
}
