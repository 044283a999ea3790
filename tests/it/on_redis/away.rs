//! What is answered while Redis is away, full, or emptied.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{gateway, server::RedisServer};
use crate::support::{ADMIN, Answer, Caller, Gateway, within_two_seconds};

/// Longer than anybody waits for a Redis that is away, on a machine that does much else.
const ANSWERED: Duration = Duration::from_secs(4);
/// For as long the verdict on a stored key is good.
const VERDICT: Duration = Duration::from_secs(5);

async fn stored_key(gateway: &Gateway) -> Caller {
    let request = gateway.caller_with(ADMIN).request(Method::POST, "/admin/tokens").body("{}");
    let made = Answer::of(request.send().await.unwrap()).await.json();
    gateway.caller_with(made["mcp_key"].as_str().unwrap())
}

async fn ready(gateway: &Gateway) -> Value {
    let request = gateway.caller().request(Method::GET, "/ready");
    Answer::of(request.send().await.unwrap()).await.json()
}

/// The status and code of a page for keys.
async fn me(caller: &Caller) -> (u16, Value) {
    let answer = Answer::of(caller.request(Method::GET, "/api/me").send().await.unwrap()).await;
    (answer.status.as_u16(), answer.json()["code"].clone())
}

async fn is_refused(caller: &Caller, code: &str) {
    let begun = Instant::now();
    let refused = caller.tool("request_next_task", json!({"agent_id": "ana"})).await.unwrap_err();
    assert_eq!(refused["code"], code, "{refused}");
    assert!(refused["retry_after_seconds"].as_u64().is_some(), "{refused}");
    assert!(begun.elapsed() < ANSWERED, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_needs_a_redis_that_is_away_is_refused_soon_and_the_rest_goes_on() {
    let mut server = RedisServer::start(&["--appendonly", "yes"]);
    let gateway = gateway(&server.url());
    let (known, stored) = (gateway.caller(), stored_key(&gateway).await);
    known.agent("ana").await;
    stored.tool("ping", json!({})).await.unwrap();
    for (away, back) in [("-STOP", "-CONT"), ("-KILL", "")] {
        let begun = Instant::now();
        server.signal(away);
        is_refused(&known, "store_unavailable").await;
        known.tool("ping", json!({})).await.unwrap();
        within_two_seconds("it is not ready", async || {
            ready(&gateway).await["status"] == "store_unavailable"
        })
        .await;
        tokio::time::sleep((VERDICT + Duration::from_secs(1)).saturating_sub(begun.elapsed())).await;
        // Whether the key is good cannot be told: that is no 401, after which a client throws its key away.
        assert_eq!(me(&stored).await, (503, json!("store_unavailable")));
        known.tool("ping", json!({})).await.unwrap();
        if back.is_empty() {
            server.kill();
            server.start_again();
        } else {
            server.signal(back);
        }
        within_two_seconds("it works again", async || {
            let next = known.tool("request_next_task", json!({"agent_id": "ana"})).await;
            next.is_ok() && me(&stored).await.0 == 200 && ready(&gateway).await["status"] == "ready"
        })
        .await;
    }
    gateway.logs("Redis cannot be used").await;
    gateway.logs("Redis can be used again").await;
}

#[tokio::test]
async fn on_a_redis_that_was_emptied_nothing_is_begun() {
    let server = RedisServer::start(&[]);
    let gateway = gateway(&server.url());
    let (known, stored) = (gateway.caller(), stored_key(&gateway).await);
    known.agent("ana").await;
    stored.tool("ping", json!({})).await.unwrap();
    server.does(&["FLUSHALL"]);
    let refused = known.tool("create_task", json!({"title": "on nothing"})).await.unwrap_err();
    assert_eq!(refused["code"], "store_replaced", "{refused}");
    within_two_seconds("it is not ready", async || ready(&gateway).await["status"] == "store_replaced").await;
    is_refused(&known, "store_replaced").await;
    tokio::time::sleep(VERDICT + Duration::from_secs(1)).await;
    assert_eq!(me(&stored).await, (503, json!("store_replaced")));
    assert_eq!(server.put::<i64>(&["DBSIZE"]), 0, "nothing was written");
    // Another start begins on it.
    let next = super::gateway(&server.url());
    assert_eq!(ready(&next).await["status"], "ready");
    assert_eq!(ready(&gateway).await["status"], "store_replaced");
}

#[tokio::test]
async fn on_a_full_redis_nothing_is_half_done() {
    let server = RedisServer::start(&[]);
    let gateway = gateway(&server.url());
    let known = gateway.caller();
    known.agent("ana").await;
    server.does(&["CONFIG", "SET", "maxmemory", "1mb"]);
    let refused = known.tool("create_task", json!({"title": "one too many"})).await.unwrap_err();
    assert_eq!(refused["code"], "store_failed", "{refused}");
    assert!(refused["error"].as_str().unwrap().contains("full"), "{refused}");
    server.does(&["CONFIG", "SET", "maxmemory", "0"]);
    within_two_seconds("it works again", async || {
        known.tool("create_task", json!({"title": "the first"})).await.is_ok()
    })
    .await;
    let status = known.tool("get_project_status", json!({})).await.unwrap();
    assert_eq!(status["project"]["total_tasks"], 1, "{status}");
}
