//! Failed authentications per client address: 10 a minute, IPv6 by /64. Never switched off.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
};

use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock, QuantaInstant, Reference},
};

use super::Exceeded;

const PER_MINUTE: NonZeroU32 = NonZeroU32::new(10).expect("10 is not zero");

/// A limiter keyed by network.
#[derive(Debug)]
pub struct FailureLimiter {
    cells: DefaultKeyedRateLimiter<Ipv6Addr>,
    exhausted: dashmap::DashMap<Ipv6Addr, QuantaInstant>,
    clock: DefaultClock,
}

impl Default for FailureLimiter {
    fn default() -> Self {
        let cells = DefaultKeyedRateLimiter::keyed(Quota::per_minute(PER_MINUTE));
        Self { cells, exhausted: dashmap::DashMap::new(), clock: DefaultClock::default() }
    }
}

impl FailureLimiter {
    /// Whether that address has used up its failures, without counting one.
    pub fn check(&self, address: IpAddr) -> Result<(), Exceeded> {
        let network = network(address);
        let Some(until) = self.exhausted.get(&network).map(|until| *until) else { return Ok(()) };
        let now = self.clock.now();
        if until <= now {
            self.exhausted.remove(&network);
            return Ok(());
        }
        let wait = std::time::Duration::from(until.duration_since(now));
        Err(Exceeded { retry_after_seconds: (wait.as_secs_f64().ceil() as u64).max(1) })
    }

    /// Counts one failure of that address.
    pub fn count(&self, address: IpAddr) {
        let network = network(address);
        if let Err(until) = self.cells.check_key(&network) {
            self.exhausted.insert(network, until.earliest_possible());
        }
    }

    /// Forgets addresses that may fail 10 times again.
    pub fn forget_idle(&self) {
        let now = self.clock.now();
        self.exhausted.retain(|_, until| *until > now);
        self.cells.retain_recent();
        self.cells.shrink_to_fit();
    }
}

fn network(address: IpAddr) -> Ipv6Addr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_failure_of_a_network_locks_it_and_no_other() {
        let limiter = FailureLimiter::default();
        let (a, neighbour): (IpAddr, IpAddr) =
            ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        for _ in 0..10 {
            limiter.count(a);
            assert_eq!(limiter.check(a), Ok(()));
        }
        limiter.count(neighbour);
        assert!(limiter.check(a).is_err());
        assert_eq!(limiter.check("192.0.2.1".parse().unwrap()), Ok(()));
    }
}
