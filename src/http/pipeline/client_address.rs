//! Where a request came from: the peer of its connection, or what a trusted proxy says (`X-Forwarded-For`).

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

use crate::config::ListenSettings;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of who really called: what a trusted proxy says, else `peer` itself.
pub(super) fn client_address(listen: &ListenSettings, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.to_canonical();
    if !listen.trusts(peer) {
        return peer;
    }
    // A proxy may add a line of its own: the last ones are the nearest.
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    let hops = hops.map_while(|hop| hop_address(hop.trim()));
    hops.map(|hop| hop.to_canonical()).find(|hop| !listen.trusts(*hop)).unwrap_or(peer)
}

/// A hop as proxies write it: an address, or one with a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()))
}
