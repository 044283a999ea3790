//! The process dies at each point between a decision and its delivery; after a restart the board shows every decision
//! once. `cargo nextest run --features failpoints --test failpoints`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, unused_imports, reason = "shared with other tests, which use more of it")]
#[path = "it/support/mod.rs"]
mod support;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use support::{Caller, Gateway, person};

const POINTS: [&str; 5] =
    ["decision-made", "decision-stored", "outbox-taken", "outbox-delivered", "outbox-ended"];

/// Calls a tool of a gateway that dies at `point`, and waits for its death.
async fn call_and_die(folder: &Arc<tempfile::TempDir>, point: &str, tool: &str, arguments: &Value) {
    let setting = format!("{point}=return");
    let mut gateway = Gateway::on(Arc::clone(folder), &[("FAILPOINTS", &setting)]);
    let caller = gateway.caller();
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool,
        "arguments": arguments, "_meta": support::modern_meta(json!({}))}});
    // The answer may or may not arrive.
    let _ = caller
        .request(reqwest::Method::POST, "/mcp")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", "tools/call")
        .header("Mcp-Name", tool)
        .body(body.to_string())
        .send()
        .await;
    for _ in 0..200 {
        if let Some(status) = gateway.child.try_wait().unwrap() {
            assert_eq!(status.code(), None, "it was stopped by a signal, not by itself");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the gateway lives on after {point}");
}

async fn settled(caller: &Caller) {
    // What the dead process had taken is given to another when its time is over.
    for _ in 0..1800 {
        let status = caller.tool("get_project_status", json!({})).await.unwrap();
        if status["board_sync"]["pending"] == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("writes are still owed");
}

async fn dies_at(point: &str) {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let gateway = Gateway::on(Arc::clone(&folder), &[]);
    gateway.caller().agent("a").await;
    drop(gateway);
    let ask = json!({"agent_id": "a"});
    call_and_die(&folder, point, "request_next_task", &ask).await;
    let gateway = Gateway::on(Arc::clone(&folder), &[]);
    let caller = gateway.caller();
    let granted = caller.tool("request_next_task", ask).await.unwrap();
    assert_eq!(granted["task"]["already_assigned"], point != "decision-made", "{point}: {granted}");
    settled(&caller).await;
    drop(gateway);
    let done = json!({"agent_id": "a", "task_id": "T-1", "status": "completed", "message": "it is finished",
        "claim_generation": granted["task"]["claim_generation"]});
    call_and_die(&folder, point, "report_task_progress", &done).await;
    let gateway = Gateway::on(Arc::clone(&folder), &[]);
    let caller = gateway.caller();
    caller.tool("report_task_progress", done).await.unwrap();
    settled(&caller).await;
    let shown = person(folder.path(), &["show", "T-1"]);
    assert!(shown.starts_with("T-1 Write the API outline (done)"), "{point}: {shown}");
    assert_eq!(shown.matches("Task assigned to a").count(), 1, "{point}: {shown}");
    assert_eq!(shown.matches("it is finished").count(), 1, "{point}: {shown}");
    let status = caller.tool("get_agent_status", json!({"agent_id": "a"})).await.unwrap();
    assert_eq!(status["agent"]["total_completed"], 1, "{point}");
    let audit = rusqlite::Connection::open(gateway.database()).unwrap();
    for action in ["task.claim", "task.complete"] {
        let sql = "SELECT COUNT(*) FROM audit WHERE action = ?1";
        let records: i64 = audit.query_row(sql, [action], |row| row.get(0)).unwrap();
        assert_eq!(records, 1, "{point}: {action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_shows_every_decision_once_wherever_the_process_dies() {
    let mut points = tokio::task::JoinSet::new();
    for point in POINTS {
        points.spawn(dies_at(point));
    }
    points.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_deliverer_panics_says_it_is_not_ready_and_ends_with_a_failure() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let mut gateway = Gateway::on(Arc::clone(&folder), &[("FAILPOINTS", "outbox-taken=panic")]);
    let caller = gateway.caller();
    caller.agent("a").await;
    caller.tool("request_next_task", json!({"agent_id": "a"})).await.unwrap();
    let mut was_ready = true;
    for _ in 0..600 {
        if let Ok(answer) = caller.request(reqwest::Method::GET, "/ready").send().await {
            was_ready = answer.status() == 200;
        }
        if let Some(status) = gateway.child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(1));
            assert!(!was_ready, "it said 503 before it ended");
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the gateway lives on without its deliverer");
}

#[tokio::test]
async fn a_store_that_hangs_makes_the_process_not_ready_within_a_second_and_leaves_it_alive() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let gateway = Gateway::on(folder, &[("FAILPOINTS", "store-read=100*off->sleep(60000)")]);
    let caller = gateway.caller();
    let get = async |path: &str| {
        let begun = std::time::Instant::now();
        let answer = caller.request(reqwest::Method::GET, path).send().await.unwrap();
        let status = answer.status().as_u16();
        assert!(begun.elapsed() < Duration::from_secs(2), "{path}: {:?}", begun.elapsed());
        (status, answer.json::<Value>().await.unwrap())
    };
    let mut answers = 0;
    while get("/ready").await.0 == 200 {
        answers += 1;
        assert!(answers < 1_000, "the store does not hang");
    }
    for _ in 0..3 {
        let (status, answer) = get("/ready").await;
        assert_eq!((status, &answer["status"]), (503, &json!("store_unavailable")));
        assert_eq!(answer["dependencies"][0]["state"], "unavailable", "{answer}");
        assert_eq!(get("/health").await.0, 200);
    }
}

#[tokio::test]
async fn a_call_that_panics_is_answered_and_logged_with_its_id() {
    // At once, and when the call has a task of its own.
    for point in ["decision-made", "decision-stored"] {
        for accept in ["application/json", "application/json, text/event-stream"] {
            panics_at(point, accept).await;
        }
    }
}

async fn panics_at(point: &str, accept: &str) {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    Gateway::on(Arc::clone(&folder), &[]).caller().agent("a").await;
    let gateway = Gateway::on(folder, &[("FAILPOINTS", &format!("{point}=panic"))]);
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "request_next_task",
        "arguments": {"agent_id": "a"}, "_meta": support::modern_meta(json!({}))}});
    let request = gateway.caller().request(reqwest::Method::POST, "/mcp").header("Accept", accept);
    let request = request.header("MCP-Protocol-Version", "2026-07-28").header("Mcp-Method", "tools/call");
    let request = request.header("Mcp-Name", "request_next_task").header("X-Request-Id", "it-panics");
    let request = request.timeout(Duration::from_secs(10)).body(body.to_string());
    let answer = support::Answer::of(request.send().await.unwrap()).await.json();
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(7), &json!(-32603)), "{answer}");
    assert_eq!(answer["error"]["data"]["code"], "internal", "{answer}");
    let line = async |message: &str| loop {
        let mut lines = gateway.log_lines("it-panics").into_iter();
        if let Some(line) = lines.find(|line| line["message"] == message) {
            return line;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(line("a panic, which is a fault of the gateway").await["place"].is_string());
    assert_eq!(line("a call panicked").await["level"], "ERROR");
    assert_eq!(line("call").await["outcome"], "internal");
    assert!(gateway.log_lines("").len() > 6, "each line is JSON");
}

#[tokio::test]
async fn a_first_key_outlives_a_death_before_it_was_handed_over() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    for _ in 0..2 {
        let mut start = support::command(folder.path());
        let died = start.env("FAILPOINTS", "first-key-stored=return").env("MCP_PORT", "0").output().unwrap();
        assert_eq!(died.status.code(), None, "it was stopped by a signal, not by itself");
        assert!(!folder.path().join("first-key").exists());
    }
    let gateway = Gateway::on(Arc::clone(&folder), &[("MCP_AUTH_TOKENS", "")]);
    let key = std::fs::read_to_string(folder.path().join("first-key")).unwrap();
    gateway.caller_with(&key).tool("ping", json!({})).await.unwrap();
    let listed = support::command(folder.path()).args(["keys", "list"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&listed.stdout).matches("first key").count(), 1);
    let left = std::fs::read_dir(folder.path()).unwrap();
    let left =
        left.filter(|file| file.as_ref().unwrap().file_name().to_str().unwrap().starts_with("first-key."));
    assert_eq!(left.count(), 0, "no key lies about");
}
