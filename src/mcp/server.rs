//! What a gateway offers, and the parts that serve it.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{inflight::InFlight, lists::Pages};
use crate::{
    clock::Clock,
    mcp::{
        input::{PendingInputs, RequestStates},
        jsonrpc::{Encoder, JsonRpcResponse},
        notify::Subscriptions,
        session::{Session, SessionSealer, SessionSettings, Streams},
    },
    prompts::Prompts,
    resources::ResourceProvider,
    secrets::SecretKey,
    shutdown::Lifecycle,
    stores::{Bus, BusError},
    telemetry::Observer,
    tools::Registry,
};

/// The features clients find: tools, prompts, resources, and how a model should use them.
pub struct ServerFeatures {
    /// The server's name.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// How a model should use it.
    pub instructions: &'static str,
    /// Its tools.
    pub tools: Registry,
    /// Its prompts.
    pub prompts: Prompts,
    /// Its resources.
    pub resources: Arc<dyn ResourceProvider>,
}

/// What serving needs.
pub struct ServerParts {
    /// Session ids.
    pub sealer: SessionSealer,
    /// What sessions set.
    pub settings: Arc<SessionSettings>,
    /// Streams of sessions.
    pub streams: Arc<Streams>,
    /// Subscriptions.
    pub subscriptions: Arc<Subscriptions>,
    /// Input requests that wait for a client.
    pub pending_inputs: PendingInputs,
    /// The end of every call.
    pub observer: Arc<dyn Observer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The process's life.
    pub lifecycle: Lifecycle,
    /// The way to other gateways on the store, if there may be some.
    pub bus: Option<Arc<dyn Bus>>,
}

/// One gateway, whatever transports lead to it.
pub struct Server {
    pub(super) features: ServerFeatures,
    pub(super) parts: ServerParts,
    pub(super) encoder: Encoder,
    pub(super) states: RequestStates,
    pub(super) in_flight: Arc<InFlight>,
    pub(super) tools: Pages,
    pub(super) prompts: Pages,
    pub(super) resources: Pages,
    pub(super) templates: Pages,
}

/// The reply to what was received.
pub enum Reply {
    /// None is wanted.
    None,
    /// The response, ready at once.
    Ready(JsonRpcResponse),
    /// The response to `initialize`, and the session it opened.
    Initialized(JsonRpcResponse, Session),
    /// The response will come; `None` when there is nothing to respond with: the client cancelled the call, or every
    /// response to a batch went to the stream. Messages that precede it go to the call's stream.
    Pending(BoxFuture<'static, Option<JsonRpcResponse>>),
    /// None is wanted, once another gateway has heard of it.
    Elsewhere(BoxFuture<'static, Result<(), BusError>>),
}

impl ServerFeatures {
    pub(super) fn info(&self) -> Value {
        json!({"name": self.name, "title": self.title, "version": self.version})
    }

    pub(super) fn capabilities() -> Value {
        json!({
            "tools": {"listChanged": true},
            "prompts": {"listChanged": true},
            "resources": {"subscribe": true, "listChanged": true},
            "completions": {},
            "logging": {},
        })
    }
}

impl Server {
    /// A server of those features.
    pub fn new(features: ServerFeatures, parts: ServerParts, secret: &SecretKey) -> Arc<Self> {
        Arc::new(Self {
            encoder: Encoder::new(&features.info()),
            states: RequestStates::new(secret),
            in_flight: Arc::default(),
            tools: Pages::new("tools"),
            prompts: Pages::new("prompts"),
            resources: Pages::new("resources"),
            templates: Pages::new("resourceTemplates"),
            features,
            parts,
        })
    }
}
