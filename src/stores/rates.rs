//! Limits that many processes keep together: calls are leased in slices and spent without asking, failures of networks are counted for
//! all.

use std::{net::Ipv6Addr, time::Duration};

use async_trait::async_trait;

use super::StoreError;
use crate::model::{StoreMillis, Workspace};

/// What a process asks of one rate, all at once: it gives back, owns up and leases, in that order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateAsk {
    /// The name of what has that rate.
    pub name: String,
    /// Calls at once when nothing was used.
    pub capacity: u32,
    /// From empty to one call.
    pub period: Duration,
    /// Calls that were leased and not made.
    pub back: u32,
    /// Calls that were made without a lease.
    pub owed: u32,
    /// Calls to be leased; fewer are given if there are fewer.
    pub want: u32,
}

/// What there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLease {
    /// Calls that were leased.
    pub calls: u32,
    /// What is left beyond them, as the time in which as much comes again.
    pub room: Duration,
}

/// What became of a failure that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedFailure {
    /// Whether it was one of those that a network has.
    pub was_within: bool,
    /// For how long the network is locked.
    pub locked_for: Option<Duration>,
}

/// Rates and failures by name. A rate is a moment in the store's time that nobody's wall clock moves. What a store loses of it is as if
/// it had never been used.
#[async_trait]
pub trait RateStore: Send + Sync {
    /// Does as asked for each of at most [`MOST_ASKED`] rates, in one step; answers in their order.
    async fn lease_calls(
        &self,
        workspace: &Workspace,
        asks: &[RateAsk],
        now: StoreMillis,
    ) -> Result<Vec<RateLease>, StoreError>;

    /// Counts one failure of each of at most [`MOST_ASKED`] networks, in one step.
    async fn count_failures(
        &self,
        networks: &[Ipv6Addr],
        now: StoreMillis,
    ) -> Result<Vec<CountedFailure>, StoreError>;

    /// Networks that are locked, and for how long.
    async fn locked_networks(&self, now: StoreMillis) -> Result<Vec<(Ipv6Addr, Duration)>, StoreError>;

    /// How many processes share the limits now, this one among them.
    async fn sharing(&self) -> Result<u32, StoreError>;
}

/// Rates asked for at once.
pub const MOST_ASKED: usize = 64;
/// Failures of a network at once.
pub const FAILURES_AT_ONCE: u32 = 10;
/// After the last of them there may be another this often.
pub const FAILURE_EVERY: Duration = Duration::from_secs(6);
