//! Where the gateway listens, under which names it answers, and how many it lets in.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use url::Url;

use super::Reader;

/// Which transport the bare command serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// HTTP on a port.
    Http,
    /// Standard input and output.
    Stdio,
}

/// `MCP_MODE`, `MCP_HOST`, `MCP_PORT` and the `TASKGATE_*` settings about connections.
#[derive(Clone, Debug)]
pub struct ListenSettings {
    /// `MCP_MODE`.
    pub mode: Mode,
    /// `MCP_HOST` and `MCP_PORT`.
    pub address: SocketAddr,
    /// `TASKGATE_PUBLIC_URL`.
    pub public_url: Option<Url>,
    /// Names accepted in `Host` besides loopback ones: lower case, without port.
    pub allowed_hosts: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long a connection may idle between requests.
    pub keepalive: Duration,
    /// Connections at once.
    pub max_connections: u32,
    /// Streams at once.
    pub max_streams: u32,
    /// Streams of one key at once.
    pub max_streams_per_principal: u32,
}

impl ListenSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let public_url = public_url(reader);
        let mut allowed_hosts: Vec<_> =
            reader.list("TASKGATE_ALLOWED_HOSTS").iter().map(|host| host.to_ascii_lowercase()).collect();
        allowed_hosts.extend(public_url.as_ref().and_then(Url::host_str).map(str::to_owned));
        Self {
            mode: reader.choice("MCP_MODE", Mode::Http, &[("http", Mode::Http), ("stdio", Mode::Stdio)]),
            address: SocketAddr::new(host(reader), port(reader)),
            public_url,
            allowed_hosts,
            trusted_proxies: proxies(reader),
            keepalive: Duration::from_secs(
                reader.number("TASKGATE_KEEPALIVE_SECONDS", 75, &(1..=3600)).into(),
            ),
            max_connections: reader.number("TASKGATE_MAX_CONNECTIONS", 20_000, &(1..=1_000_000)),
            max_streams: reader.number("TASKGATE_MAX_STREAMS", 16_000, &(1..=1_000_000)),
            max_streams_per_principal: reader.number(
                "TASKGATE_MAX_STREAMS_PER_PRINCIPAL",
                2_000,
                &(1..=1_000_000),
            ),
        }
    }

    /// Whether only this machine can connect.
    pub fn is_loopback(&self) -> bool {
        self.address.ip().is_loopback()
    }

    /// The path everything is served under: empty, or `/prefix` without a trailing slash.
    pub fn prefix(&self) -> &str {
        self.public_url.as_ref().map_or("", |url| url.path().trim_end_matches('/'))
    }
}

fn address_of(text: &str) -> Option<IpAddr> {
    if text.eq_ignore_ascii_case("localhost") {
        return Some(Ipv4Addr::LOCALHOST.into());
    }
    text.trim_matches(['[', ']']).parse().ok()
}

fn host(reader: &mut Reader) -> IpAddr {
    let default = Ipv4Addr::LOCALHOST.into();
    if let Some(text) = reader.text("MCP_HOST") {
        return address_of(&text).unwrap_or_else(|| {
            reader
                .fault("MCP_HOST", format!("expected an address such as 127.0.0.1 or 0.0.0.0, got `{text}`"));
            default
        });
    }
    // Shells and platforms set HOST to a machine's name: no reason to stop.
    let Some(text) = reader.text("HOST") else { return default };
    address_of(&text).unwrap_or_else(|| {
        reader.warn("HOST", format!("ignored, `{text}` is no address; set MCP_HOST to choose one"));
        default
    })
}

fn port(reader: &mut Reader) -> u16 {
    let name = if reader.text("MCP_PORT").is_some() { "MCP_PORT" } else { "PORT" };
    reader.parsed(name, 8080, "a port from 0 to 65535")
}

fn public_url(reader: &mut Reader) -> Option<Url> {
    let text = reader.text("TASKGATE_PUBLIC_URL")?;
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() => {
            Some(url)
        }
        _ => {
            reader.fault(
                "TASKGATE_PUBLIC_URL",
                format!("expected a URL such as https://gate.example, got `{text}`"),
            );
            None
        }
    }
}

fn proxies(reader: &mut Reader) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for text in reader.list("TASKGATE_TRUSTED_PROXIES") {
        match text.parse() {
            Ok(address) => found.push(address),
            Err(_) => reader.fault("TASKGATE_TRUSTED_PROXIES", format!("expected addresses, got `{text}`")),
        }
    }
    found
}
