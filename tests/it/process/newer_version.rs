//! A process beside one of a newer version, which has changed the database.

use reqwest::Method;
use serde_json::json;

use crate::support::{Gateway, send, within_two_seconds};

#[tokio::test]
async fn a_process_that_a_newer_version_has_overtaken_says_so_and_changes_nothing() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("ana").await;
    let hand = rusqlite::Connection::open(gateway.database()).unwrap();
    let known: i64 = hand.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    hand.pragma_update(None, "user_version", known + 1).unwrap();
    let ready = async || send(caller.request(Method::GET, "/ready")).await;
    let answer = ready().await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (503, &json!("store_newer")));
    let store = &answer.json()["dependencies"][0];
    assert_eq!((&store["name"], &store["state"]), (&json!("store"), &json!("newer")), "{store}");
    assert!(store["advice"].as_str().unwrap().contains("run that version here too"), "{store}");
    let refused = caller.tool("create_task", json!({"title": "late"})).await.unwrap_err();
    assert_eq!(refused["code"], "store_failed");
    assert!(refused["error"].as_str().unwrap().contains("run the newer taskgate"), "{refused}");
    assert_eq!(send(caller.request(Method::GET, "/health")).await.status, 200);
    within_two_seconds("it is logged", async || gateway.log_contains("run the newer taskgate")).await;
    hand.pragma_update(None, "user_version", known).unwrap();
    assert_eq!(ready().await.status, 200);
    assert_eq!(caller.tool("list_tasks", json!({"query": "late"})).await.unwrap()["total"], 0);
}
