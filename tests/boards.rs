//! The contract of the boards, run on every provider and on a board that is as remote as one can be; and the coordinator at work on
//! that one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "boards/contract.rs"]
mod contract;
#[path = "boards/delivery.rs"]
mod delivery;
#[path = "boards/github/mod.rs"]
mod github;
#[path = "boards/host.rs"]
mod host;
#[path = "boards/identity.rs"]
mod identity;
#[path = "boards/linear/mod.rs"]
mod linear;
#[path = "boards/lost_store.rs"]
mod lost_store;
#[path = "boards/office.rs"]
mod office;
#[path = "boards/own_writes.rs"]
mod own_writes;
#[path = "boards/person.rs"]
mod person;
#[path = "boards/planka/mod.rs"]
mod planka;
#[path = "boards/poller.rs"]
mod poller;
#[path = "boards/remote.rs"]
mod remote;
#[path = "boards/work.rs"]
mod work;

/// The fakes, which the tests of the gateway's tools share.
#[path = "it/support"]
mod support {
    #[expect(dead_code, unused_imports, reason = "these tests use it bit by bit")]
    pub mod github;
    #[expect(dead_code, reason = "these tests run no gateway")]
    pub mod known;
    #[expect(dead_code, unused_imports, reason = "these tests use it bit by bit")]
    pub mod linear;
    #[expect(dead_code, unused_imports, reason = "these tests use it bit by bit")]
    pub mod planka;
}

use std::sync::Arc;

use async_trait::async_trait;
use taskgate::{
    boards::{Board, LocalBoard},
    clock::{Clock, SystemClock},
    model::{AuditRecord, BoardWrite, Effects, Event, EventKind, NewTask, OutboxEntry, OwedWrite, Priority},
    model::{Task, TaskStatus, UnixMillis, Workspace},
    stores::{AuditFilter, AuditLog, Edited, TaskEdit, TaskStore, sqlite::SqliteStore},
};

use person::Person;
use remote::RemoteBoard;

/// A store in memory.
pub fn store() -> Arc<SqliteStore> {
    let secret =
        taskgate::secrets::SecretKey::new("Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj1QaE".to_owned().into(), None);
    Arc::new(SqliteStore::in_memory(secret.audit_key()).unwrap())
}

/// A task to be made.
pub fn new_task(title: &str) -> NewTask {
    NewTask {
        title: title.to_owned(),
        description: format!("What {title} is about"),
        status: TaskStatus::Todo,
        priority: Priority::High,
        labels: vec![String::from("rust")],
        dependencies: Vec::new(),
        estimate_minutes: Some(30),
    }
}

/// A write that is owed about a task, never delivered yet.
pub fn owed(sequence: i64, task_id: &str, write: BoardWrite) -> OwedWrite {
    let entry = OutboxEntry {
        id: format!("write-{sequence}"),
        at: UnixMillis(1_800_000_000_000 + sequence),
        workspace: Workspace::default(),
        task_id: task_id.to_owned(),
        moved_at: None,
        write,
    };
    OwedWrite { sequence, entry, attempts: 0 }
}

/// What making a task entails: a record of it.
pub fn recorded(task: &Task) -> Effects {
    let at = UnixMillis(1);
    Effects {
        audit: vec![AuditRecord {
            actor: String::from("key"),
            action: "task.create".into(),
            target: task.id.clone(),
            request_id: String::from("request"),
            at,
        }],
        events: vec![Event::about(EventKind::Task, &task.id, "task.create", at)],
        ..Effects::default()
    }
}

/// A person at the built-in board.
struct AtHome(Arc<SqliteStore>);

impl AtHome {
    fn told(task_id: &str) -> Effects {
        let event = Event::about(EventKind::Task, task_id, "task.move", UnixMillis(1));
        Effects { events: vec![event], ..Effects::default() }
    }
}

#[async_trait]
impl Person for AtHome {
    async fn moves(&self, task_id: &str, status: TaskStatus) {
        let at = SystemClock::new().moment();
        let edit = TaskEdit { status: Some(status), at, ..TaskEdit::default() };
        let edited = self.0.edit_task(&Workspace::default(), task_id, edit, Self::told(task_id)).await;
        assert!(matches!(edited, Ok(Edited::Done(_))));
    }

    async fn deletes(&self, task_id: &str) {
        let seen = (None, SystemClock::new().moment());
        let deleted = self.0.delete_task(&Workspace::default(), task_id, seen, Self::told(task_id)).await;
        assert!(matches!(deleted, Ok(Edited::Done(_))));
    }

    async fn comments(&self, task_id: &str) -> Vec<String> {
        self.0.comments(&Workspace::default(), task_id).await.unwrap()
    }

    async fn records(&self, task_id: &str) -> usize {
        let records = self.0.audit(&Workspace::default(), AuditFilter::default(), 100).await.unwrap();
        records.iter().filter(|entry| entry.record.target == task_id).count()
    }
}

#[tokio::test]
async fn the_built_in_board_keeps_the_contract() {
    let store = store();
    let tasks: Arc<dyn TaskStore> = store.clone();
    let board = LocalBoard::new(Workspace::default(), tasks, Arc::new(SystemClock::new()));
    contract::kept_by(&board, &AtHome(store)).await;
    assert_eq!((board.provider(), board.describe().name.as_str()), ("local", "the built-in board"));
}

#[tokio::test]
async fn a_board_elsewhere_keeps_the_contract() {
    let board = RemoteBoard::default();
    contract::kept_by(&board, &board).await;
}
