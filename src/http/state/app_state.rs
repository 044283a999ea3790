//! The services behind the pages, each a part that a handler asks for by its type (`State<Arc<Keyring>>`). What stands on
//! several parts, as a transport does, takes the whole of it.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::FromRef;

use super::{
    Bell, LegacyStreams, MetricsToken, OpenExchanges, PageRate, Readiness, UsageHours, UsageSums, Vitals,
    Webhooks,
};
use crate::{
    auth::{Authenticator, BrowserSessions, Keyring},
    clock::Clock,
    config::{CorsSettings, ListenSettings},
    coordinator::Coordinator,
    github::Github,
    http::error::Refusal,
    limits::{Caps, Permit, RateLimiter},
    mcp::Server,
    model::Code,
    reviews::Reviews,
    shutdown::Lifecycle,
    stores::{AuditLog, Bus, UsageStore},
    telemetry::{
        UsageMeter,
        metrics::{LIMIT_HITS, Limit},
    },
};

/// Figures that are read when somebody asks for them.
#[async_trait]
pub trait Figures: Send + Sync {
    /// Sets the readings of what is not counted, within seconds whatever does not answer.
    async fn read(&self);
}

/// The service as it names itself.
#[derive(Clone, Copy, Debug)]
pub struct ServiceInfo {
    /// The name in `/health`.
    pub name: &'static str,
    /// The version of this build.
    pub version: &'static str,
}

/// The services and settings that the HTTP edge is made of.
pub struct HttpParts {
    /// The check of keys and of the admin token.
    pub authenticator: Arc<Authenticator>,
    /// The count of each key's calls a minute.
    pub limiter: Arc<RateLimiter>,
    /// The sessions of the dashboard.
    pub browser_sessions: Arc<BrowserSessions>,
    /// The count of each visitor's pages a minute.
    pub page_rate: PageRate,
    /// The bell of the dashboard.
    pub bell: Arc<Bell>,
    /// The keys: making, changing, rotating and revoking them.
    pub keyring: Arc<Keyring>,
    /// The agents' coordinator.
    pub coordinator: Arc<Coordinator>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// The counts of calls that are not stored yet.
    pub usage: Arc<UsageMeter>,
    /// The stored counts of calls.
    pub usage_store: Arc<dyn UsageStore>,
    /// The MCP server.
    pub server: Arc<Server>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The process's life: whether it is stopping, and the tasks it waits for.
    pub lifecycle: Lifecycle,
    /// The settings of addresses, names and caps.
    pub listen: ListenSettings,
    /// The settings of web pages that may call.
    pub cors: CorsSettings,
    /// The client of GitHub, for the owners of tokens.
    pub github: Github,
    /// The reviews of pull requests.
    pub reviews: Arc<Reviews>,
    /// What webhooks are taken with.
    pub webhooks: Webhooks,
    /// The answer to `/ready`.
    pub readiness: Arc<dyn Readiness>,
    /// How the gateway does, for who looks.
    pub vitals: Arc<dyn Vitals>,
    /// The secret that opens `/metrics`, if there is one.
    pub metrics_token: Option<MetricsToken>,
    /// The figures that are read for `/metrics`.
    pub figures: Arc<dyn Figures>,
    /// The service as it names itself.
    pub service: ServiceInfo,
    /// The way to other gateways on the store, if there may be some.
    pub bus: Option<Arc<dyn Bus>>,
}

/// The parts that requests share.
#[derive(Clone, FromRef)]
pub struct AppState {
    pub(in crate::http) authenticator: Arc<Authenticator>,
    pub(in crate::http) limiter: Arc<RateLimiter>,
    pub(in crate::http) browser_sessions: Arc<BrowserSessions>,
    pub(in crate::http) page_rate: Arc<PageRate>,
    pub(in crate::http) bell: Arc<Bell>,
    pub(in crate::http) keyring: Arc<Keyring>,
    pub(in crate::http) coordinator: Arc<Coordinator>,
    pub(in crate::http) audit: Arc<dyn AuditLog>,
    pub(in crate::http) usage: Arc<UsageMeter>,
    pub(in crate::http) usage_store: Arc<dyn UsageStore>,
    pub(in crate::http) usage_hours: Arc<UsageHours>,
    pub(in crate::http) usage_sums: Arc<UsageSums>,
    pub(in crate::http) server: Arc<Server>,
    pub(in crate::http) clock: Arc<dyn Clock>,
    pub(in crate::http) lifecycle: Lifecycle,
    pub(in crate::http) listen: Arc<ListenSettings>,
    pub(in crate::http) cors: Arc<CorsSettings>,
    pub(in crate::http) github: Github,
    pub(in crate::http) reviews: Arc<Reviews>,
    pub(in crate::http) webhooks: Arc<Webhooks>,
    pub(in crate::http) readiness: Arc<dyn Readiness>,
    pub(in crate::http) vitals: Arc<dyn Vitals>,
    pub(in crate::http) metrics_token: Option<Arc<MetricsToken>>,
    pub(in crate::http) figures: Arc<dyn Figures>,
    pub(in crate::http) service: ServiceInfo,
    pub(in crate::http) bus: Option<Arc<dyn Bus>>,
    /// The open streams and waiting calls, to be ended with their key or the process.
    pub open_exchanges: Arc<OpenExchanges>,
    /// The open streams that each key may have, and all of them.
    pub(in crate::http) stream_caps: Arc<Caps<Arc<str>>>,
    pub(in crate::http) legacy_streams: Arc<LegacyStreams>,
}

impl AppState {
    /// The state of an edge made of `parts`, with nothing open.
    pub fn new(parts: HttpParts) -> Self {
        let stream_caps = Caps::new(parts.listen.max_streams, parts.listen.max_streams_per_principal);
        Self {
            authenticator: parts.authenticator,
            limiter: parts.limiter,
            browser_sessions: parts.browser_sessions,
            page_rate: Arc::new(parts.page_rate),
            bell: parts.bell,
            keyring: parts.keyring,
            coordinator: parts.coordinator,
            audit: parts.audit,
            usage: parts.usage,
            usage_hours: Arc::new(UsageHours::new(Arc::clone(&parts.usage_store))),
            usage_sums: Arc::new(UsageSums::new(Arc::clone(&parts.usage_store))),
            usage_store: parts.usage_store,
            server: parts.server,
            clock: parts.clock,
            lifecycle: parts.lifecycle,
            listen: Arc::new(parts.listen),
            cors: Arc::new(parts.cors),
            github: parts.github,
            reviews: parts.reviews,
            webhooks: Arc::new(parts.webhooks),
            readiness: parts.readiness,
            vitals: parts.vitals,
            metrics_token: parts.metrics_token.map(Arc::new),
            figures: parts.figures,
            service: parts.service,
            bus: parts.bus,
            open_exchanges: Arc::default(),
            stream_caps,
            legacy_streams: Arc::default(),
        }
    }

    /// The MCP server behind the edge.
    pub fn server(&self) -> Arc<Server> {
        Arc::clone(&self.server)
    }

    /// A place for one more stream of that key.
    pub(in crate::http) fn stream_place(&self, key_id: &Arc<str>) -> Result<Permit<Arc<str>>, Refusal> {
        let text = "too many open streams: close some, or raise TASKGATE_MAX_STREAMS_PER_PRINCIPAL";
        self.stream_caps.open(Some(Arc::clone(key_id))).map_err(|_| {
            LIMIT_HITS.add(Limit::Streams);
            Refusal::new(Code::TooManyStreams, text)
        })
    }
}
