//! Most of a board is closed: that costs little memory, and nothing while nothing happens.

use rusqlite::{Connection, params};
use serde_json::json;

use crate::support::{Gateway, next, person, settled, within_two_seconds};

/// Adds tasks that are done, behind the gateway's back: it reads them when it starts.
fn add_done(database: &std::path::Path, count: i64, description: &str) {
    let mut connection = Connection::open(database).unwrap();
    let transaction = connection.transaction().unwrap();
    for number in 0..count {
        let sql = "INSERT INTO tasks (workspace, id, number, title, description, status, priority, labels, dependencies,
            created_at, updated_at) VALUES ('default', ?1, ?2, ?3, ?4, 'done', 'none', '[]', '[]', ?5, ?5)";
        let (id, title) = (format!("done-{number}"), format!("Finished {number}"));
        transaction
            .execute(sql, params![id, 1_000 + number, title, description, 1_700_000_000_000 + number])
            .unwrap();
    }
    transaction.commit().unwrap();
}

#[tokio::test]
async fn a_closed_task_is_whole_when_asked_for_and_when_it_opens_again() {
    let gateway = Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    let text = "a long text that only the board keeps";
    let made = json!({"title": "Closed soon", "description": text, "priority": "urgent"});
    let made = caller.tool("create_task", made).await.unwrap();
    let key = made["task"]["key"].as_str().unwrap();
    person(gateway.folder.path(), &["move", key, "done"]);
    let see = async || caller.tool("get_task", json!({"task_id": key})).await.unwrap()["task"].clone();
    within_two_seconds("the gateway knows", async || see().await["status"] == "done").await;
    assert_eq!(see().await["description"], text);
    person(gateway.folder.path(), &["move", key, "todo"]);
    caller.agent("a").await;
    let task = next(&caller, "a").await["task"].clone();
    assert_eq!((&task["key"], &task["description"]), (&json!(key), &json!(text)));
    settled(&caller).await;
}

#[tokio::test]
#[ignore = "root alone sees into a process that keeps its memory private"]
async fn twenty_thousand_done_tasks_are_kept_small_and_not_read_again() {
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    drop(Gateway::on(std::sync::Arc::clone(&folder), &[]));
    let description = "word ".repeat(800);
    add_done(&folder.path().join("taskgate.db"), 20_000, &description);
    let gateway = Gateway::on(folder, &[("TASKGATE_BOARD_REFRESH_SECONDS", "1"), ("RUST_LOG", "info")]);
    let caller = gateway.caller();
    let whole = caller.tool("get_task", json!({"task_id": "T-1000"})).await.unwrap();
    assert_eq!(whole["task"]["description"].as_str().unwrap().len(), description.len());
    let peak = gateway.peak_memory_kib();
    assert!(peak < 160 * 1024, "{peak} KiB for 80 MB of text");
    // Whoever fills the picture beside the first call has to be through.
    let read_within = async |seconds: u64| {
        let before = gateway.bytes_read();
        tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
        gateway.bytes_read() - before
    };
    for _ in 0..20 {
        if read_within(1).await < 5_000_000 {
            break;
        }
    }
    let read = read_within(4).await;
    assert!(
        read < 20_000_000,
        "{read} bytes read in three looks at a board of 80 MB on which nothing happened"
    );
}
