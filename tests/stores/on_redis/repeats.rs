//! Operations whose answer did not come in time: each is asked for once again, is done once, and answers as it would have.

use std::time::{Duration, Instant};

use taskgate::{
    boards::sample_tasks,
    model::{AuditRecord, Effects, Workspace},
    stores::{
        AuditLog, BoardIdentityStore, ClaimStore, DeliveryLease, OneTimeCodeStore, Outbox, StoreError,
        TaskStore,
    },
};

use crate::{
    fixtures::{NOW, STORE, audit_key, write},
    on_redis::server::RedisServer,
};

#[tokio::test]
async fn what_was_not_answered_is_done_once_and_answers_the_same() {
    let (server, ws) = (RedisServer::start(&[]), Workspace::default());
    let store = server.store("tg", audit_key());
    store.commit_first(&ws, vec![write("t1", 1, "first")]).await.unwrap();
    let written = || server.put::<i64>(&["HGET", "tg:{default}:seq", "write"]);
    let (before, began) = (written(), Instant::now());
    server.does(&["CLIENT", "PAUSE", "800", "ALL"]);
    let lease = DeliveryLease { instance: String::from("one"), now: STORE, until: STORE.plus(9) };
    let record = AuditRecord::without_call("me", "test.done", "t", NOW);
    let task = sample_tasks(NOW).remove(0);
    let (identity, told, audited, made, created, taken) = tokio::join!(
        store.keep_board_identity(&ws, None, "board"),
        store.first_time("word"),
        store.append_audit(&ws, record),
        store.commit_first(&ws, vec![write("t2", 1, "second")]),
        store.create_task(&ws, task, Effects::default()),
        store.take(&ws, &lease, 1),
    );
    assert!(began.elapsed() > Duration::from_millis(700), "{:?}: nobody waited", began.elapsed());
    assert!(identity.unwrap() && told.unwrap(), "each was the first");
    audited.unwrap();
    assert_eq!(made.unwrap(), Some(0));
    assert_eq!(created.unwrap().key, "T-1");
    assert_eq!(taken.unwrap().len(), 1);
    assert_eq!(written() - before, 6, "each was done once");
    assert!(!store.first_time("word").await.unwrap());
}

#[tokio::test]
async fn what_is_never_answered_is_said_to_be_uncertain() {
    let (server, ws) = (RedisServer::start(&[]), Workspace::default());
    let store = server.store("tg", audit_key());
    store.commit_first(&ws, vec![write("t1", 1, "first")]).await.unwrap();
    server.signal("-STOP");
    let asked = Instant::now();
    let unanswered = store.commit_first(&ws, vec![write("t2", 1, "second")]).await;
    assert!(matches!(unanswered, Err(StoreError::Uncertain(_))), "{unanswered:?}");
    assert!(asked.elapsed() < Duration::from_millis(1_200), "{:?}", asked.elapsed());
    server.signal("-CONT");
}
