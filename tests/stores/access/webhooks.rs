//! Deliveries of webhooks: each is taken once with all it entails, until it is forgotten.

use taskgate::{
    model::{Effects, Event, EventKind, Workspace},
    stores::{Store, WebhookDelivery},
};

use crate::fixtures::{NOW, STORE};

fn delivery(sender: &'static str, id: &str) -> WebhookDelivery {
    let workspace = Workspace::default();
    WebhookDelivery { workspace, sender, id: id.to_owned(), forget_at: STORE.plus(10) }
}

async fn take(store: &dyn Store, delivery: WebhookDelivery) -> bool {
    let event = Event::about(EventKind::PullRequest, "github.com/o/r#1", "pull_request", NOW);
    let effects = Effects { events: vec![event], ..Effects::default() };
    store.take_delivery(delivery, effects).await.unwrap()
}

pub async fn a_delivery_is_taken_once_until_it_is_forgotten(store: &dyn Store) {
    assert!(take(store, delivery("github", "a")).await);
    assert!(!take(store, delivery("github", "a")).await);
    assert!(take(store, delivery("github", "b")).await);
    assert!(take(store, delivery("linear", "a")).await, "ids are their sender's");
    let events = store.events_after(&Workspace::default(), 0, 10).await.unwrap().events;
    assert_eq!(events.len(), 3, "a repeat leaves nothing");
    assert_eq!(events[0].event.kind, EventKind::PullRequest);
    assert_eq!(events[0].event.subject, "github.com/o/r#1");
    store.forget_deliveries(&Workspace::default(), STORE.plus(9)).await.unwrap();
    assert!(!take(store, delivery("github", "a")).await);
    store.forget_deliveries(&Workspace::default(), STORE.plus(10)).await.unwrap();
    assert!(take(store, delivery("github", "a")).await);
}
