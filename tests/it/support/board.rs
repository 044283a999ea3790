//! What is on the board and in the database, and people who work on it.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};

use super::{Caller, command};

/// Rows of every table but the one that counts calls, refused ones too, and the one of what is known of the whole, to which a start
/// adds when the board was read.
pub fn rows(database: &Path) -> Vec<(String, i64)> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('usage', 'facts') ORDER BY name";
    let mut statement = connection.prepare(sql).unwrap();
    let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |name: &String| {
        connection.query_row(&format!("SELECT COUNT(*) FROM {name}"), [], |row| row.get(0)).unwrap()
    };
    names.iter().map(|name| (name.clone(), count(name))).collect()
}

/// Does something to the built-in board as a person at the command line; answers what was printed.
pub fn person(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder).arg("tasks").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Asks again and again until `holds`, at most two seconds.
pub async fn within_two_seconds<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let begun = std::time::Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(2), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub async fn next(caller: &Caller, agent: &str) -> Value {
    caller.tool("request_next_task", json!({"agent_id": agent})).await.unwrap()
}

pub async fn settled(caller: &Caller) {
    within_two_seconds("the board has everything", async || {
        caller.tool("get_project_status", json!({})).await.unwrap()["board_sync"]["pending"] == 0
    })
    .await;
}

pub fn lines(folder: &Path) -> Vec<Value> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let logs = files.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
    let texts: Vec<_> = logs.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    texts.iter().flat_map(|text| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
}
