//! Operations whose answer did not come in time: each is asked for once again, is done once, and answers as it would have.

use std::time::{Duration, Instant};

use taskgate::{
    boards::sample_tasks,
    model::{
        AuditRecord, Durations, Effects, Event, EventKind, KeyHashes, TaskStatus, UnixMillis, UsageRow,
        Workspace,
    },
    stores::{
        AuditLog, BoardIdentityStore, ClaimStore, Delivered, DeliveryLease, Edited, EndedSessions,
        OneTimeCode, OneTimeCodeStore, Outbox, SignOut, SignOutStore, StoreError, TaskEdit, TaskStore,
        UsageBy, UsageQuery, UsageStore,
    },
};

use crate::{
    fixtures::{NOW, STORE, at, audit_key, write},
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

/// A call of a key in the first hour.
fn used() -> UsageRow {
    UsageRow {
        workspace: Workspace::default(),
        hour: 1,
        key_id: String::from("k"),
        user_id: String::from("u"),
        tool: String::from("ping"),
        calls: 2,
        errors: 1,
        limited: 0,
        durations: Durations::default(),
    }
}

fn told(kind: EventKind, action: &'static str) -> Effects {
    let (events, audit) =
        (vec![Event::about(kind, "t", action, NOW)], vec![AuditRecord::without_call("me", action, "t", NOW)]);
    Effects { events, audit, ..Effects::default() }
}

#[tokio::test]
async fn what_people_do_and_what_is_counted_is_done_once_though_its_answer_did_not_come() {
    let (server, ws) = (RedisServer::start(&[]), Workspace::default());
    let store = server.store("tg", audit_key());
    let [edited, deleted] = [0, 1].map(|n| sample_tasks(NOW).remove(n));
    for task in [&edited, &deleted] {
        store.create_task(&ws, task.clone(), Effects::default()).await.unwrap();
    }
    let code = OneTimeCode { workspace: ws.clone(), hash: [1; 32], until: STORE.plus(10) };
    store.put_code(code, STORE, Effects::default()).await.unwrap();
    store.commit_first(&ws, vec![write("t1", 1, "first")]).await.unwrap();
    let lease = DeliveryLease { instance: String::from("one"), now: STORE, until: STORE.plus(99) };
    let owed = store.take(&ws, &lease, 1).await.unwrap().remove(0);
    let seq = |field: &str| server.put::<i64>(&["HGET", "tg:{default}:seq", field]);
    let at_first = ["write", "event", "audit"].map(seq);
    let began = Instant::now();
    // What is only read is answered meanwhile.
    server.does(&["CLIENT", "PAUSE", "800", "WRITE"]);
    let hashes = KeyHashes { current: [1; 32], old: None };
    let edit = TaskEdit { status: Some(TaskStatus::Blocked), at: at(1), ..TaskEdit::default() };
    let ended = EndedSessions::One(String::from("s"));
    let sign_out =
        SignOut { workspace: ws.clone(), holder: String::from("h"), ended, forget_at: STORE.plus(9) };
    let (taken, edit, delete, end, signed_out, counted) = tokio::join!(
        store.take_code(&ws, hashes, STORE, told(EventKind::Key, "test.code")),
        store.edit_task(&ws, &edited.id, edit, told(EventKind::Task, "test.edit")),
        store.delete_task(&ws, &deleted.id, (None, at(2)), told(EventKind::Task, "test.delete")),
        store.end(vec![(owed, Delivered::Written(at(3)))]),
        store.sign_out(sign_out, STORE, told(EventKind::SignOut, "test.sign_out")),
        store.add_usage(vec![used()]),
    );
    assert!(began.elapsed() > Duration::from_millis(700), "{:?}: nobody waited", began.elapsed());
    assert!(taken.unwrap(), "the code opens");
    assert!(matches!(edit.unwrap(), Edited::Done(_)) && matches!(delete.unwrap(), Edited::Done(_)));
    [end, signed_out, counted].into_iter().for_each(Result::unwrap);
    let after = ["write", "event", "audit"].map(seq);
    let task = store.task(&ws, &edited.id).await.unwrap().unwrap();
    assert_eq!((task.status, task.moved_at), (TaskStatus::Blocked, Some(NOW.plus(1))));
    assert!(store.task(&ws, &deleted.id).await.unwrap().is_none());
    assert_eq!(store.backlog(&ws).await.unwrap().pending, 0);
    assert_eq!(store.sign_outs(&ws, STORE).await.unwrap().len(), 1);
    assert!(!store.take_code(&ws, hashes, STORE, Effects::default()).await.unwrap(), "once");
    let query =
        UsageQuery { since: UnixMillis(0), before_hour: i64::MAX, by: UsageBy::Key, limit: 9, offset: 0 };
    let sums = store.usage(&ws, query).await.unwrap();
    assert_eq!((sums.len(), sums[0].calls, sums[0].errors), (1, 2, 1));
    let [written, events, audited] = std::array::from_fn(|n| after[n] - at_first[n]);
    assert_eq!((written, events, audited), (6, 5, 4), "each was done once, with what goes with it");
}

#[tokio::test]
async fn a_board_is_seeded_once_though_the_answer_did_not_come() {
    let (server, ws) = (RedisServer::start(&[]), Workspace::default());
    let store = server.store("tg", audit_key());
    store.first_time("word").await.unwrap();
    let began = Instant::now();
    server.does(&["CLIENT", "PAUSE", "800", "WRITE"]);
    let seeded = store.seed_board(&ws, sample_tasks(NOW), told(EventKind::Task, "test.seed")).await;
    assert!(began.elapsed() > Duration::from_millis(700), "{:?}: nobody waited", began.elapsed());
    assert!(seeded.unwrap(), "it was the first");
    let count = sample_tasks(NOW).len();
    assert_eq!(store.tasks(&ws, None).await.unwrap().len(), count);
    assert_eq!(server.put::<usize>(&["HGET", "tg:{default}:seq", "number"]), count);
    assert_eq!(server.put::<i64>(&["HGET", "tg:{default}:seq", "audit"]), 1);
    assert!(!store.seed_board(&ws, sample_tasks(NOW), Effects::default()).await.unwrap());
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
