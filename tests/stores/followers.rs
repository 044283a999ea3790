//! Followers of the event log: one process at a time, from a place that lasts.

use taskgate::{
    model::{StoreMillis, Workspace},
    stores::{DeliveryLease, Store},
};

use crate::fixtures::{STORE, three_decisions, write};

fn lease(instance: &str, now: StoreMillis, millis: i64) -> DeliveryLease {
    DeliveryLease { instance: instance.to_owned(), now, until: now.plus(millis) }
}

pub async fn a_follower_goes_on_where_it_was_with_one_process_at_a_time(store: &dyn Store) {
    three_decisions(store).await;
    let end = store.last_event(&Workspace::default()).await.unwrap();
    let take = async |instance, now| {
        store.take_follower(&Workspace::default(), "f", &lease(instance, now, 10)).await.unwrap()
    };
    assert_eq!(take("one", STORE).await, Some(end), "what happened before it was there is not told");
    three_more(store).await;
    assert_eq!(take("two", STORE.plus(9)).await, None);
    assert_eq!(take("one", STORE.plus(9)).await, Some(end), "it has it already");
    let moved = async |instance, place, now, millis| {
        store.move_follower(&Workspace::default(), "f", place, &lease(instance, now, millis)).await.unwrap()
    };
    assert!(moved("one", end + 2, STORE.plus(9), 100).await);
    assert!(!moved("two", end + 3, STORE.plus(9), 100).await, "it is another's");
    assert_eq!(take("two", STORE.plus(108)).await, None, "the lease was renewed");
    assert_eq!(take("two", STORE.plus(109)).await, Some(end + 2));
    assert!(!moved("one", end + 3, STORE.plus(109), 100).await, "it was taken from it");
    assert!(moved("two", end, STORE.plus(109), 0).await);
    assert_eq!(take("one", STORE.plus(109)).await, Some(end + 2), "given up, and no place goes back");
    let other = store.take_follower(&Workspace::default(), "g", &lease("two", STORE, 10)).await.unwrap();
    assert_eq!(other, Some(store.last_event(&Workspace::default()).await.unwrap()));
}

async fn three_more(store: &dyn Store) {
    for task in ["t3", "t4", "t5"] {
        let made = store.commit_first(&Workspace::default(), vec![write(task, 1, "more")]).await.unwrap();
        assert_eq!(made, Some(0));
    }
}
