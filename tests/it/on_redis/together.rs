//! Two gateways on one Redis act as one, whichever of them a client's messages reach.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{
    gateway,
    server::RedisServer,
    sse::{Sse, hello},
};
use crate::support::{ADMIN, Caller, first_event};

#[tokio::test(flavor = "multi_thread")]
async fn a_post_to_any_gateway_is_answered_on_the_stream() {
    let redis = RedisServer::start(&[]);
    let (one, other) = (gateway(&redis.url()), gateway(&redis.url()));
    let (here, there) = (one.caller(), other.caller());
    let mut stream = Sse::open(&here).await;
    assert_eq!(stream.post(&there, 1, "initialize", hello(json!({}))).await.0, 202);
    assert!(stream.data().await.contains("2024-11-05"));
    for id in 2..50 {
        let ping = json!({"name": "ping", "arguments": {}});
        let caller = if id % 2 == 0 { &there } else { &here };
        assert_eq!(stream.post(caller, id, "tools/call", ping).await.0, 202);
        let answer: Value = serde_json::from_str(&stream.data().await).unwrap();
        assert_eq!(answer["id"], id);
    }
    let stranger = other.caller_with(crate::support::OTHER_KEY);
    let (status, told, _) = stream.post(&stranger, 1, "ping", json!({})).await;
    assert_eq!(status, 404, "another's stream: {told}");
    let mut one = one;
    one.child.kill().unwrap();
    one.child.wait().unwrap();
    let (status, told, took) = stream.post(&there, 99, "ping", json!({})).await;
    assert_eq!(status, 503, "{told}");
    assert!(told.contains("owner_unreachable"), "{told}");
    assert!(took < Duration::from_millis(1_200), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_out_on_the_newest_stream_of_any_gateway() {
    let redis = RedisServer::start(&[]);
    let (one, other) = (gateway(&redis.url()), gateway(&redis.url()));
    let mut here = one.caller();
    here.initialize("2025-11-25", json!({})).await;
    let there = Caller { base: other.base.clone(), ..here.clone() };
    assert_eq!(here.legacy("resources/subscribe", json!({"uri": "taskgate://board"})).await.status, 200);
    let mut old = here.in_session(Method::GET).send().await.unwrap();
    first_event(&mut old).await;
    // Both know of each other, and of the subscription.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let mut new = there.in_session(Method::GET).send().await.unwrap();
    first_event(&mut new).await;
    for (title, by) in [("a", &here), ("b", &there)] {
        by.tool("create_task", json!({"title": title})).await.unwrap();
        assert!(is_told(&mut new).await, "the newest is told");
        assert!(!is_told(&mut old).await, "the older is told nothing");
    }
    let admin = Caller { key: ADMIN.to_owned(), session: None, ..here.clone() };
    let listed = admin.request(Method::GET, "/sessions").send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 2, "{listed}");
    assert_eq!(listed["partial"], Value::Null);
    drop(new);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    here.tool("create_task", json!({"title": "c"})).await.unwrap();
    assert!(is_told(&mut old).await, "the older is the newest that is open");
    let id = listed["sessions"][0]["id"].as_str().unwrap();
    let away = Caller { base: other.base.clone(), ..admin.clone() };
    let ended = away.request(Method::DELETE, &format!("/sessions/{id}")).send().await.unwrap();
    assert_eq!(ended.status(), 200, "{}", ended.text().await.unwrap());
    let ends = async { while old.chunk().await.unwrap().is_some() {} };
    tokio::time::timeout(Duration::from_secs(2), ends).await.expect("it ends with its session");
}

/// Whether something changed, as far as is told within 800 ms.
async fn is_told(stream: &mut Response) -> bool {
    let mut told = false;
    while let Ok(chunk) = tokio::time::timeout(Duration::from_millis(800), stream.chunk()).await {
        let Some(chunk) = chunk.unwrap() else { break };
        told |= String::from_utf8_lossy(&chunk).contains("notifications/resources/updated");
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_cancelled_from_any_gateway() {
    let redis = RedisServer::start(&[]);
    let (one, other) = (gateway(&redis.url()), gateway(&redis.url()));
    let mut here = one.caller();
    here.initialize("2025-11-25", json!({})).await;
    let there = Caller { base: other.base.clone(), ..here.clone() };
    here.agent("waiter").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let arguments = json!({"agent_id": "waiter", "wait_seconds": 20});
    let waiting = here.legacy("tools/call", json!({"name": "request_next_task", "arguments": arguments}));
    let cancelling = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let body = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
        assert_eq!(there.post(body.to_string()).await.status, 202);
    };
    let began = Instant::now();
    tokio::join!(waiting, cancelling);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
