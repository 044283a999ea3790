//! Tells clients what changed: legacy sessions on their standalone stream, 2026-07-28 on `subscriptions/listen`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use dashmap::DashMap;
use serde_json::{Value, json};

use super::filter::{Filter, ListChange};
use crate::{
    mcp::{
        jsonrpc::notification,
        session::{SessionSettings, Stream, Streams},
    },
    model::Workspace,
};

pub(crate) struct Listener {
    pub(crate) workspace: Workspace,
    pub(crate) filter: Filter,
    pub(crate) stream: Arc<Stream>,
    /// The listen request's id.
    pub(crate) subscription: Value,
}

/// Everyone who wants to hear of changes.
pub struct Hub {
    streams: Arc<Streams>,
    settings: Arc<SessionSettings>,
    listeners: DashMap<u64, Listener>,
    next: AtomicU64,
}

/// Keeps a listener until it is dropped.
pub(crate) struct Listening {
    hub: Arc<Hub>,
    number: u64,
}

impl Hub {
    /// A hub over those streams and settings.
    pub fn new(streams: Arc<Streams>, settings: Arc<SessionSettings>) -> Self {
        Self { streams, settings, listeners: DashMap::new(), next: AtomicU64::new(0) }
    }

    /// The resource at `uri` of that workspace changed.
    pub fn resource_updated(&self, workspace: &Workspace, uri: &str) {
        let method = "notifications/resources/updated";
        for session in self.settings.watching(workspace, uri) {
            self.streams.send(&session, &notification(method, &json!({"uri": uri})));
        }
        for listener in &self.listeners {
            if listener.workspace == *workspace
                && listener.filter.resource_subscriptions.iter().any(|u| u == uri)
            {
                listener.send(method, json!({"uri": uri}));
            }
        }
    }

    /// Any resource may have changed: whoever watches one is told so.
    pub fn anything_updated(&self) {
        let method = "notifications/resources/updated";
        for (session, uri) in self.settings.watched() {
            self.streams.send(&session, &notification(method, &json!({"uri": uri})));
        }
        for listener in &self.listeners {
            for uri in &listener.filter.resource_subscriptions {
                listener.send(method, json!({"uri": uri}));
            }
        }
    }

    /// A list changed, for everyone.
    pub fn list_changed(&self, change: ListChange) {
        self.streams.send_all(&notification(change.method(), &json!({})));
        for listener in &self.listeners {
            if listener.filter.wants(change) {
                listener.send(change.method(), json!({}));
            }
        }
    }

    pub(crate) fn listen(self: &Arc<Self>, listener: Listener) -> Listening {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.listeners.insert(number, listener);
        Listening { hub: Arc::clone(self), number }
    }
}

impl Listener {
    /// Sends a notification tagged with the subscription it belongs to.
    pub(crate) fn send(&self, method: &str, mut params: Value) {
        params["_meta"] = json!({"io.modelcontextprotocol/subscriptionId": self.subscription});
        self.stream.push(notification(method, &params));
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.hub.listeners.remove(&self.number);
    }
}
