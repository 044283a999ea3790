//! Agents that wait for a task.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{Answer, Caller, Gateway, modern_meta, next};

fn empty_board() -> [(&'static str, &'static str); 1] {
    [("TASKGATE_SAMPLE_BOARD", "false")]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_agent_gets_a_task_that_another_process_adds() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let here = Gateway::on(Arc::clone(&folder), &empty_board());
    let there = Gateway::on(folder, &empty_board());
    here.caller().agent("a").await;
    let waiting = here.caller();
    let begun = Instant::now();
    let wish = json!({"agent_id": "a", "wait_seconds": 20});
    let mut waiters = tokio::task::JoinSet::new();
    waiters.spawn(async move { waiting.tool("request_next_task", wish).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(waiters.try_join_next().is_none());
    let made = there.caller().tool("create_task", json!({"title": "new"})).await.unwrap();
    let got = waiters.join_next().await.unwrap().unwrap();
    assert_eq!(got["task"]["id"], made["task"]["id"]);
    assert!(begun.elapsed() < Duration::from_millis(1700), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn waiting_ends_with_its_time_and_says_when_to_come_again() {
    let gateway = Gateway::with(&empty_board());
    let caller = gateway.caller();
    caller.agent("a").await;
    let begun = Instant::now();
    let wish = json!({"agent_id": "a", "wait_seconds": 1});
    let nothing = caller.tool("request_next_task", wish).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1) && begun.elapsed() < Duration::from_secs(2));
    assert_eq!(nothing["reason"], "no_open_tasks");
    assert!((1..=30).contains(&nothing["retry_after_seconds"].as_i64().unwrap()));
}

#[tokio::test]
async fn a_task_whose_lease_ends_goes_to_who_waits() {
    let settings = [("TASKGATE_SAMPLE_BOARD", "false"), ("TASKGATE_LEASE_SECONDS", "2")];
    let gateway = Gateway::with(&settings);
    let caller = gateway.caller();
    for agent in ["lost", "heir"] {
        caller.agent(agent).await;
    }
    caller.tool("create_task", json!({"title": "only"})).await.unwrap();
    let task = next(&caller, "lost").await["task"].clone();
    let granted = Instant::now();
    let refused = next(&caller, "heir").await;
    assert_eq!(refused["reason"], "all_claimed");
    assert!(refused["retry_after_seconds"].as_i64().unwrap() <= 2, "{refused}");
    let wish = json!({"agent_id": "heir", "wait_seconds": 10});
    let handed = caller.tool("request_next_task", wish).await.unwrap();
    assert_eq!(handed["task"]["id"], task["id"]);
    assert!(granted.elapsed() < Duration::from_secs(3), "{:?}", granted.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_wait_each_gets_its_own_task() {
    let gateway = Gateway::with(&empty_board());
    let caller = gateway.caller();
    let mut waiters = tokio::task::JoinSet::new();
    for number in 0..20 {
        let caller = caller.clone();
        let agent = format!("w{number}");
        caller.agent(&agent).await;
        waiters.spawn(async move {
            let wish = json!({"agent_id": agent, "wait_seconds": 15});
            caller.tool("request_next_task", wish).await.unwrap()["task"]["id"].clone()
        });
    }
    for number in 0..20 {
        caller.tool("create_task", json!({"title": format!("t{number}")})).await.unwrap();
    }
    let mut tasks: Vec<_> = waiters.join_all().await.iter().map(Value::to_string).collect();
    tasks.sort_unstable();
    tasks.dedup();
    assert_eq!(tasks.len(), 20, "{tasks:?}");
}

#[tokio::test]
async fn sigterm_answers_who_waits_at_once() {
    let gateway = Gateway::with(&empty_board());
    let caller = gateway.caller();
    caller.agent("a").await;
    let waiting = caller.clone();
    let wish = json!({"agent_id": "a", "wait_seconds": 50});
    let mut waiters = tokio::task::JoinSet::new();
    waiters.spawn(async move { waiting.tool("request_next_task", wish).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(400)).await;
    let asked = Instant::now();
    let pid = gateway.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let answer = waiters.join_next().await.unwrap().unwrap();
    assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    assert_eq!(
        (answer["reason"].clone(), answer["retry_after_seconds"].clone()),
        (json!("shutting_down"), json!(1))
    );
}

/// What a client reads that waits `seconds` with the progress token `token-1`.
async fn wait_with_progress(caller: &Caller, seconds: u64) -> Answer {
    let wish = json!({"agent_id": "a", "wait_seconds": seconds});
    let mut params = json!({"name": "request_next_task", "arguments": wish});
    params["_meta"] = modern_meta(json!({}));
    params["_meta"]["progressToken"] = json!("token-1");
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let request = caller
        .request(reqwest::Method::POST, "/mcp")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "tools/call")
        .header("Mcp-Name", "request_next_task")
        .body(body.to_string());
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn who_waits_with_a_progress_token_is_told_so() {
    let settings = [("TASKGATE_SAMPLE_BOARD", "false"), ("TASKGATE_LEASE_SECONDS", "1")];
    let gateway = Gateway::with(&settings);
    let caller = gateway.caller();
    for agent in ["holder", "a"] {
        caller.agent(agent).await;
    }
    caller.tool("create_task", json!({"title": "only"})).await.unwrap();
    next(&caller, "holder").await;
    let answer = wait_with_progress(&caller, 5).await;
    assert!(answer.text.contains("notifications/progress") && answer.text.contains("token-1"), "{answer:?}");
    assert_eq!(answer.json()["result"]["structuredContent"]["success"], true);
}

#[tokio::test]
async fn progress_never_passes_its_total() {
    let gateway = Gateway::with(&empty_board());
    let caller = gateway.caller();
    caller.agent("a").await;
    let answer = wait_with_progress(&caller, 3).await;
    let events = answer.text.lines().filter_map(|line| line.strip_prefix("data: {"));
    let events = events.map(|event| serde_json::from_str(&format!("{{{event}")).unwrap());
    let told: Vec<Value> =
        events.filter(|event: &Value| event["method"] == "notifications/progress").collect();
    let last = &told.last().expect("progress is told before the answer")["params"];
    assert_eq!((last["progress"].clone(), last["total"].clone()), (json!(3.0), json!(3.0)), "{told:?}");
}
