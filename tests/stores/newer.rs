//! A store that a newer version writes to at the same time.

use rusqlite::Connection;
use taskgate::{
    model::{BoardWrite, EventKind, Workspace},
    stores::{
        ClaimStore, ConditionalWrite, DeliveryLease, EventLog, Outbox, StoreError, sqlite::SqliteStore,
    },
};

use crate::fixtures::{STORE, audit_key, claim, effects};

/// A store in a file, and a hand of the newer version in it.
fn both() -> (tempfile::TempDir, SqliteStore, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), audit_key()).unwrap();
    let hand = Connection::open(folder.path().join("taskgate.db")).unwrap();
    (folder, store, hand)
}

fn owed(task: &str, name: &str) -> Vec<ConditionalWrite> {
    vec![ConditionalWrite { effects: effects(task, name), ..ConditionalWrite::default() }]
}

#[tokio::test]
async fn an_event_of_a_kind_nobody_here_knows_stops_nobody() {
    let (_folder, store, hand) = both();
    let workspace = Workspace::default();
    store.commit_first(&workspace, owed("t1", "one")).await.unwrap();
    hand.execute("INSERT INTO events (workspace, kind, subject) VALUES ('default', 'holiday', 's')", [])
        .unwrap();
    store.commit_first(&workspace, owed("t1", "two")).await.unwrap();
    let events = store.events_after(&Workspace::default(), 0, 10).await.unwrap().events;
    let kinds: Vec<_> = events.iter().map(|stored| stored.event.kind).collect();
    assert_eq!(kinds, [EventKind::Claim, EventKind::Unknown, EventKind::Claim]);
}

#[tokio::test]
async fn a_board_write_nobody_here_can_read_holds_up_its_own_task_alone() {
    for unreadable in
        [r#"{"kind": "attach", "file": "x"}"#, r#"{"kind": "move", "status": "frozen"}"#, "{", ""]
    {
        let (_folder, store, hand) = both();
        let workspace = Workspace::default();
        store.commit_first(&workspace, owed("t1", "before")).await.unwrap();
        let insert =
            "INSERT INTO outbox (workspace, id, task_id, write) VALUES ('default', 'newer', 't1', ?1)";
        hand.execute(insert, [unreadable]).unwrap();
        store.commit_first(&workspace, owed("t1", "after")).await.unwrap();
        store.commit_first(&workspace, owed("t2", "other")).await.unwrap();
        let lease = DeliveryLease { instance: String::from("one"), now: STORE, until: STORE.plus(1000) };
        let taken = store.take(&workspace, &lease, 10).await.unwrap();
        let ids: Vec<_> = taken.iter().map(|taken| taken.entry.id.as_str()).collect();
        assert_eq!(ids, ["t1-before", "t2-other"], "{unreadable}");
        assert!(matches!(taken[0].entry.write, BoardWrite::Comment { .. }));
        assert_eq!(store.backlog(&workspace).await.unwrap().pending, 4, "it is left to the newer version");
    }
}

#[tokio::test]
async fn nothing_is_read_or_written_once_a_newer_version_has_changed_the_tables() {
    let (_folder, store, hand) = both();
    let workspace = Workspace::default();
    let known: i64 = hand.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let decide = async |version| {
        store
            .commit_first(
                &workspace,
                vec![ConditionalWrite { claim: Some(claim("t1", version)), ..ConditionalWrite::default() }],
            )
            .await
    };
    decide(1).await.unwrap();
    hand.pragma_update(None, "user_version", known + 1).unwrap();
    let refused = decide(2).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { .. }), "{refused}");
    assert!(matches!(store.last_event(&Workspace::default()).await, Err(StoreError::Newer { .. })));
    hand.pragma_update(None, "user_version", known).unwrap();
    assert_eq!(decide(2).await.unwrap(), Some(0), "nothing of what was refused is there");
}
