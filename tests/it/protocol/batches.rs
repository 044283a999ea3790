//! Batches (2025-03-26): several messages in one request are several calls, and end with their key like any other.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, Gateway, admin, create_key, send, with_admin, within_two_seconds};

fn call(id: usize, tool: &str, arguments: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
}

async fn session(gateway: &Gateway, key: &str) -> Caller {
    let mut caller = gateway.caller_with(key);
    caller.initialize("2025-03-26", json!({})).await;
    caller
}

#[tokio::test]
async fn a_revoked_keys_waiting_batch_ends_and_is_granted_nothing() {
    let gateway = with_admin(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let made = send(admin(&gateway).request(Method::POST, "/admin/tokens").body("{}")).await.json();
    let caller = session(&gateway, made["mcp_key"].as_str().unwrap()).await;
    caller.agent("b").await;
    let waits = json!([
        call(1, "request_next_task", &json!({"agent_id": "b", "wait_seconds": 30})),
        call(2, "ping", &json!({}))
    ]);
    let mut waiting = tokio::task::JoinSet::new();
    waiting.spawn(async move { caller.post(waits.to_string()).await });
    within_two_seconds("it is listed", || async {
        send(admin(&gateway).request(Method::GET, "/sessions")).await.text.contains("streamable")
    })
    .await;
    let path = format!("/admin/tokens/{}", made["id"].as_str().unwrap());
    send(admin(&gateway).request(Method::DELETE, &path)).await;
    let begun = std::time::Instant::now();
    let answer: Answer = waiting.join_next().await.unwrap().unwrap();
    assert!(begun.elapsed().as_secs() < 3, "{answer:?}");
    gateway.caller().tool("create_task", json!({"title": "not for it"})).await.unwrap();
    let listed = gateway.caller().tool("list_tasks", json!({})).await.unwrap();
    assert_eq!(listed["tasks"][0]["status"], "todo", "{listed}");
}

#[tokio::test]
async fn a_batch_that_takes_long_has_a_head_soon_and_every_answer() {
    let gateway = Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = session(&gateway, crate::support::KEY).await;
    caller.agent("a").await;
    let waits = json!([
        call(1, "request_next_task", &json!({"agent_id": "a", "wait_seconds": 3})),
        call(2, "ping", &json!({}))
    ]);
    let answer = caller.post(waits.to_string()).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let answers = answer.json();
    assert_eq!(answers.as_array().map(Vec::len), Some(2), "{answers}");
}

#[tokio::test]
async fn every_message_of_a_batch_counts() {
    let gateway = Gateway::with(&[("RATE_LIMIT_ENABLED", "true")]);
    let key = create_key(gateway.folder.path(), &["--user", "u"]);
    let caller = session(&gateway, &key).await;
    let pings = |count: usize| {
        Value::from((0..count).map(|id| call(id, "ping", &json!({}))).collect::<Vec<_>>()).to_string()
    };
    let answer = caller.post(pings(50)).await;
    assert_eq!(answer.status, 200);
    let left: u32 = answer.headers["x-ratelimit-remaining"].to_str().unwrap().parse().unwrap();
    assert!((19..=21).contains(&left), "{left}");
    let refused = caller.post(pings(50)).await;
    assert_eq!(refused.status, 429, "{refused:?}");
}

#[tokio::test]
async fn a_batch_of_the_longest_answers_stays_within_memory_and_says_what_to_send_alone() {
    let gateway =
        Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false"), ("RUST_LOG", "warn,taskgate::cli=info")]);
    let caller = session(&gateway, crate::support::KEY).await;
    let description = "\u{1f9ea}".repeat(20_000);
    let made =
        caller.tool("create_task", json!({"title": "long", "description": description})).await.unwrap();
    let get = json!({"task_id": made["task"]["id"]});
    let batch: Vec<_> = (0..100).map(|id| call(id, "get_task", &get)).collect();
    let answers = caller.post(Value::from(batch).to_string()).await.json();
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 100);
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer["id"], number);
    }
    let is_refused = |answer: &&Value| answer["error"]["code"] == -32600;
    let refused = answers.iter().filter(is_refused).count();
    assert!((10..=90).contains(&refused), "{refused}");
    let last = answers[99]["error"]["message"].as_str().unwrap();
    assert!(last.ends_with("send this message alone"), "{last}");
    assert!(gateway.peak_memory_kib() < 256 * 1024, "{} KiB", gateway.peak_memory_kib());
}

#[tokio::test]
async fn messages_that_wait_do_not_keep_others_of_a_batch_waiting() {
    let gateway = Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = session(&gateway, crate::support::KEY).await;
    caller.agent("a").await;
    let waits = json!([
        call(1, "request_next_task", &json!({"agent_id": "a", "wait_seconds": 20})),
        call(2, "create_task", &json!({"title": "for the one before"}))
    ]);
    let begun = std::time::Instant::now();
    let answers = caller.post(waits.to_string()).await.json();
    assert!(begun.elapsed().as_secs() < 5);
    let tasks =
        [&answers[0], &answers[1]].map(|answer| answer["result"]["structuredContent"]["task"]["id"].clone());
    assert_eq!(tasks[0], tasks[1]);
}
