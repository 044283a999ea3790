//! How often and how much: calls a minute per key, failed authentications per address, streams per key and in all,
//! connections per address and in all, open files.

mod allowance;
mod caps;
mod failures;
#[cfg(test)]
mod memory;
mod network;
mod open_files;
mod rate;
mod shared;

pub use allowance::{Allowance, Exceeded};
pub use caps::{Beyond, Caps, Permit};
pub use failures::FailureLimiter;
pub use network::network;
pub use open_files::most_open_files;
pub use rate::{RateLimiter, RatedKey};
