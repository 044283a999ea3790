//! The event log: one order, and a place that is gone is said to be.

use taskgate::model::Workspace;
use taskgate::stores::Store;

use crate::fixtures::three_decisions;

pub async fn events_are_ordered(store: &dyn Store) {
    three_decisions(store).await;
    let last = store.last_event(&Workspace::default()).await.unwrap();
    let events = store.events_after(&Workspace::default(), 0, 1000).await.unwrap().events;
    assert!(events.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    assert_eq!(events.last().unwrap().sequence, last);
    assert!(store.events_after(&Workspace::default(), last, 10).await.unwrap().events.is_empty());
    assert!(!store.events_after(&Workspace::default(), 0, 1).await.unwrap().missed);
    store.trim_events(&Workspace::default(), 1).await.unwrap();
    let left = store.events_after(&Workspace::default(), 0, 1000).await.unwrap();
    assert_eq!((left.events.len(), left.missed), (1, true));
    for (place, missed) in [(last - 2, true), (last - 1, false), (last, false)] {
        assert_eq!(
            store.events_after(&Workspace::default(), place, 10).await.unwrap().missed,
            missed,
            "after {place} of {last}"
        );
    }
}
