//! The event log: one order, and a place that is gone is said to be.

use taskgate::{
    model::{Effects, Event, EventKind, Workspace},
    stores::{ConditionalWrite, Store},
};

use crate::fixtures::{NOW, three_decisions};

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

/// Commits one decision with so many events.
pub async fn tell(store: &dyn Store, count: usize) {
    let event = |n: usize| Event::about(EventKind::Task, &n.to_string(), "task.test", NOW);
    let effects = Effects { events: (0..count).map(event).collect(), ..Effects::default() };
    let write = ConditionalWrite { effects, ..ConditionalWrite::default() };
    assert_eq!(store.commit_first(&Workspace::default(), vec![write]).await.unwrap(), Some(0));
}

pub async fn many_events_are_read_at_once_and_all_can_be_trimmed(store: &dyn Store) {
    let workspace = Workspace::default();
    for _ in 0..3 {
        tell(store, 400).await;
    }
    let after = async |place, limit| {
        let followed = store.events_after(&workspace, place, limit).await.unwrap();
        let places = followed.events.iter().map(|stored| stored.sequence).collect::<Vec<_>>();
        (places, followed.missed)
    };
    assert_eq!(after(0, 5_000).await, ((1..=1_200).collect(), false));
    assert_eq!(after(100, 700).await, ((101..=800).collect(), false));
    assert_eq!((after(0, 0).await, after(i64::MAX, 9).await), ((vec![], false), (vec![], false)));
    assert_eq!(after(-5, 1).await, (vec![1], true), "no event has such a place");
    store.trim_events(&workspace, 5_000).await.unwrap();
    assert_eq!(after(0, 1).await, (vec![1], false), "there are not so many");
    store.trim_events(&workspace, 0).await.unwrap();
    assert_eq!((store.last_event(&workspace).await.unwrap(), after(0, 9).await), (0, (vec![], false)));
    tell(store, 2).await;
    assert_eq!(after(1_200, 9).await, (vec![1_201, 1_202], false), "places are given once");
    assert_eq!(after(1_199, 9).await, (vec![1_201, 1_202], true));
}
