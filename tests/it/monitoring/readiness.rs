//! `/ready` tells how each thing stands that the gateway depends on, to everybody and without a secret; `/health` tells of the
//! process alone. A store that hangs is in `tests/failpoints.rs`.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Caller, Gateway, issues::IssuesHost, send};

async fn ready(caller: &Caller) -> (u16, Value) {
    let answer = send(caller.request(Method::GET, "/ready")).await;
    (answer.status.as_u16(), answer.json())
}

/// What is told of one dependency.
fn of(answer: &Value, name: &str) -> Option<Value> {
    answer["dependencies"].as_array().unwrap().iter().find(|told| told["name"] == name).cloned()
}

/// The answer in which a dependency has come to stand like that.
async fn becomes(caller: &Caller, name: &str, state: &str) -> (u16, Value) {
    let begun = Instant::now();
    loop {
        let (status, answer) = ready(caller).await;
        if of(&answer, name).is_some_and(|told| told["state"] == state) {
            return (status, answer);
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{name} is not {state}: {answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn everybody_is_told_the_same_and_nobody_is_asked_for_a_credential() {
    let gateway = Gateway::start();
    becomes(&gateway.caller(), "events", "ok").await;
    for caller in [gateway.caller(), gateway.caller_with("mcp_wrong"), gateway.caller_with("")] {
        for _ in 0..20 {
            let (status, answer) = ready(&caller).await;
            assert_eq!((status, &answer["status"]), (200, &json!("ready")));
            let told: Vec<_> = answer["dependencies"].as_array().unwrap().iter().collect();
            assert_eq!(told.len(), 3, "a board of taskgate's own is in the store: {answer}");
            for (told, name) in told.into_iter().zip(["store", "events", "audit"]) {
                assert_eq!((&told["name"], &told["state"]), (&json!(name), &json!("ok")), "{answer}");
                assert!(told["for_seconds"].is_u64() && told.get("advice").is_none(), "{answer}");
            }
            assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
        }
    }
}

#[tokio::test]
async fn a_store_that_takes_no_writes_is_told_while_it_can_be_read_and_until_it_takes_them_again() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    becomes(&caller, "events", "ok").await;
    let hand = rusqlite::Connection::open(gateway.database()).unwrap();
    // Something was stored, so that the time is to be kept, too.
    caller.agent("ana").await;
    hand.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (status, answer) = becomes(&caller, "store", "refuses_writes").await;
    assert_eq!((status, &answer["status"]), (200, &json!("ready")), "what can be read is answered");
    let told = of(&answer, "store").unwrap();
    assert!(told["advice"].as_str().unwrap().contains("holds the database"), "{told}");
    hand.execute_batch("ROLLBACK").unwrap();
    becomes(&caller, "store", "ok").await;
    gateway.logs("the store is well again").await;
    let line = gateway.log_line("takes no writes").await;
    assert_eq!((&line["state"], &line["before"]), (&json!("refuses_writes"), &json!("ok")), "{line}");
}

#[tokio::test]
async fn an_audit_log_whose_head_cannot_be_kept_is_told_until_it_can() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    becomes(&caller, "audit", "ok").await;
    let head = gateway.database().with_file_name("audit-head");
    std::fs::write(&head, "nothing").unwrap();
    let (status, answer) = becomes(&caller, "audit", "unproven").await;
    assert_eq!((status, &answer["status"]), (200, &json!("ready")));
    std::fs::remove_file(&head).unwrap();
    becomes(&caller, "audit", "ok").await;
}

#[tokio::test]
async fn a_board_that_fails_is_stale_all_the_time_until_it_answers_and_no_address_is_told() {
    let host = IssuesHost::start();
    let gateway = Gateway::with(&[&host.settings()[..], &[("TASKGATE_BOARD_REFRESH_SECONDS", "1")]].concat());
    let caller = gateway.caller();
    becomes(&caller, "board", "ok").await;
    host.breaks(502);
    becomes(&caller, "board", "stale").await;
    // Also while it is being asked again.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        let (status, answer) = ready(&caller).await;
        assert_eq!((status, &answer["status"]), (200, &json!("ready")));
        assert_eq!(of(&answer, "board").unwrap()["state"], "stale", "{answer}");
        assert!(answer["board_age_seconds"].is_u64());
        let text = answer.to_string();
        assert!(!["127.0.0.1", "octo", "github", "502"].iter().any(|secret| text.contains(secret)), "{text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    host.mends();
    becomes(&caller, "board", "ok").await;
}
