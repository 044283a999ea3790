//! The standalone streams of a session (`GET /mcp`): several may be open, and each message goes out on one of them.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::json;

use crate::support::{Caller, Gateway, first_event};

async fn watching(gateway: &Gateway) -> Caller {
    let mut caller = gateway.caller();
    caller.initialize("2025-11-25", json!({})).await;
    assert_eq!(caller.legacy("resources/subscribe", json!({"uri": "taskgate://board"})).await.status, 200);
    caller
}

struct Standalone {
    response: Response,
    /// The id of the event that stands before all others.
    id: String,
    first: String,
}

async fn open(caller: &Caller, last: Option<&str>) -> Standalone {
    let mut request = caller.in_session(Method::GET);
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last);
    }
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let (first, id) = first_event(&mut response).await;
    Standalone { response, id, first }
}

impl Standalone {
    /// What comes next within 600 ms; `None` when nothing does, `Some("")` when it ends.
    async fn next(&mut self) -> Option<String> {
        let chunk = tokio::time::timeout(Duration::from_millis(600), self.response.chunk()).await.ok()?;
        Some(chunk.unwrap().map(|chunk| String::from_utf8_lossy(&chunk).into_owned()).unwrap_or_default())
    }

    async fn is_told(&mut self) -> bool {
        self.next().await.is_some_and(|text| text.contains("notifications/resources/updated"))
    }
}

async fn news(caller: &Caller) {
    caller.tool("create_task", json!({"title": "news"})).await.unwrap();
}

#[tokio::test]
async fn a_second_stream_leaves_the_first_open_and_each_message_goes_out_once() {
    let gateway = Gateway::start();
    let caller = watching(&gateway).await;
    let mut old = open(&caller, None).await;
    let mut new = open(&caller, None).await;
    news(&caller).await;
    assert!(new.is_told().await, "the newest is told");
    assert_eq!(old.next().await, None, "the first is told nothing and stays open");
    drop(new);
    tokio::time::sleep(Duration::from_millis(200)).await;
    news(&caller).await;
    assert!(old.is_told().await, "the first is the newest that is open");
    let unknown = caller.legacy("resources/subscribe", json!({"uri": "file:///etc/passwd"})).await;
    assert_eq!(unknown.json()["error"]["code"], -32002);
}

#[tokio::test]
async fn a_fifth_stream_ends_the_oldest_which_is_not_asked_back() {
    let gateway = Gateway::start();
    let caller = watching(&gateway).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push(open(&caller, None).await);
    }
    assert!(streams.iter().all(|stream| !stream.first.contains("retry:")));
    assert_eq!(streams[0].next().await.as_deref(), Some(""), "the oldest ends");
    for stream in &mut streams[1..4] {
        assert_eq!(stream.next().await, None);
    }
    news(&caller).await;
    assert!(streams[4].is_told().await);
    assert_eq!(caller.end_session().await, 204);
    for stream in &mut streams[1..] {
        while let Some(text) = stream.next().await {
            if text.is_empty() {
                break;
            }
        }
        assert_eq!(stream.next().await.as_deref(), Some(""), "DELETE ends all");
    }
}

#[tokio::test]
async fn streams_that_nobody_reads_make_room_before_open_ones() {
    let gateway = Gateway::start();
    let caller = watching(&gateway).await;
    let mut kept = open(&caller, None).await;
    for _ in 0..6 {
        drop(open(&caller, None).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(kept.next().await, None, "still open");
    news(&caller).await;
    assert!(kept.is_told().await);
}

#[tokio::test]
async fn a_resumed_standalone_stream_with_nothing_left_stays_open() {
    let gateway = Gateway::start();
    let caller = watching(&gateway).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        streams.push(open(&caller, None).await);
    }
    let ended = streams.remove(0);
    let mut resumed = open(&caller, Some(&ended.id)).await;
    assert_eq!(resumed.next().await, None, "it stays open though it had ended");
    news(&caller).await;
    assert!(resumed.is_told().await);
    let last = format!("{}-18446744073709551615", ended.id.rsplit_once('-').unwrap().0);
    let mut fresh = open(&caller, Some(&last)).await;
    news(&caller).await;
    assert!(fresh.is_told().await, "an id beyond the end opens a fresh stream");
}
