//! What boards are owed: in order per task, one process at a time, and what becomes of a write that a board never takes.

use taskgate::{
    model::{
        BoardMark, BoardWrite, Effects, Moment, OutboxEntry, OwedWrite, StoreMillis, TaskStatus, Workspace,
    },
    stores::{Backlog, ConditionalWrite, Delivered, DeliveryLease, Store},
};

use crate::fixtures::{NOW, STORE, at, claim, effects, three_decisions};

pub async fn the_outbox_delivers_in_order_per_task_to_one_at_a_time(store: &dyn Store) {
    let workspace = Workspace::default();
    three_decisions(store).await;
    let take = async |now: StoreMillis| {
        let lease = DeliveryLease { instance: String::from("one"), now, until: now.plus(1000) };
        store.take(&workspace, &lease, 100).await.unwrap()
    };
    let first = take(STORE).await;
    let ids = |taken: &[OwedWrite]| taken.iter().map(|t| t.entry.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ["t1-first", "t2-second", "t1-done"]);
    assert!(take(STORE.plus(999)).await.is_empty(), "somebody has them");
    let again = take(STORE.plus(1000)).await;
    assert_eq!(ids(&again), ids(&first), "a lease that ended");
    assert_eq!(again[0].attempts, 1);
    store.end(vec![(again[0].clone(), Delivered::RetryAt(STORE.plus(9000)))]).await.unwrap();
    let others = take(STORE.plus(3000)).await;
    assert_eq!(ids(&others), ["t2-second"], "what follows a write that waits, waits too");
    let owed = store.backlog(&workspace).await.unwrap();
    assert_eq!(owed, Backlog { pending: 3, oldest: Some(NOW) });
    let unsettled = ConditionalWrite {
        claim: Some(claim("t1", 3)),
        settled_before: Some(STORE.plus(9999)),
        ..ConditionalWrite::default()
    };
    assert_eq!(
        store.commit_first(&workspace, vec![unsettled.clone()]).await.unwrap(),
        None,
        "writes are owed"
    );
    store.end(vec![(others[0].clone(), Delivered::Superseded)]).await.unwrap();
    let mut last = take(STORE.plus(9000)).await;
    assert_eq!(ids(&last), ["t1-first", "t1-done"]);
    last[1].entry.write = BoardWrite::Move { status: TaskStatus::Done };
    let mut late = last[1].clone();
    late.entry.write = BoardWrite::Move { status: TaskStatus::InProgress };
    let ended = last.into_iter().map(|taken| (taken, Delivered::Written(at(9999)))).collect();
    store.end(ended).await.unwrap();
    // Somebody who stood still meanwhile says nothing new of what others delivered.
    store.end(vec![(late, Delivered::Written(at(10_500)))]).await.unwrap();
    assert_eq!(store.backlog(&workspace).await.unwrap(), Backlog { pending: 0, oldest: None });
    let delivered = store.claims(&workspace, Some(vec![String::from("t1")])).await.unwrap()[0].delivered;
    assert_eq!(delivered, Some(BoardMark { status: TaskStatus::Done, at: STORE.plus(9999) }));
    assert_eq!(
        store.commit_first(&workspace, vec![unsettled.clone()]).await.unwrap(),
        None,
        "delivered at that moment"
    );
    let later = ConditionalWrite { settled_before: Some(STORE.plus(10_000)), ..unsettled };
    assert_eq!(store.commit_first(&workspace, vec![later]).await.unwrap(), Some(0));
    let repeat = || ConditionalWrite { effects: effects("t3", "kept"), ..ConditionalWrite::default() };
    store.commit_first(&workspace, vec![repeat()]).await.unwrap();
    store.commit_first(&workspace, vec![repeat()]).await.unwrap();
    assert_eq!(take(STORE.plus(20_000)).await.len(), 1, "an entry of the same id is appended once");
}

/// What the board will never take ends, is kept with its reason, and holds up nothing.
pub async fn a_write_that_fails_is_shown_until_a_later_move(store: &dyn Store) {
    let workspace = Workspace::new("failed");
    let owed = |name: &str, write| OutboxEntry {
        id: format!("failed-{name}"),
        at: NOW,
        workspace: workspace.clone(),
        task_id: String::from("f1"),
        moved_at: None,
        write,
    };
    let moves = |name: &str, status| owed(name, BoardWrite::Move { status });
    let outbox = vec![moves("start", TaskStatus::InProgress), owed("say", BoardWrite::comment("x".into()))];
    let write = ConditionalWrite {
        claim: Some(claim("f1", 1)),
        effects: Effects { outbox, ..Effects::default() },
        ..ConditionalWrite::default()
    };
    store.commit_first(&workspace, vec![write]).await.unwrap();
    let lease = |now: StoreMillis, until| DeliveryLease { instance: "one".into(), now, until };
    assert_eq!(store.owing(STORE).await.unwrap().iter().filter(|board| **board == workspace).count(), 1);
    let mut taken = store.take(&workspace, &lease(STORE, STORE.plus(100)), 64).await.unwrap();
    store.renew(&taken, &lease(STORE.plus(50), STORE.plus(200))).await.unwrap();
    let other = DeliveryLease { instance: "two".into(), ..lease(STORE.plus(150), STORE.plus(999)) };
    store.renew(&taken, &DeliveryLease { until: STORE, ..other.clone() }).await.unwrap();
    assert!(!store.owing(STORE.plus(150)).await.unwrap().contains(&workspace), "the lease was renewed");
    assert!(store.take(&workspace, &other, 64).await.unwrap().is_empty());
    let rejected = Delivered::Failed { reason: "no such column".into(), at: NOW };
    let say = taken.pop().unwrap();
    let events = store.last_event(&workspace).await.unwrap();
    store.end(vec![(taken.remove(0), rejected)]).await.unwrap();
    let told = store.events_after(&workspace, events, 10).await.unwrap().events.remove(0).event;
    assert_eq!(
        (&*told.action, told.detail.as_str(), told.subject.as_str()),
        ("board.rejected", "no such column", "f1")
    );
    assert_eq!(store.backlog(&workspace).await.unwrap().pending, 1, "what failed is owed no more");
    let shown = async || store.claims(&workspace, None).await.unwrap().remove(0).rejected;
    assert_eq!(shown().await.as_deref(), Some("no such column"));
    let done = Moment { wall: NOW, store: STORE.plus(1) };
    store.end(vec![(say.clone(), Delivered::Written(done))]).await.unwrap();
    assert!(shown().await.is_some(), "a comment says nothing of a move");
    let write = ConditionalWrite {
        effects: Effects { outbox: vec![moves("done", TaskStatus::Done)], ..Effects::default() },
        ..ConditionalWrite::default()
    };
    store.commit_first(&workspace, vec![write]).await.unwrap();
    let next = store.take(&workspace, &lease(STORE.plus(300), STORE.plus(400)), 64).await.unwrap();
    assert_eq!(next.len(), 1, "what failed holds up nothing");
    store.end(vec![(next[0].clone(), Delivered::Written(done))]).await.unwrap();
    assert_eq!(shown().await, None);
}
