//! Where a request came from: the peer of its connection, or what a proxy says whose word counts. Of what a header says only
//! addresses are read and shown: a caller may have written anything into it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use axum::http::{HeaderMap, HeaderName};

use crate::{
    config::{ClientAddress, ClientAddressSettings},
    model::RequestId,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The filter target of the line that shows an operator how each address was found.
const TARGET: &str = "taskgate::client_address";

/// The hops that a header names.
#[derive(Clone, Copy)]
struct Hops<'a>(&'a HeaderMap, &'a HeaderName);

/// The address of who really called: what a proxy says whose word counts, else `peer` itself.
pub(super) fn client_address(settings: &ClientAddressSettings, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.to_canonical();
    if !settings.trusts(peer) {
        return peer;
    }
    let found = match &settings.source {
        ClientAddress::Peer => {
            let hops = Hops(headers, &FORWARDED_FOR);
            hops.iter().map_while(|hop| hop).find(|hop| !settings.trusts(*hop))
        }
        ClientAddress::Forwarded(hops) => Hops(headers, &FORWARDED_FOR).iter().nth(hops - 1).flatten(),
        ClientAddress::Header(name) => {
            let mut hops = Hops(headers, name).iter();
            hops.next().flatten().filter(|_| hops.next().is_none())
        }
    };
    found.unwrap_or(peer)
}

/// Shows how the address of a request was found.
pub(super) fn log(
    settings: &ClientAddressSettings,
    request_id: &RequestId,
    (peer, address): (IpAddr, IpAddr),
    headers: &HeaderMap,
) {
    if !tracing::enabled!(target: TARGET, tracing::Level::DEBUG) {
        return;
    }
    let name = match &settings.source {
        ClientAddress::Header(name) => name,
        ClientAddress::Peer | ClientAddress::Forwarded(_) => &FORWARDED_FOR,
    };
    let (hops, believed) = (Hops(headers, name), settings.trusts(peer.to_canonical()));
    tracing::debug!(target: TARGET, %request_id, %peer, header = %name, %hops, believed, client = %address, "client address");
}

impl<'a> Hops<'a> {
    /// Each hop from the end; `None` for what is no address. A proxy may add a line of its own: the last ones are the nearest.
    fn iter(self) -> impl Iterator<Item = Option<IpAddr>> + use<'a> {
        let lines = self.0.get_all(self.1).iter().rev();
        // A caller may have begun the line with what is no text: that is a hop, and takes none of the others with it.
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        hops.map(|hop| std::str::from_utf8(hop).ok().and_then(|hop| hop_address(hop.trim())))
    }
}

impl fmt::Display for Hops<'_> {
    /// As they stand in the header, the nearest last; `?` for what is no address.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        let mut hops: Vec<_> = self.iter().take(SHOWN).collect();
        hops.reverse();
        for (number, hop) in hops.iter().enumerate() {
            out.write_str(if number == 0 { "" } else { ", " })?;
            match hop {
                Some(hop) => write!(out, "{hop}")?,
                None => out.write_str("?")?,
            }
        }
        Ok(())
    }
}

/// A hop as proxies write it: an address, or one with a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}
