//! Tells clients what changed: legacy sessions on their standalone stream, 2026-07-28 on `subscriptions/listen`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use dashmap::DashMap;
use serde_json::{Value, json};

use super::filter::{ListChange, SubscriptionFilter};
use crate::{
    mcp::{
        jsonrpc::notification,
        session::{SessionSettings, Stream, Streams},
    },
    model::Workspace,
};

/// A stream, and the changes it is told of.
pub(crate) struct Subscriber {
    pub(crate) workspace: Workspace,
    pub(crate) filter: SubscriptionFilter,
    pub(crate) stream: Arc<Stream>,
    /// The listen request's id.
    pub(crate) subscription: Value,
}

/// The clients that want to hear of changes.
pub struct Subscriptions {
    streams: Arc<Streams>,
    settings: Arc<SessionSettings>,
    subscribers: DashMap<u64, Subscriber>,
    next: AtomicU64,
}

/// One subscriber's place among them; it is left when this is dropped.
pub(crate) struct Subscription {
    subscriptions: Arc<Subscriptions>,
    number: u64,
}

impl Subscriptions {
    /// No subscriptions, over those streams and settings.
    pub fn new(streams: Arc<Streams>, settings: Arc<SessionSettings>) -> Self {
        Self { streams, settings, subscribers: DashMap::new(), next: AtomicU64::new(0) }
    }

    /// The resource at `uri` of that workspace changed.
    pub fn resource_updated(&self, workspace: &Workspace, uri: &str) {
        let method = "notifications/resources/updated";
        for session in self.settings.watching(workspace, uri) {
            self.streams.send(&session, &notification(method, &json!({"uri": uri})));
        }
        for subscriber in &self.subscribers {
            if subscriber.workspace == *workspace
                && subscriber.filter.resource_subscriptions.iter().any(|u| u == uri)
            {
                subscriber.send(method, json!({"uri": uri}));
            }
        }
    }

    /// Any resource may have changed: whoever watches one is told so.
    pub fn anything_updated(&self) {
        let method = "notifications/resources/updated";
        for (session, uri) in self.settings.watched() {
            self.streams.send(&session, &notification(method, &json!({"uri": uri})));
        }
        for subscriber in &self.subscribers {
            for uri in &subscriber.filter.resource_subscriptions {
                subscriber.send(method, json!({"uri": uri}));
            }
        }
    }

    /// A list changed, for everyone.
    pub fn list_changed(&self, change: ListChange) {
        self.streams.send_all(&notification(change.method(), &json!({})));
        for subscriber in &self.subscribers {
            if subscriber.filter.wants(change) {
                subscriber.send(change.method(), json!({}));
            }
        }
    }

    pub(crate) fn subscribe(self: &Arc<Self>, subscriber: Subscriber) -> Subscription {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.subscribers.insert(number, subscriber);
        Subscription { subscriptions: Arc::clone(self), number }
    }
}

impl Subscriber {
    /// Sends a notification tagged with the subscription it belongs to.
    pub(crate) fn send(&self, method: &str, mut params: Value) {
        params["_meta"] = json!({"io.modelcontextprotocol/subscriptionId": self.subscription});
        self.stream.push(notification(method, &params));
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.subscriptions.subscribers.remove(&self.number);
    }
}
