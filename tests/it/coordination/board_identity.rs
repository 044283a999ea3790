//! A start on the records of another board says so, and keeps the new one.

use std::sync::Arc;

use serde_json::json;

use crate::support::{Gateway, next, within_two_seconds};

#[tokio::test]
async fn records_of_another_board_are_told_of_at_the_start_by_both_names() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("a").await;
    let held = next(&caller, "a").await["task"].clone();
    let (database, folder) = (gateway.database(), Arc::clone(&gateway.folder));
    let kept = || {
        let store = rusqlite::Connection::open(&database).unwrap();
        let sql = "SELECT CAST(value AS TEXT) FROM facts WHERE workspace = 'default' AND name = 'board'";
        store.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap_or_default()
    };
    within_two_seconds("the board is known", async || kept() == "local").await;
    drop(gateway);
    let store = rusqlite::Connection::open(&database).unwrap();
    let former = "UPDATE facts SET value = CAST('github:github.com/R_1' AS BLOB) WHERE name = 'board'";
    assert_eq!(store.execute(former, []).unwrap(), 1);
    // One task is on this board, the other was on the former.
    let other =
        "INSERT INTO claims SELECT workspace, 'I_kwDO', version, json_set(record, '$.task_id', 'I_kwDO',
        '$.agent_id', 'gone'), expires_at, NULL, NULL, NULL FROM claims";
    assert_eq!(store.execute(other, []).unwrap(), 1);
    let again = Gateway::on(folder, &[]);
    within_two_seconds("the new one is kept", async || kept() == "local").await;
    let told = async || again.log_contains("the board is another than before");
    within_two_seconds("it is told", told).await;
    let line = again.log_line("the board is another than before").await;
    assert_eq!((&line["former"], &line["board"]), (&json!("github:github.com/R_1"), &json!("local")));
    let state = |task: &str| -> String {
        let sql = "SELECT json_extract(record, '$.state') FROM claims WHERE task_id = ?1";
        store.query_row(sql, [task], |row| row.get(0)).unwrap()
    };
    assert_eq!((state("I_kwDO"), state(held["id"].as_str().unwrap())), ("ended".into(), "live".into()));
}
