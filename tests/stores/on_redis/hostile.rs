//! What else is on the server, or long, or in the way.

use std::time::{Duration, Instant};

use taskgate::{
    boards::sample_tasks,
    model::{AuditRecord, Effects, Event, EventKind, Task, Workspace},
    stores::{
        AuditFilter, AuditLog, ClaimStore, ConditionalWrite, EventLog, KeyStore, StoreError, TaskStore,
        redis::{CheckError, RedisStore, ServerFault},
    },
};

use super::server::{RedisServer, parts};
use crate::fixtures::{NOW, audit_key};

fn gateway(server: &RedisServer) -> RedisStore {
    server.store("tg", audit_key())
}

async fn append(store: &RedisStore, workspace: &Workspace) -> Result<(), StoreError> {
    let record = AuditRecord::without_call("me", "test.done", "target", NOW);
    store.append_audit(workspace, record).await
}

async fn checked(store: &RedisStore) -> Option<ServerFault> {
    match store.check(&Workspace::default()).await {
        Ok(_) => None,
        Err(CheckError::Server(fault)) => Some(fault),
        Err(CheckError::Store(error)) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn an_entry_of_somebody_else_in_a_log_is_found_and_nothing_is_half_written() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let store = gateway(&server);
    append(&store, &workspace).await.unwrap();
    tell_in(&store, &workspace).await;
    tell_in(&store, &workspace).await;
    assert_eq!(checked(&store).await, None);
    for (log, field, known) in [("events", "e", "2-0"), ("audit", "r", "1-0")] {
        let name = format!("tg:{{default}}:{log}");
        server.does(&["XADD", &name, "9999999999999-0", field, "{}"]);
        let fault = checked(&store).await.unwrap().to_string();
        assert!(
            fault.contains(&format!("XDEL {name} 9999999999999-0, then XSETID {name} {known}")),
            "{fault}"
        );
        let before: Vec<String> = server.put(&["HGETALL", "tg:{default}:seq"]);
        let write = |at: i64| {
            let record = AuditRecord::without_call("me", "test.done", "target", NOW.plus(at));
            let effects = Effects { audit: vec![record], ..one_event() };
            ConditionalWrite { effects, ..ConditionalWrite::default() }
        };
        let refused = store.commit_first(&workspace, vec![write(1)]).await;
        let Err(StoreError::Corrupt(cause)) = refused else { panic!("{refused:?}") };
        assert!(cause.to_string().contains(&format!("{name} has an entry of somebody else")), "{cause}");
        assert_eq!(
            server.put::<Vec<String>>(&["HGETALL", "tg:{default}:seq"]),
            before,
            "nothing was counted"
        );
        server.does(&["XDEL", &name, "9999999999999-0"]);
        assert!(
            store.commit_first(&workspace, vec![write(2)]).await.is_err(),
            "nothing can be behind it yet"
        );
        server.does(&["XSETID", &name, known]);
        assert_eq!(checked(&store).await, None);
    }
    append(&store, &workspace).await.unwrap();
}

async fn tell_in(store: &RedisStore, workspace: &Workspace) {
    let write = ConditionalWrite { effects: one_event(), ..ConditionalWrite::default() };
    assert_eq!(store.commit_first(workspace, vec![write]).await.unwrap(), Some(0));
}

fn one_event() -> Effects {
    let event = Event::about(EventKind::Task, "t", "task.test", NOW);
    Effects { events: vec![event], ..Effects::default() }
}

#[tokio::test]
async fn news_of_every_workspace_that_is_followed_are_heard() {
    let server = RedisServer::start(&[]);
    let (here, there) = (gateway(&server), gateway(&server));
    let workspaces = ["default", "other", "third"].map(Workspace::new);
    for workspace in &workspaces {
        here.last_event(workspace).await.unwrap();
    }
    for workspace in workspaces.iter().chain(&workspaces) {
        // Until nothing is news any more.
        while tokio::time::timeout(Duration::from_millis(300), here.wait_for_commit(Duration::from_secs(5)))
            .await
            .is_ok()
        {}
        let heard = here.wait_for_commit(Duration::from_secs(20));
        let told = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            tell_in(&there, workspace).await;
        };
        let both = tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(heard, told) }).await;
        assert!(both.is_ok(), "{workspace:?}");
    }
}

#[tokio::test]
async fn long_rows_come_in_answers_that_hold_nobody_up() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let store = gateway(&server);
    let ids: Vec<String> = (0..100).map(|n| format!("t{n}")).collect();
    for id in &ids {
        let long = Task { id: id.clone(), description: "x".repeat(60_000), ..sample_tasks(NOW).remove(0) };
        store.create_task(&workspace, long, Effects::default()).await.unwrap();
        append_long(&store, &workspace).await;
    }
    // Who is sent more than this at once is cut.
    server.does(&["CONFIG", "SET", "client-output-buffer-limit", "normal 4mb 0 0"]);
    assert_eq!(store.tasks(&workspace, None).await.unwrap().len(), 100);
    assert_eq!(store.tasks(&workspace, Some(ids)).await.unwrap().len(), 100);
    assert_eq!(store.audit(&workspace, AuditFilter::default(), 100).await.unwrap().len(), 100);
    assert_eq!(store.audit_after(&workspace, 0, 100).await.unwrap().len(), 100);
}

async fn append_long(store: &RedisStore, workspace: &Workspace) {
    let target = "x".repeat(60_000);
    store.append_audit(workspace, AuditRecord::without_call("me", "test.done", target, NOW)).await.unwrap();
}

#[tokio::test]
async fn the_rights_that_the_page_names_are_enough_and_one_less_is_told() {
    let (server, workspace) = (RedisServer::start(&[]), Workspace::default());
    let url = server.url_of_gateway();
    let store = RedisStore::new(parts(&url, "tg", audit_key())).unwrap();
    let warnings = store.check(&workspace).await.unwrap();
    assert_eq!(warnings.len(), 1, "no log: {warnings:?}");
    append(&store, &workspace).await.unwrap();
    let began = Instant::now();
    while store.instances().await.unwrap().len() != 1 {
        assert!(began.elapsed() < Duration::from_secs(10), "its beat is not taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(store.last_audit(&workspace).await.unwrap().is_some());
    assert!(store.wants_first_key().await.unwrap());
    store.trim_events(&workspace, 10).await.unwrap();
    for right in ["type", "exists", "xrevrange"] {
        server.does(&["ACL", "SETUSER", "taskgate", &format!("-{right}")]);
        let fault = checked(&store).await.unwrap().to_string();
        assert!(fault.contains("docs/several-machines.md"), "{right}: {fault}");
        server.does(&["ACL", "SETUSER", "taskgate", &format!("+{right}")]);
    }
    assert_eq!(checked(&store).await, None);
}
