//! What handlers share.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderName};
use bytes::Bytes;

use super::{OpenStreams, legacy_streams::Peers};
use crate::{
    auth::{Authenticator, Keyring},
    clock::Clock,
    config::{CorsSettings, ListenSettings},
    github::Github,
    http::error::Refusal,
    limits::{Caps, Permit, RateLimiter},
    mcp::Server,
    model::Code,
    shutdown::Lifecycle,
    stores::{AuditLog, UsageStore},
    telemetry::UsageMeter,
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Says whether the gateway can do its work.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Why what it depends on does not answer, as a word; `None` when it does.
    async fn problem(&self) -> Option<&'static str>;
}

/// What the HTTP edge is made of.
pub struct GateParts {
    /// Who may call.
    pub authenticator: Arc<Authenticator>,
    /// How often.
    pub limiter: Arc<RateLimiter>,
    /// The keys.
    pub keyring: Arc<Keyring>,
    /// Who did what.
    pub audit: Arc<dyn AuditLog>,
    /// Counts of calls that are not stored yet.
    pub usage: Arc<UsageMeter>,
    /// Those that are.
    pub usage_store: Arc<dyn UsageStore>,
    /// The protocol.
    pub server: Arc<Server>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The process's life.
    pub lifecycle: Lifecycle,
    /// Where and how many.
    pub listen: ListenSettings,
    /// Web pages.
    pub cors: CorsSettings,
    /// Whose a GitHub token is.
    pub github: Github,
    /// Whether the gateway can do its work.
    pub readiness: Arc<dyn Readiness>,
    /// The service's name in `/health`.
    pub service: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// What every handler can reach.
pub struct Gate {
    pub(in crate::http) parts: GateParts,
    /// Streams and waiting calls, to be ended with their key or the process.
    pub open: Arc<OpenStreams>,
    /// Streams, by key.
    pub(in crate::http) caps: Arc<Caps<Arc<str>>>,
    pub(in crate::http) peers: Peers,
    /// The OpenAPI document, made when it is first asked for.
    pub(in crate::http) openapi: OnceLock<Bytes>,
}

impl Gate {
    /// The edge of that gateway.
    pub fn new(parts: GateParts) -> Arc<Self> {
        let caps = Caps::new(parts.listen.max_streams, parts.listen.max_streams_per_principal);
        Arc::new(Self {
            parts,
            open: Arc::default(),
            caps,
            peers: Peers::default(),
            openapi: OnceLock::new(),
        })
    }

    /// A place for one more stream of that key.
    pub(in crate::http) fn stream_place(&self, key_id: &Arc<str>) -> Result<Permit<Arc<str>>, Refusal> {
        let text = "too many open streams: close some, or raise TASKGATE_MAX_STREAMS_PER_PRINCIPAL";
        self.caps.open(Some(Arc::clone(key_id))).map_err(|_| Refusal::new(Code::TooManyStreams, text))
    }

    /// Who really called: what a trusted proxy says, else the peer itself.
    pub(in crate::http) fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let listen = &self.parts.listen;
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
}

/// A hop as proxies write it: an address, or one with a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()))
}
