//! How callers are told apart who come through a proxy: by what which header says, and whose word counts.

use std::net::IpAddr;

use http::{HeaderName, header};
use ipnet::{IpNet, Ipv4Net};

use crate::config::SettingsReader;

const NAME: &str = "TASKGATE_CLIENT_ADDRESS";
const PROXIES: &str = "TASKGATE_TRUSTED_PROXIES";
/// More proxies than any platform puts before a program.
const MOST_HOPS: usize = 16;
/// Headers that never hold an address, so that nobody's credential is taken for one.
const NO_ADDRESS: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::COOKIE,
    header::HOST,
    header::ORIGIN,
    header::FORWARDED,
];

/// Where the address of a caller stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAddress {
    /// The peer of the connection; behind trusted proxies, the last hop in `X-Forwarded-For` that is none of them.
    Peer,
    /// That many hops from the end of `X-Forwarded-For`, the last one being 1.
    Forwarded(usize),
    /// A header that the nearest proxy sets to one address.
    Header(HeaderName),
}

/// `TASKGATE_CLIENT_ADDRESS` and `TASKGATE_TRUSTED_PROXIES`.
#[derive(Clone, Debug)]
pub struct ClientAddressSettings {
    /// Where the address stands.
    pub source: ClientAddress,
    trusted_proxies: Vec<IpNet>,
}

impl ClientAddressSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let settings = Self { source: source(reader), trusted_proxies: proxies(reader) };
        if settings.believes_everybody() {
            reader.warn(
                NAME,
                "whoever connects is believed: see to it that only the proxy can, or name it in TASKGATE_TRUSTED_PROXIES",
            );
        }
        settings
    }

    /// Whether that address, in its canonical form, is a proxy's whose word counts.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.believes_everybody() || self.trusted_proxies.iter().any(|range| range.contains(&address))
    }

    /// The proxies have no addresses that could be named, so that every peer is taken for one.
    pub(super) fn believes_everybody(&self) -> bool {
        self.source != ClientAddress::Peer && self.trusted_proxies.is_empty()
    }
}

fn source(reader: &mut SettingsReader) -> ClientAddress {
    let text = reader.text(NAME).unwrap_or_default();
    match parse(text.trim()) {
        Ok(source) => source,
        Err(problem) => {
            reader.fault(NAME, problem);
            ClientAddress::Peer
        }
    }
}

fn parse(text: &str) -> Result<ClientAddress, String> {
    let (kind, rest) = text.split_once(':').map_or((text, None), |(kind, rest)| (kind, Some(rest.trim())));
    match (kind.trim().to_ascii_lowercase().as_str(), rest) {
        ("peer", None) => Ok(ClientAddress::Peer),
        ("forwarded", Some(hops)) => match hops.parse() {
            Ok(hops @ 1..=MOST_HOPS) => Ok(ClientAddress::Forwarded(hops)),
            _ => {
                Err(format!("expected forwarded:N with N from 1 (the last hop) to {MOST_HOPS}, got `{text}`"))
            }
        },
        ("header", Some(name)) => header_name(name),
        _ => Err(format!("expected peer, forwarded:N or header:NAME, got `{text}`")),
    }
}

fn header_name(name: &str) -> Result<ClientAddress, String> {
    let Ok(header) = name.parse::<HeaderName>() else {
        return Err(format!("expected the name of a header, such as header:X-Real-IP, got `{name}`"));
    };
    if header == "x-forwarded-for" {
        return Err(String::from("X-Forwarded-For holds a list: say forwarded:1 for its last hop"));
    }
    if NO_ADDRESS.contains(&header) || header.as_str().starts_with("mcp-") {
        return Err(format!("`{header}` never holds an address alone: name one that the proxy sets to it"));
    }
    Ok(ClientAddress::Header(header))
}

fn proxies(reader: &mut SettingsReader) -> Vec<IpNet> {
    let mut found = Vec::new();
    for text in reader.list(PROXIES) {
        let range = text.parse::<IpAddr>().map_or_else(|_| text.parse(), |address| Ok(IpNet::from(address)));
        match range.map(canonical) {
            Ok(range) => found.push(range),
            Err(_) => {
                reader
                    .fault(PROXIES, format!("expected addresses or ranges such as 10.0.0.0/8, got `{text}`"));
            }
        }
    }
    if found.iter().any(|range| range.addr().is_unspecified() && range.prefix_len() == range.max_prefix_len())
    {
        reader.fault(PROXIES, "0.0.0.0 and :: are nobody's address: 0.0.0.0/0 is everybody's");
    }
    if found.iter().any(|range| range.prefix_len() == 0) {
        reader.warn(PROXIES, "trusts everybody: whoever connects may say who is calling");
    }
    found
}

/// Peers are compared as IPv4 where they are that, whichever way they came.
fn canonical(range: IpNet) -> IpNet {
    let mapped = match range {
        IpNet::V6(range) if range.prefix_len() >= 96 => {
            range.addr().to_ipv4_mapped().map(|address| (address, range.prefix_len() - 96))
        }
        _ => None,
    };
    mapped.and_then(|(address, length)| Ipv4Net::new(address, length).ok()).map_or(range, IpNet::V4)
}
