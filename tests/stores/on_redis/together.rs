//! Several processes on one server.

use taskgate::{
    boards::sample_tasks,
    model::{BoardWrite, Effects, OutboxEntry, OwedWrite, Task, TaskStatus, Workspace},
    stores::{
        BoardIdentityStore, ClaimStore, ConditionalWrite, Delivered, DeliveryLease, Outbox, TaskEdit,
        TaskStore, redis::RedisStore,
    },
};

use crate::{
    fixtures::{NOW, STORE, at, audit_key, claim},
    on_redis::server::RedisServer,
};

fn store(server: &RedisServer) -> RedisStore {
    server.store("tg", audit_key())
}

fn lease(instance: &str, from: i64, until: i64) -> DeliveryLease {
    DeliveryLease { instance: instance.into(), now: STORE.plus(from), until: STORE.plus(until) }
}

/// Has a board owe comments of those sizes, each about a task of its own.
async fn owe(store: &RedisStore, bytes: &[usize]) {
    let entry = |(number, bytes): (usize, &usize)| OutboxEntry {
        id: format!("e{number}"),
        at: NOW,
        workspace: Workspace::default(),
        task_id: format!("t{number}"),
        moved_at: None,
        write: BoardWrite::comment("x".repeat(*bytes)),
    };
    let outbox = bytes.iter().enumerate().map(entry).collect();
    let effects = Effects { outbox, ..Effects::default() };
    let write = ConditionalWrite { claim: Some(claim("t0", 1)), effects, ..ConditionalWrite::default() };
    store.commit_first(&Workspace::default(), vec![write]).await.unwrap();
}

async fn take(store: &RedisStore, lease: DeliveryLease) -> Vec<OwedWrite> {
    store.take(&Workspace::default(), &lease, 64).await.unwrap()
}

#[tokio::test]
async fn a_process_whose_lease_ended_says_nothing_of_what_another_has() {
    let server = RedisServer::start(&[]);
    let (one, other) = (store(&server), store(&server));
    owe(&one, &[1]).await;
    let stale = take(&one, lease("one", 0, 10)).await;
    let taken = take(&other, lease("other", 10, 100)).await;
    assert_eq!((taken.len(), taken[0].attempts), (1, 1));
    one.renew(&stale, &lease("one", 11, 12)).await.unwrap();
    for how in
        [Delivered::RetryAt(STORE), Delivered::Superseded, Delivered::Failed { reason: "no".into(), at: NOW }]
    {
        one.end(vec![(stale[0].clone(), how)]).await.unwrap();
        assert!(take(&one, lease("one", 50, 60)).await.is_empty(), "the other still has it");
        assert_eq!(other.backlog(&Workspace::default()).await.unwrap().pending, 1);
    }
    assert_eq!(other.claims(&Workspace::default(), None).await.unwrap()[0].rejected, None);
    other.end(vec![(taken[0].clone(), Delivered::Written(at(60)))]).await.unwrap();
    assert_eq!(one.backlog(&Workspace::default()).await.unwrap().pending, 0);
}

#[tokio::test]
async fn a_process_that_is_new_sees_what_is_owed() {
    let server = RedisServer::start(&[]);
    owe(&store(&server), &[1]).await;
    let owing = store(&server).owing(STORE).await.unwrap();
    assert_eq!(owing, [Workspace::default()]);
}

#[tokio::test]
async fn what_is_taken_at_once_has_bounds() {
    let server = RedisServer::start(&[]);
    let store = store(&server);
    owe(&store, &[2_000_000, 300_000, 600_000, 300_000, 1]).await;
    let mut parts = Vec::new();
    while let Some(part) = Some(take(&store, lease("one", 0, 9)).await).filter(|part| !part.is_empty()) {
        parts.push(part.iter().map(|owed| owed.entry.id.clone()).collect::<Vec<_>>().join(" "));
    }
    assert_eq!(parts, ["e0", "e1 e2", "e3 e4"]);
}

#[tokio::test]
async fn what_is_done_at_the_same_time_is_done_one_after_the_other() {
    let server = RedisServer::start(&[]);
    let (one, other, workspace) = (store(&server), store(&server), Workspace::default());
    let make = |number: usize| {
        let task = Task { id: format!("t{number}"), ..sample_tasks(NOW).remove(0) };
        let by = if number.is_multiple_of(2) { &one } else { &other };
        by.create_task(&workspace, task, Effects::default())
    };
    let made = futures_util::future::join_all((0..60).map(make)).await;
    let mut keys: Vec<_> = made.into_iter().map(|made| made.unwrap().key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 60, "each has a key of its own");
    let [status, assignee] = [
        TaskEdit { status: Some(TaskStatus::Blocked), at: at(1), ..TaskEdit::default() },
        TaskEdit { assignee: Some(Some("bo".into())), at: at(1), ..TaskEdit::default() },
    ];
    let edited = tokio::join!(
        one.edit_task(&workspace, "t1", status, Effects::default()),
        other.edit_task(&workspace, "t1", assignee, Effects::default())
    );
    assert!(edited.0.is_ok() && edited.1.is_ok());
    let task = one.task(&workspace, "t1").await.unwrap().unwrap();
    assert_eq!((task.status, task.assignee.as_deref()), (TaskStatus::Blocked, Some("bo")));
    assert_eq!(task.moved_at, Some(NOW.plus(2)), "both moved it");
}

#[tokio::test]
async fn processes_that_are_there_are_known_until_they_are_gone() {
    let server = RedisServer::start(&[]);
    let (one, other) = (store(&server), store(&server));
    one.keep_board_identity(&Workspace::default(), None, "begun").await.unwrap();
    let counted = async |number: usize| {
        let began = std::time::Instant::now();
        while one.instances().await.unwrap().len() != number {
            assert!(began.elapsed().as_secs() < 10, "{number}: {:?}", one.instances().await);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    counted(2).await;
    drop(other);
    counted(1).await;
}
