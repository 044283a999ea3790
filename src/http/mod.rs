//! The HTTP edge, and the only room that names axum: routes, authentication, `/mcp`, `/sse`, keys, audit, usage, health. Here and
//! nowhere else do meanings become status codes.
//!
//! A connection comes in at [`listener`]; every request of it passes [`pipeline`], which finds its page by [`router`]. Pages are
//! in [`service`], [`account`], [`board`], [`admin`] and [`webhooks`]; MCP is in [`transport`]. They take what they need by [`extract`], share
//! [`state`], and refuse by [`error`].

mod account;
mod admin;
mod board;
mod client_snippets;
mod dashboard;
mod error;
mod extract;
mod gzip;
mod hearing;
mod listener;
mod openapi;
mod page_headers;
mod pipeline;
mod router;
mod service;
mod session;
mod state;
mod transport;
mod webhooks;

pub use client_snippets::{KnownClient, base_url, snippet, stdio_snippet};
pub use hearing::hear;
pub use listener::{Bound, Serving, bind};
pub use router::{Access, ROUTES, Route, openapi_json};
pub use state::{
    AppState, AuditVerdict, Bell, DependencyState, Figures, HttpParts, MetricsToken, OpenExchanges, PageRate,
    Readiness, ReadyReport, ServiceInfo, Topics, VitalSigns, Vitals, WebhookRoom, WebhookSender, Webhooks,
};
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use webhooks::webhook_url;
