//! Agents whose connection breaks while they wait for a task: nothing is granted to nobody.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{Caller, Gateway, first_event, next};

const NO_SAMPLE: [(&str, &str); 1] = [("TASKGATE_SAMPLE_BOARD", "false")];

fn long_poll(caller: &Caller, agent: &str) -> RequestBuilder {
    let arguments = json!({"agent_id": agent, "wait_seconds": 40});
    let params = json!({"name": "request_next_task", "arguments": arguments});
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
    caller.in_session(Method::POST).body(body.to_string())
}

/// A gateway with an empty board, a caller with a session, and two agents of theirs.
async fn two_agents() -> (Gateway, Caller) {
    let gateway = Gateway::with(&NO_SAMPLE);
    let mut caller = gateway.caller();
    caller.initialize("2025-11-25", json!({})).await;
    for agent in ["gone", "here"] {
        caller.agent(agent).await;
    }
    (gateway, caller)
}

/// A wait whose head and first event have come, and that event's id.
async fn begun(caller: &Caller) -> (Response, String) {
    let mut response = long_poll(caller, "gone").send().await.unwrap();
    let (_, id) = first_event(&mut response).await;
    (response, id)
}

async fn assert_free_for_another(caller: &Caller) {
    tokio::time::sleep(Duration::from_millis(150)).await;
    let made = caller.tool("create_task", json!({"title": "for whom?"})).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let got = next(caller, "here").await;
    assert_eq!(got["task"]["id"], made["task"]["id"], "{got}");
    assert_eq!(got["already_assigned"], Value::Null);
}

async fn rest(mut response: Response) -> String {
    let mut text = String::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    text
}

#[tokio::test]
async fn a_wait_whose_connection_broke_takes_nothing_before_its_head_came() {
    let (_gateway, caller) = two_agents().await;
    let waiting = long_poll(&caller, "gone").send();
    let _ = tokio::time::timeout(Duration::from_millis(400), waiting).await.expect_err("it waits");
    assert_free_for_another(&caller).await;
}

#[tokio::test]
async fn a_wait_whose_stream_broke_takes_nothing() {
    let (_gateway, caller) = two_agents().await;
    drop(begun(&caller).await);
    assert_free_for_another(&caller).await;
}

#[tokio::test]
async fn a_stateless_wait_whose_connection_broke_takes_nothing() {
    let (_gateway, caller) = two_agents().await;
    let arguments = json!({"agent_id": "gone", "wait_seconds": 40});
    let params = json!({"name": "request_next_task", "arguments": arguments});
    let waiting = caller.modern_request("tools/call", params).send();
    let _ = tokio::time::timeout(Duration::from_millis(400), waiting).await.expect_err("it waits");
    assert_free_for_another(&caller).await;
}

#[tokio::test]
async fn a_wait_that_is_resumed_in_time_gets_its_task_on_the_new_connection() {
    let (_gateway, caller) = two_agents().await;
    let (broken, id) = begun(&caller).await;
    drop(broken);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let made = caller.tool("create_task", json!({"title": "in between"})).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let resumed = caller.in_session(Method::GET).header("Last-Event-ID", id).send().await.unwrap();
    let text = tokio::time::timeout(Duration::from_secs(3), rest(resumed)).await.expect("it ends");
    assert!(text.contains(made["task"]["id"].as_str().unwrap()), "{text}");
}

#[tokio::test]
async fn a_wait_that_nobody_resumes_ends_with_nothing_granted() {
    let (_gateway, caller) = two_agents().await;
    let (broken, id) = begun(&caller).await;
    drop(broken);
    tokio::time::sleep(Duration::from_millis(5500)).await;
    let begun = Instant::now();
    let resumed = caller.in_session(Method::GET).header("Last-Event-ID", id).send().await.unwrap();
    let text = tokio::time::timeout(Duration::from_secs(3), rest(resumed)).await.expect("it has ended");
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(text.contains("no_open_tasks"), "{text}");
    assert_free_for_another(&caller).await;
}
