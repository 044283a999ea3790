//! Failed authentications per client address: 10 a minute, IPv6 by /64. Never switched off.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use governor::{
    Quota, RateLimiter, clock::MonotonicClock, middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use super::{Exceeded, network::network, shared::SharedFailures};
use crate::{
    clock::Clock,
    stores::{FAILURE_EVERY, FAILURES_AT_ONCE, RateStore},
};

/// Networks remembered, some 16 MiB. Beyond it those that may fail 10 times again are forgotten, and if that is not
/// enough all: who fails from that many networks is not stopped by counting them.
const MOST_NETWORKS: usize = 100_000;
/// After the last of them there may be another failure every 6 seconds.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(FAILURES_AT_ONCE).expect("it is not zero");

type AddressCells =
    RateLimiter<Ipv6Addr, DefaultKeyedStateStore<Ipv6Addr>, MonotonicClock, StateInformationMiddleware>;

/// A limiter keyed by network.
pub struct FailureLimiter {
    cells: RwLock<AddressCells>,
    exhausted: dashmap::DashMap<Ipv6Addr, Instant>,
    /// Where other processes count failures of the same networks.
    shared: Option<SharedFailures>,
}

impl Default for FailureLimiter {
    fn default() -> Self {
        Self { cells: RwLock::new(fresh()), exhausted: dashmap::DashMap::new(), shared: None }
    }
}

impl FailureLimiter {
    /// The same, counted together with the other processes on a store, if that counts any.
    pub fn shared(mut self, store: Option<Arc<dyn RateStore>>, clock: Arc<dyn Clock>) -> Self {
        self.shared = store.map(|store| SharedFailures::new(store, clock));
        self
    }

    /// Whether that address has used up its failures, without counting one.
    pub fn check(&self, address: IpAddr) -> Result<(), Exceeded> {
        let network = network(address);
        let Some(until) = self.exhausted.get(&network).map(|until| *until) else { return Ok(()) };
        let wait = until.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            self.exhausted.remove(&network);
            return Ok(());
        }
        Err(Exceeded::after(wait))
    }

    /// Counts one failure of that address. Other processes hear of it a moment later.
    pub fn count(&self, address: IpAddr) {
        self.count_here(address);
        if let Some(shared) = &self.shared {
            shared.tell(network(address));
        }
    }

    /// Counts one failure with all other processes; refused is one that is beyond what the network has. A store that does not answer
    /// refuses nothing.
    pub async fn count_for_all(&self, address: IpAddr) -> Result<(), Exceeded> {
        self.count_here(address);
        let Some(shared) = &self.shared else { return Ok(()) };
        let Some(counted) = shared.count(network(address)).await else { return Ok(()) };
        if let Some(left) = counted.locked_for {
            self.lock(network(address), left);
        }
        let wait = counted.locked_for.unwrap_or(FAILURE_EVERY);
        if counted.was_within { Ok(()) } else { Err(Exceeded::after(wait)) }
    }

    /// Hears of other processes' failures until it is dropped.
    pub async fn share(&self) {
        match &self.shared {
            Some(shared) => shared.share(|network, left| self.lock(network, left)).await,
            None => std::future::pending().await,
        }
    }

    fn lock(&self, network: Ipv6Addr, left: Duration) {
        let until = Instant::now() + left;
        let mut known = self.exhausted.entry(network).or_insert(until);
        *known = until.max(*known);
    }

    /// Counts one failure that no other process hears of.
    pub fn count_here(&self, address: IpAddr) {
        let network = network(address);
        let mut cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        if cells.len() > MOST_NETWORKS {
            drop(cells);
            self.make_room();
            cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        }
        let until = match cells.check_key(&network) {
            Ok(state) if state.remaining_burst_capacity() > 0 => return,
            Ok(_) => Instant::now() + Duration::from_secs(60) / PER_MINUTE.get(),
            Err(until) => until.earliest_possible(),
        };
        self.exhausted.insert(network, until);
    }

    fn make_room(&self) {
        self.forget_idle();
        let mut cells = self.cells.write().unwrap_or_else(PoisonError::into_inner);
        if cells.len() > MOST_NETWORKS {
            *cells = fresh();
            self.exhausted.clear();
        }
    }

    /// Forgets addresses that may fail 10 times again.
    pub fn forget_idle(&self) {
        let now = Instant::now();
        self.exhausted.retain(|_, until| *until > now);
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        cells.retain_recent();
        cells.shrink_to_fit();
    }
}

fn fresh() -> AddressCells {
    RateLimiter::keyed(Quota::per_minute(PER_MINUTE)).with_middleware()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_failure_of_a_network_locks_it_and_no_other() {
        let limiter = FailureLimiter::default();
        let (a, neighbour): (IpAddr, IpAddr) =
            ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        for _ in 0..9 {
            limiter.count(a);
            assert_eq!(limiter.check(a), Ok(()));
        }
        limiter.count(neighbour);
        assert!(limiter.check(a).is_err());
        assert_eq!(limiter.check("192.0.2.1".parse().unwrap()), Ok(()));
    }

    #[test]
    fn a_million_addresses_do_not_stay_in_memory() {
        let before = crate::limits::memory::resident_kib();
        let limiter = FailureLimiter::default();
        for number in 0..1_000_000_u32 {
            limiter.count(IpAddr::V4(number.into()));
        }
        assert!(limiter.cells.read().unwrap().len() <= MOST_NETWORKS + 1);
        let grown = crate::limits::memory::resident_kib().saturating_sub(before) / 1024;
        assert!(grown <= 32, "{grown} MiB");
    }
}
