//! Tells clients what changed: legacy sessions on their standalone stream, 2026-07-28 on `subscriptions/listen`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use dashmap::DashMap;
use serde_json::{Value, json};

use super::{
    filter::{ListChange, SubscriptionFilter},
    watch_rights::{WatchRights, Watcher},
};
use crate::{
    clock::Clock,
    mcp::{
        jsonrpc::notification,
        session::{SessionSettings, Stream, Streams},
    },
    model::{Causes, Principal, Workspace},
    resources::ResourceProvider,
    shutdown::Lifecycle,
};

const RESOURCE_UPDATED: &str = "notifications/resources/updated";

/// A stream, and the changes it is told of.
pub(crate) struct Subscriber {
    pub(crate) principal: Arc<Principal>,
    pub(crate) filter: SubscriptionFilter,
    pub(crate) stream: Arc<Stream>,
    /// The listen request's id.
    pub(crate) subscription: Value,
}

/// The clients that want to hear of changes.
pub struct Subscriptions {
    streams: Arc<Streams>,
    settings: Arc<SessionSettings>,
    rights: Arc<WatchRights>,
    lifecycle: Lifecycle,
    clock: Arc<dyn Clock>,
    subscribers: DashMap<u64, Subscriber>,
    next: AtomicU64,
}

/// One subscriber's place among them; it is left when this is dropped.
pub(crate) struct Subscription {
    subscriptions: Arc<Subscriptions>,
    number: u64,
}

impl Subscriptions {
    /// No subscriptions, over those streams and settings, to resources of which those say who may watch them.
    pub fn new(
        (streams, settings): (Arc<Streams>, Arc<SessionSettings>),
        resources: Arc<dyn ResourceProvider>,
        lifecycle: Lifecycle,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let rights = Arc::new(WatchRights::new(resources, Arc::clone(&clock)));
        let (subscribers, next) = (DashMap::new(), AtomicU64::new(0));
        Self { streams, settings, rights, lifecycle, clock, subscribers, next }
    }

    /// The principal was found to have the right to watch that resource.
    pub(crate) fn is_right(&self, principal: &Principal, uri: &str) {
        if self.rights.may_end(uri) {
            self.rights.is_right(principal, uri);
        }
    }

    /// The resource at `uri` of that workspace changed.
    pub fn resource_updated(self: &Arc<Self>, workspace: &Workspace, uri: &str) {
        self.resources_updated(|of, watched| of == workspace && watched == uri);
    }

    /// Any resource may have changed: whoever watches one is told so.
    pub fn anything_updated(self: &Arc<Self>) {
        self.resources_updated(|_, _| true);
    }

    /// The resources changed that `is_changed` says of, by workspace and URI.
    pub fn resources_updated(self: &Arc<Self>, is_changed: impl Fn(&Workspace, &str) -> bool) {
        for (session, uri) in self.settings.watching(&is_changed) {
            self.tell(Watcher::Session(session), uri);
        }
        let watched = self.subscribers.iter().flat_map(|subscriber| {
            let (number, workspace) = (*subscriber.key(), &subscriber.principal.workspace);
            let uris = subscriber.filter.resource_subscriptions.iter();
            let changed = uris.filter(|uri| is_changed(workspace, uri));
            changed.map(|uri| (number, uri.clone())).collect::<Vec<_>>()
        });
        for (number, uri) in watched.collect::<Vec<_>>() {
            self.tell(Watcher::Subscriber(number), uri);
        }
    }

    /// Tells a watcher, at once or when it is known that it still may hear of it.
    fn tell(self: &Arc<Self>, watcher: Watcher, uri: String) {
        if !self.rights.may_end(&uri) {
            return self.send(&watcher, &uri, None);
        }
        let Some(reader) = self.reader(&watcher) else { return };
        if self.rights.is_fresh(&reader, &uri) {
            return self.send(&watcher, &uri, Some(&reader));
        }
        let Some(question) = self.rights.question(&watcher, &uri) else { return };
        let (subscriptions, soft) = (Arc::clone(self), self.lifecycle.soft().clone());
        self.lifecycle.spawn(async move {
            let Some(Some(may)) = soft.run_until_cancelled(question.answer(&reader)).await else { return };
            // Of what changes from here on there is another notice.
            drop(question);
            if may {
                subscriptions.send(&watcher, &uri, Some(&reader));
            } else {
                subscriptions.end_watch(&watcher, &uri).await;
            }
        });
    }

    /// Who would read what is sent to that watcher.
    fn reader(&self, watcher: &Watcher) -> Option<Arc<Principal>> {
        match watcher {
            Watcher::Session(session) => self.streams.reader(session),
            Watcher::Subscriber(number) => {
                self.subscribers.get(number).map(|known| Arc::clone(&known.principal))
            }
        }
    }

    /// Sends the notice, to that reader alone where one is named.
    fn send(&self, watcher: &Watcher, uri: &str, reader: Option<&Principal>) {
        let params = json!({"uri": uri});
        match (watcher, reader) {
            (Watcher::Session(session), None) => {
                self.streams.send(session, &notification(RESOURCE_UPDATED, &params));
            }
            (Watcher::Session(session), Some(reader)) => {
                self.streams.send_to(session, &reader.key_id, &notification(RESOURCE_UPDATED, &params));
            }
            (Watcher::Subscriber(number), _) => {
                if let Some(subscriber) = self.subscribers.get(number) {
                    subscriber.send(RESOURCE_UPDATED, params);
                }
            }
        }
    }

    /// The watcher hears of that resource no more.
    async fn end_watch(&self, watcher: &Watcher, uri: &str) {
        match watcher {
            Watcher::Session(session) => {
                if let Err(error) = self.settings.end_watch(session, uri, self.clock.moment()).await {
                    tracing::warn!(error = %Causes(&error), "a subscription was not ended, it is asked about again");
                }
            }
            Watcher::Subscriber(number) => {
                if let Some(mut subscriber) = self.subscribers.get_mut(number) {
                    subscriber.filter.resource_subscriptions.retain(|known| known != uri);
                }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use async_trait::async_trait;
    use bytes::Bytes;
    use tokio::sync::Notify;

    use super::*;
    use crate::{
        auth::local_principal,
        clock::ManualClock,
        mcp::{
            revision::{Capabilities, Revision},
            session::{Session, StreamReader},
        },
        model::{CallContext, Code, ResourceContents, UnixMillis},
        resources::{ResourceError, ResourceListing, TemplateListing},
        secrets::SecretKey,
        stores::sqlite::SqliteStore,
    };

    const URI: &str = "taskgate://pr/o/r/1/comments";
    const FIVE_MINUTES: i64 = 300_000;

    /// Somebody who says who may watch, as long as there is a right and as slowly as is wanted.
    #[derive(Default)]
    struct Upstream {
        asked: AtomicUsize,
        refuses: AtomicUsize,
        answers: Notify,
    }

    #[async_trait]
    impl ResourceProvider for Upstream {
        fn list(&self) -> Vec<ResourceListing> {
            Vec::new()
        }

        fn templates(&self) -> Vec<TemplateListing> {
            Vec::new()
        }

        async fn may_watch(&self, _: &Principal, _: &str) -> Result<(), ResourceError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.answers.notified().await;
            if self.refuses.load(Ordering::Relaxed) == 0 {
                return Ok(());
            }
            Err(ResourceError::Refused { code: Code::Forbidden, text: String::new() })
        }

        fn right_may_end(&self, uri: &str) -> bool {
            uri == URI
        }

        async fn read(&self, _: &CallContext, _: &str) -> Result<Vec<ResourceContents>, ResourceError> {
            Err(ResourceError::NotFound)
        }

        async fn complete(
            &self,
            _: &Principal,
            _: &str,
            _: &str,
            _: &str,
        ) -> Result<Option<Vec<String>>, ResourceError> {
            Ok(None)
        }
    }

    /// A session and a listening call that watch the resource.
    struct Fixture {
        upstream: Arc<Upstream>,
        clock: Arc<ManualClock>,
        subscriptions: Arc<Subscriptions>,
        readers: [StreamReader; 2],
        _place: Subscription,
    }

    async fn fixture() -> Fixture {
        let (upstream, clock) =
            (Arc::<Upstream>::default(), Arc::new(ManualClock::at(UnixMillis(1_000_000))));
        let secret = SecretKey::new("k".repeat(32).into(), None);
        let store = Arc::new(SqliteStore::in_memory(secret.audit_key()).unwrap());
        let (streams, settings) = (Arc::new(Streams::new("i")), Arc::new(SessionSettings::new(store)));
        let principal = Arc::new(local_principal());
        let (now, capabilities) = (clock.moment(), Capabilities::default());
        let session = Session::new(&principal, Revision::V2025_11_25, capabilities, now.store, true);
        settings.subscribe(&session, URI, now).await.unwrap();
        let (standalone, listening) = (streams.resumable(), Arc::<Stream>::default());
        streams.stand_alone(&session.digest, &standalone, &principal, now.store);
        let readers = [standalone.attach(), listening.attach()];
        let lifecycle = Lifecycle::default();
        let subscriptions =
            Arc::new(Subscriptions::new((streams, settings), upstream.clone(), lifecycle, clock.clone()));
        let mut filter = SubscriptionFilter::default();
        filter.resource_subscriptions.push(URI.to_owned());
        let subscriber = Subscriber {
            principal: Arc::clone(&principal),
            filter,
            stream: listening,
            subscription: json!(1),
        };
        let place = subscriptions.subscribe(subscriber);
        subscriptions.is_right(&principal, URI);
        Fixture { upstream, clock, subscriptions, readers, _place: place }
    }

    impl Fixture {
        /// The resource changed; how many of the two are told of it, once everybody who is asked has answered.
        async fn told(&self) -> usize {
            self.subscriptions.resource_updated(&Workspace::default(), URI);
            for _ in 0..50 {
                self.upstream.answers.notify_one();
                tokio::task::yield_now().await;
            }
            self.read()
        }

        fn read(&self) -> usize {
            use std::task::{Context, Poll, Waker};
            let next = |reader: &StreamReader| -> Option<Bytes> {
                match reader.poll_next(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(Some((_, message))) => Some(message),
                    _ => None,
                }
            };
            self.readers.iter().filter_map(next).count()
        }

        fn asked(&self) -> usize {
            self.upstream.asked.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn a_right_is_good_for_five_minutes_and_then_asked_for_before_the_next_notice() {
        let fixture = fixture().await;
        assert_eq!((fixture.told().await, fixture.asked()), (2, 0));
        fixture.clock.advance(FIVE_MINUTES - 1);
        assert_eq!((fixture.told().await, fixture.asked()), (2, 0));
        fixture.clock.advance(1);
        assert_eq!((fixture.told().await, fixture.asked()), (2, 2));
        assert_eq!((fixture.told().await, fixture.asked()), (2, 2));
    }

    #[tokio::test]
    async fn a_lost_right_ends_the_subscription_without_a_word() {
        let fixture = fixture().await;
        fixture.clock.advance(FIVE_MINUTES);
        fixture.upstream.refuses.store(1, Ordering::Relaxed);
        assert_eq!((fixture.told().await, fixture.asked()), (0, 2));
        for _ in 0..500 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            if fixture.subscriptions.settings.watching(|_, _| true).is_empty() {
                break;
            }
        }
        fixture.upstream.refuses.store(0, Ordering::Relaxed);
        assert_eq!((fixture.told().await, fixture.asked()), (0, 2), "nobody watches it any more");
    }

    #[tokio::test]
    async fn nobody_waits_for_an_answer_and_many_changes_are_one_question() {
        let fixture = fixture().await;
        fixture.clock.advance(FIVE_MINUTES);
        for _ in 0..100 {
            fixture.subscriptions.anything_updated();
            tokio::task::yield_now().await;
        }
        assert_eq!((fixture.read(), fixture.asked()), (0, 2));
        assert_eq!((fixture.told().await, fixture.asked()), (2, 2));
    }
}
