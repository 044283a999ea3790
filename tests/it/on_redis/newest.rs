//! The streams of one session over several gateways, and calls that are cancelled from another one than theirs.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{gateway, server::RedisServer};
use crate::support::{Answer, Caller, Gateway, OTHER_KEY, first_event};

const UPDATED: &str = "notifications/resources/updated";

/// The same caller at each gateway.
fn everywhere(caller: &Caller, gateways: &[Gateway]) -> Vec<Caller> {
    gateways.iter().map(|gateway| Caller { base: gateway.base.clone(), ..caller.clone() }).collect()
}

async fn opened(caller: &Caller) -> Response {
    let mut stream = caller.in_session(Method::GET).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    first_event(&mut stream).await;
    stream
}

/// What a stream says within that time, and whether it ended.
async fn said(stream: &mut Response, within: Duration) -> (String, bool) {
    let (until, mut text) = (tokio::time::Instant::now() + within, String::new());
    while let Ok(chunk) = tokio::time::timeout_at(until, stream.chunk()).await {
        match chunk {
            Ok(Some(chunk)) => text.push_str(&String::from_utf8_lossy(&chunk)),
            _ => return (text, true),
        }
    }
    (text, false)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_four_streams_over_all_gateways_and_the_newest_is_told() {
    let redis = RedisServer::start(&[]);
    let gateways = [(); 3].map(|()| gateway(&redis.url()));
    let mut caller = gateways[0].caller();
    caller.initialize("2025-11-25", json!({})).await;
    let at = everywhere(&caller, &gateways);
    assert_eq!(caller.legacy("resources/subscribe", json!({"uri": "taskgate://board"})).await.status, 200);
    // Each knows of the others, and of the subscription.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let mut streams = Vec::new();
    for place in [0, 1, 2, 0] {
        streams.push(opened(&at[place]).await);
    }
    for stream in &mut streams {
        assert_eq!(
            said(stream, Duration::from_millis(200)).await,
            (String::new(), false),
            "there may be four"
        );
    }
    streams.push(opened(&at[1]).await);
    let (told, has_ended) = said(&mut streams[0], Duration::from_secs(5)).await;
    assert!(has_ended, "the oldest of five ends: {told}");
    streams.remove(0);
    for (number, by) in at.iter().enumerate() {
        by.tool("create_task", json!({"title": format!("task {number}")})).await.unwrap();
        let (newest, older) = streams.split_last_mut().unwrap();
        let (told, _) = said(newest, Duration::from_secs(1)).await;
        assert_eq!(told.matches(UPDATED).count(), 1, "{told}");
        for stream in older {
            let (told, has_ended) = said(stream, Duration::from_millis(100)).await;
            assert!(!told.contains(UPDATED) && !has_ended, "{told}");
        }
    }
    assert_eq!(at[1].end_session().await, 204);
    for stream in &mut streams {
        assert!(said(stream, Duration::from_secs(2)).await.1, "it ends with its session");
    }
    for place in &at {
        let gone = async || place.in_session(Method::GET).send().await.unwrap().status() == 404;
        let begun = Instant::now();
        while !gone().await {
            assert!(begun.elapsed() < Duration::from_secs(2), "the session goes on");
        }
    }
}

fn cancels(id: u32) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}})
}

fn waits(id: u32, agent: &str) -> Value {
    let arguments = json!({"agent_id": agent, "wait_seconds": 20});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "request_next_task", "arguments": arguments}})
}

/// A message or a batch that is answered late.
fn sent(caller: &Caller, body: &Value) -> JoinSet<Answer> {
    let request = caller.in_session(Method::POST).body(body.to_string());
    JoinSet::from_iter([async { Answer::of(request.send().await.unwrap()).await }])
}

/// Waits until that many calls wait at the gateways.
async fn waiting(caller: &Caller, calls: usize) {
    let begun = Instant::now();
    loop {
        let listed = caller.request(Method::GET, "/sessions").send().await.unwrap();
        let listed: Value = listed.json().await.unwrap();
        if listed["sessions"].as_array().unwrap().len() == calls {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{listed}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_session_cancels_a_call_and_does_so_from_any_gateway() {
    let redis = RedisServer::start(&[]);
    let gateways = [(); 2].map(|()| gateway(&redis.url()));
    let mut here = gateways[0].caller();
    here.initialize("2025-03-26", json!({})).await;
    here.agent("waiter").await;
    here.agent("another").await;
    let there = Caller { base: gateways[1].base.clone(), ..here.clone() };
    let (mut second, mut mallory) = (there.clone(), Caller { key: OTHER_KEY.to_owned(), ..there.clone() });
    assert_eq!(mallory.post(cancels(1).to_string()).await.status, 404, "another's session");
    second.initialize("2025-03-26", json!({})).await;
    mallory.initialize("2025-03-26", json!({})).await;
    let mut alone = sent(&here, &waits(1, "waiter"));
    let ping = json!({"jsonrpc": "2.0", "id": 3, "method": "ping"});
    let mut batch = sent(&here, &json!([waits(2, "another"), ping]));
    waiting(&there, 2).await;
    for stranger in [&second, &mallory] {
        for id in [1, 2] {
            assert_eq!(stranger.post(cancels(id).to_string()).await.status, 202);
        }
        assert_eq!(stranger.post(json!([cancels(1), ping]).to_string()).await.status, 200);
    }
    let ended = tokio::time::timeout(Duration::from_millis(500), alone.join_next()).await;
    assert!(ended.is_err(), "another session cancels nothing: {ended:?}");
    waiting(&there, 2).await;
    let answered = there.post(json!([cancels(1), ping]).to_string()).await;
    assert_eq!((answered.status.as_u16(), answered.json()[0]["id"].clone()), (200, json!(3)), "{answered:?}");
    let soon = |calls: &mut JoinSet<Answer>| {
        let joined = std::mem::take(calls).join_all();
        async move {
            tokio::time::timeout(Duration::from_secs(1), joined).await.expect("it was cancelled").remove(0)
        }
    };
    let answered = soon(&mut alone).await;
    assert!(!answered.text.contains("\"result\""), "no answer to what was cancelled: {answered:?}");
    assert_eq!(there.post(cancels(2).to_string()).await.status, 202);
    let answered = soon(&mut batch).await;
    assert!(answered.text.contains("\"id\":3") && !answered.text.contains("\"id\":2"), "{answered:?}");
}
