//! How many connections are open: in all, and of one address (IPv6 by /64). A permit gives its place back when it is dropped.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::network::network;

/// Counts open connections.
#[derive(Debug)]
pub struct ConnectionCaps {
    counts: Mutex<Counts>,
    most: u32,
    most_of_address: u32,
}

#[derive(Debug, Default)]
struct Counts {
    all: u32,
    of_network: HashMap<Ipv6Addr, u32>,
}

/// Which cap a connection is beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowded {
    /// That of all connections.
    Everywhere,
    /// That of one address.
    FromOneAddress,
}

impl Crowded {
    /// The setting that would allow more.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Everywhere => "TASKGATE_MAX_CONNECTIONS",
            Self::FromOneAddress => "TASKGATE_MAX_CONNECTIONS_PER_ADDRESS",
        }
    }
}

/// One connection's place.
#[derive(Debug)]
pub struct ConnectionPermit {
    caps: Arc<ConnectionCaps>,
    network: Option<Ipv6Addr>,
}

impl ConnectionCaps {
    /// Caps of that size.
    pub fn new(most: u32, most_of_address: u32) -> Arc<Self> {
        Arc::new(Self { counts: Mutex::default(), most, most_of_address })
    }

    /// A place for one more connection, if there is one. `address`: none when it is not counted by itself.
    pub fn open(self: &Arc<Self>, address: Option<IpAddr>) -> Result<ConnectionPermit, Crowded> {
        let network = address.map(network);
        let mut counts = self.lock();
        if counts.all >= self.most {
            return Err(Crowded::Everywhere);
        }
        if let Some(network) = network {
            let of_network = counts.of_network.entry(network).or_default();
            if *of_network >= self.most_of_address {
                return Err(Crowded::FromOneAddress);
            }
            *of_network += 1;
        }
        counts.all += 1;
        Ok(ConnectionPermit { caps: Arc::clone(self), network })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = self.caps.lock();
        counts.all -= 1;
        let Some(network) = self.network else { return };
        if let Some(of_network) = counts.of_network.get_mut(&network) {
            *of_network -= 1;
            if *of_network == 0 {
                counts.of_network.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_those_that_are_not_counted_have_the_rest() {
        let caps = ConnectionCaps::new(4, 2);
        let open = |address: &str| caps.open(Some(address.parse().unwrap()));
        let (first, _second) = (open("2001:db8::1").unwrap(), open("2001:db8::2").unwrap());
        assert_eq!(open("2001:db8::3").unwrap_err(), Crowded::FromOneAddress, "one /64 is one address");
        let _other = open("192.0.2.1").unwrap();
        let uncounted = caps.open(None).unwrap();
        assert_eq!(open("192.0.2.2").unwrap_err(), Crowded::Everywhere);
        drop(uncounted);
        drop(first);
        let _third = open("2001:db8::3").unwrap();
        let _mapped = open("::ffff:192.0.2.1").unwrap();
        assert_eq!(caps.open(None).unwrap_err(), Crowded::Everywhere);
        assert_eq!(caps.lock().of_network.len(), 2, "what is closed is forgotten");
    }
}
