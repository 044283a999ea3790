//! Rates that gateways share: a moment for each that the server moves, and the networks that are locked.

use std::{net::Ipv6Addr, time::Duration};

use async_trait::async_trait;

use super::{
    RedisStore,
    row::unreadable,
    script::{ScriptArguments, script},
};
use crate::{
    model::{StoreMillis, Workspace},
    stores::{
        Absence, CountedFailure, FAILURE_EVERY, FAILURES_AT_ONCE, MOST_ASKED, RateAsk, RateLease, RateStore,
        StoreError,
    },
};

script!(LEASE, "limits/lease");

/// Locked networks heard of at once: each is locked for some seconds.
const MOST_LOCKED: isize = 4_096;
const LOCKED: &str = "locked";
/// Rates of calls, and those of failures.
const CALLS: &str = "l:";
const FAILURES: &str = "f:";

/// Nothing is known of how much time went by.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the clock of the Redis server and the store's time are apart: one of them was set")]
struct ClocksApart;

impl RedisStore {
    async fn lease(
        &self,
        workspace: &Workspace,
        kind: &str,
        asks: &[RateAsk],
        now: StoreMillis,
    ) -> Result<Vec<RateLease>, StoreError> {
        debug_assert!(asks.len() <= MOST_ASKED, "everybody waits while a script runs");
        let arguments = ScriptArguments::default().number(now.0).each(asks, |arguments, ask| {
            arguments
                .bytes(kind)
                .bytes(ask.name.as_str())
                .number(ask.capacity.into())
                .bytes(micros(ask.period))
                .number(ask.back.into())
                .number(ask.owed.into())
                .number(ask.want.into())
        });
        let answer: Vec<i64> = self.run(workspace, &LEASE, arguments).await?;
        let Some((1, leases)) = answer.split_first() else {
            return Err(StoreError::away(Absence::Unreachable, ClocksApart));
        };
        let read = leases.chunks_exact(2).map(|lease| RateLease {
            calls: u32::try_from(lease[0]).unwrap_or(0),
            room: Duration::from_micros(u64::try_from(lease[1]).unwrap_or(0)),
        });
        let read: Vec<_> = read.collect();
        if read.len() == asks.len() { Ok(read) } else { Err(unreadable("rate")) }
    }
}

/// To the nanosecond: of a rate of millions a minute a microsecond is a large part.
fn micros(duration: Duration) -> String {
    let duration = duration.max(Duration::from_nanos(1));
    format!("{}.{:03}", duration.as_micros(), duration.subsec_nanos() % 1_000)
}

#[async_trait]
impl RateStore for RedisStore {
    async fn lease_calls(
        &self,
        workspace: &Workspace,
        asks: &[RateAsk],
        now: StoreMillis,
    ) -> Result<Vec<RateLease>, StoreError> {
        self.lease(workspace, CALLS, asks, now).await
    }

    async fn count_failures(
        &self,
        networks: &[Ipv6Addr],
        now: StoreMillis,
    ) -> Result<Vec<CountedFailure>, StoreError> {
        let ask = |network: &Ipv6Addr| RateAsk {
            name: network.to_string(),
            capacity: FAILURES_AT_ONCE,
            period: FAILURE_EVERY,
            want: 1,
            ..RateAsk::default()
        };
        let asks: Vec<_> = networks.iter().map(ask).collect();
        let leases = self.lease(&Workspace::default(), FAILURES, &asks, now).await?;
        let counted = |lease: RateLease| CountedFailure {
            was_within: lease.calls > 0,
            locked_for: FAILURE_EVERY.checked_sub(lease.room).filter(|wait| !wait.is_zero()),
        };
        Ok(leases.into_iter().map(counted).collect())
    }

    async fn locked_networks(&self, now: StoreMillis) -> Result<Vec<(Ipv6Addr, Duration)>, StoreError> {
        let mut asked = redis::cmd("ZRANGEBYSCORE");
        asked.arg(self.name(&Workspace::default(), LOCKED)).arg(format!("({}", now.0)).arg("+inf");
        asked.arg("WITHSCORES").arg("LIMIT").arg(0).arg(MOST_LOCKED);
        let locked: Vec<(String, i64)> = self.link.send(&asked).await?;
        let read = |(network, until): (String, i64)| {
            let millis = u64::try_from(until.saturating_sub(now.0)).ok()?;
            Some((network.parse().ok()?, Duration::from_millis(millis).min(FAILURE_EVERY)))
        };
        Ok(locked.into_iter().filter_map(read).collect())
    }

    async fn sharing(&self) -> Result<u32, StoreError> {
        let instances = self.instances().await?;
        // This one says that it is there in a moment.
        Ok(u32::try_from(instances.len()).unwrap_or(u32::MAX).max(1))
    }
}
