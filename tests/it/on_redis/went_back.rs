//! Two gateways that live through a Redis which lost what it had acknowledged: each shows what is there now, and nobody goes on with what
//! was lost.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{gateway, server::RedisServer};
use crate::support::{ADMIN, Answer, Caller, Gateway, first_event, next, settled};

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn stored_key(gateway: &Gateway) -> String {
    let request = gateway.caller_with(ADMIN).request(Method::POST, "/admin/tokens").body("{}");
    let made = Answer::of(request.send().await.unwrap()).await.json();
    made["mcp_key"].as_str().unwrap().to_owned()
}

async fn opens(gateway: &Gateway, key: &str) -> u16 {
    gateway.caller_with(key).request(Method::GET, "/api/me").send().await.unwrap().status().as_u16()
}

/// The status, holder and number of tasks, as a gateway shows them.
async fn shown(caller: &Caller, task: &Value) -> (Value, Value, usize) {
    let one = caller.tool("get_task", json!({"task_id": task["id"]})).await.unwrap()["task"].clone();
    let listed = caller.tool("list_tasks", json!({})).await.unwrap();
    let tasks = listed["tasks"].as_array().unwrap();
    let same = tasks.iter().find(|listed| listed["id"] == task["id"]).unwrap();
    assert_eq!(same["status"], one["status"], "{listed}");
    (one["status"].clone(), one["held_by"].clone(), tasks.len())
}

/// A server of which two gateways know what its log does not have.
struct Loss {
    server: RedisServer,
    gateways: [Gateway; 2],
    /// What an agent held.
    task: Value,
    key: String,
}

impl Loss {
    fn callers(&self) -> [Caller; 2] {
        self.gateways.each_ref().map(Gateway::caller)
    }

    /// Has the server lose all behind that size.
    async fn happens(&mut self, size: u64) {
        self.server.lose_after(size);
        for gateway in &self.gateways {
            gateway.logs("Redis lost what it had acknowledged").await;
        }
    }
}

/// Whether a gateway shows the task as that, held by them, among so many.
async fn shows(caller: &Caller, task: &Value, expected: (&str, Value, usize)) {
    let (status, holder, tasks) = expected;
    let expected = (json!(status), holder, tasks);
    until("it shows what is there", async || shown(caller, task).await == expected).await;
}

/// Two gateways, and a session on one of them, which know of decisions that the server's log does not have from that size on.
async fn about_to_be_lost() -> (Loss, Caller, u64) {
    let server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "everysec"]);
    let gateways = [gateway(&server.url()), gateway(&server.url())];
    let [mut here, there] = gateways.each_ref().map(Gateway::caller);
    for agent in ["ana", "bob"] {
        here.agent(agent).await;
    }
    here.tool("create_task", json!({"title": "to be lost"})).await.unwrap();
    here.initialize("2025-11-25", json!({})).await;
    let board = json!({"uri": "taskgate://board"});
    assert_eq!(here.legacy("resources/subscribe", board.clone()).await.status, 200);
    settled(&here).await;
    until("both know the task", async || {
        there.tool("list_tasks", json!({})).await.unwrap()["tasks"].as_array().unwrap().len() == 1
    })
    .await;
    let size = server.log_size();
    let task = next(&here, "ana").await["task"].clone();
    let key = stored_key(&gateways[1]).await;
    assert_eq!(here.legacy("resources/unsubscribe", board).await.status, 200);
    for (title, by) in [("made by one", &here), ("made by the other", &there)] {
        by.tool("create_task", json!({"title": title})).await.unwrap();
    }
    let loss = Loss { server, gateways, task, key };
    for (caller, gateway) in loss.callers().iter().zip(&loss.gateways) {
        shows(caller, &loss.task, ("in_progress", json!("ana"), 3)).await;
        assert_eq!(opens(gateway, &loss.key).await, 200);
    }
    (loss, here, size)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_gateway_shows_what_is_there_and_who_held_what_was_lost_is_refused() {
    let (mut loss, here, size) = about_to_be_lost().await;
    loss.happens(size).await;
    for (caller, gateway) in loss.callers().iter().zip(&loss.gateways) {
        shows(caller, &loss.task, ("todo", Value::Null, 1)).await;
        assert_eq!(opens(gateway, &loss.key).await, 401, "its verdict is not kept");
    }
    let report = json!({"agent_id": "ana", "task_id": loss.task["id"], "status": "completed",
        "message": "all that I found out", "claim_generation": loss.task["claim_generation"]});
    for caller in loss.callers() {
        let refused = caller.tool("report_task_progress", report.clone()).await.unwrap_err();
        assert_eq!(refused["code"], "not_task_holder", "{refused}");
    }
    let comments = format!("tg:{{default}}:c:{}", loss.task["id"].as_str().unwrap());
    until("it is kept", async || {
        let kept: Vec<String> = loss.server.put(&["HVALS", &comments]);
        kept.iter().any(|text| text.contains("all that I found out"))
    })
    .await;
    let [_, there] = loss.callers();
    let anew = next(&there, "bob").await["task"].clone();
    assert_eq!(anew["id"], loss.task["id"], "{anew}");
    assert!(anew["claim_generation"].as_i64() > loss.task["claim_generation"].as_i64(), "{anew}");
    let refused = here.tool("report_task_progress", report).await.unwrap_err();
    assert_eq!(refused["code"], "not_task_holder", "{refused}");
    watches_again(&here, &there).await;
}

/// Its session is told of changes, as it was before what was lost.
async fn watches_again(here: &Caller, there: &Caller) {
    let mut stream = here.in_session(Method::GET).send().await.unwrap();
    first_event(&mut stream).await;
    there.tool("create_task", json!({"title": "told of"})).await.unwrap();
    let mut told = String::new();
    until("its session is as it is there", async || {
        let chunk = tokio::time::timeout(Duration::from_millis(500), stream.chunk()).await;
        if let Ok(Ok(Some(chunk))) = chunk {
            told.push_str(&String::from_utf8_lossy(&chunk));
        }
        told.contains("notifications/resources/updated")
    })
    .await;
}
