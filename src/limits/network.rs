//! What counts as one address: an IPv4 address, or an IPv6 /64, which is what one customer gets.

use std::net::{IpAddr, Ipv6Addr};

/// The one address that `address` counts as.
pub fn network(address: IpAddr) -> Ipv6Addr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64),
    }
}
