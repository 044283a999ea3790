//! Where the gateway listens, under which names it answers, and how many it lets in.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    time::Duration,
};

use url::Url;

use super::ClientAddressSettings;
use crate::config::{
    SettingsReader,
    host::{has_user, host_name, written_host},
    names::{PLATFORM_HOSTS, address},
};

/// Connections, and streams, that may be let in at once.
const MOST: RangeInclusive<u32> = 1..=1_000_000;

const PER_ADDRESS: &str = "TASKGATE_MAX_CONNECTIONS_PER_ADDRESS";

/// Which transport the bare command serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// HTTP on a port.
    #[default]
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
    /// How an operator calls this program where its files and its terminal are out of reach.
    pub command: Option<String>,
    /// Names accepted in `Host` besides loopback ones, as [`crate::config::host_name`] gives them; the address that
    /// is listened on is one.
    pub allowed_hosts: Vec<String>,
    /// How callers behind proxies are told apart.
    pub client_address: ClientAddressSettings,
    /// How long a connection may idle between requests.
    pub keepalive: Duration,
    /// Connections at once.
    pub max_connections: u32,
    /// Connections of one address at once; half of those let in when unset.
    pub max_connections_per_address: Option<u32>,
    /// Streams at once.
    pub max_streams: u32,
    /// Streams of one key at once.
    pub max_streams_per_principal: u32,
}

impl ListenSettings {
    pub(in crate::config) fn read(reader: &mut SettingsReader) -> Self {
        let public_url = public_url(reader);
        let mut allowed_hosts = hosts(reader);
        let own_name = public_url.as_ref().and_then(Url::host_str).and_then(host_name);
        allowed_hosts.extend(own_name.map(Cow::into_owned));
        // With a domain of one's own the platform's name goes on to work.
        let given = PLATFORM_HOSTS.iter().filter_map(|name| reader.text(name));
        allowed_hosts.extend(given.filter_map(|name| host_name(&name).map(Cow::into_owned)));
        let max_connections = reader.number("TASKGATE_MAX_CONNECTIONS", &MOST);
        let max_streams =
            within(reader, "TASKGATE_MAX_STREAMS", ("TASKGATE_MAX_CONNECTIONS", max_connections));
        let max_streams_per_principal =
            within(reader, "TASKGATE_MAX_STREAMS_PER_PRINCIPAL", ("TASKGATE_MAX_STREAMS", max_streams));
        let client_address = ClientAddressSettings::read(reader);
        let address = SocketAddr::new(host(reader), reader.port("MCP_PORT"));
        if !address.ip().is_unspecified() {
            // What is announced is answered; a page that names an address has not made its own name mean
            // ours.
            allowed_hosts.push(address.ip().to_canonical().to_string());
        }
        Self {
            mode: reader
                .choice("MCP_MODE", &[("http", Mode::Http), ("stdio", Mode::Stdio)])
                .unwrap_or_default(),
            address,
            public_url,
            command: reader.text("TASKGATE_COMMAND"),
            allowed_hosts,
            keepalive: Duration::from_secs(reader.number("TASKGATE_KEEPALIVE_SECONDS", &(1..=3600)).into()),
            max_connections,
            max_connections_per_address: per_address(
                reader,
                max_connections,
                client_address.believes_everybody(),
            ),
            client_address,
            max_streams,
            max_streams_per_principal,
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

/// A count of what is part of `whole`: one that is given must be reachable, and a default gives way.
fn within(reader: &mut SettingsReader, part: &str, whole: (&str, u32)) -> u32 {
    let count = reader.number(part, &MOST);
    if count > whole.1 && reader.is_given(part) {
        reader
            .fault(part, format!("{count} is never reached, as {} is {}: raise that too", whole.0, whole.1));
    }
    count.min(whole.1)
}

fn per_address(reader: &mut SettingsReader, max_connections: u32, all_are_proxies: bool) -> Option<u32> {
    if !reader.is_given(PER_ADDRESS) {
        return None;
    }
    if all_are_proxies {
        reader.fault(
            PER_ADDRESS,
            "never applies, as every connection is a proxy's with this TASKGATE_CLIENT_ADDRESS: leave one out",
        );
    }
    Some(within(reader, PER_ADDRESS, ("TASKGATE_MAX_CONNECTIONS", max_connections)))
}

fn host(reader: &mut SettingsReader) -> IpAddr {
    const NAME: &str = "MCP_HOST";
    let text = reader.text(NAME).unwrap_or_default();
    address(&text).unwrap_or_else(|| {
        reader.fault(NAME, format!("expected an address such as 127.0.0.1 or 0.0.0.0, got `{text}`"));
        Ipv4Addr::LOCALHOST.into()
    })
}

/// Letters of a prefix are written in one way only, and mean nothing to a shell that is given what to paste.
fn is_prefix(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+,=:@".contains(&byte);
    path.split('/').skip(1).all(|segment| !segment.is_empty() && segment.bytes().all(is_plain))
}

fn public_url(reader: &mut SettingsReader) -> Option<Url> {
    const NAME: &str = "TASKGATE_PUBLIC_URL";
    let text = reader.text(NAME)?;
    let url = Url::parse(&text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().and_then(host_name).is_some()
            && url.port() != Some(0)
            && url.query().is_none()
            && url.fragment().is_none()
            && !has_user(url)
    });
    let Some(url) = url else {
        reader.fault(NAME, "expected a URL such as https://gate.example, without a user, `?` or `#`");
        return None;
    };
    let prefix = url.path().trim_end_matches('/');
    if !is_prefix(prefix) {
        reader.fault(
            NAME,
            format!("its path may hold letters, digits and -._~+,=:@ between single slashes, got `{prefix}`"),
        );
        return None;
    }
    if ["/mcp", "/sse"].iter().any(|endpoint| prefix.ends_with(endpoint)) {
        reader
            .warn(NAME, format!("clients are told {prefix}/mcp: leave `{prefix}` out if that is not meant"));
    }
    Some(url)
}

fn hosts(reader: &mut SettingsReader) -> Vec<String> {
    const NAME: &str = "TASKGATE_ALLOWED_HOSTS";
    let mut found = Vec::new();
    for text in reader.list(NAME) {
        match written_host(&text) {
            Ok(name) => found.push(name),
            Err(problem) => reader.fault(NAME, format!("`{text}` never matches: {problem}")),
        }
    }
    found
}
