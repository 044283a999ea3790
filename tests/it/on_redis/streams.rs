//! Open streams of stored keys while Redis is away: they stay, and say nothing more until their key was looked at.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{gateway, link::Link, server::RedisServer};
use crate::support::{ADMIN, Answer, Browser, Caller, Gateway};

/// By then the verdict on a stored key is good no more, and its streams know.
const DOUBTED: Duration = Duration::from_secs(6);
const SOON: Duration = Duration::from_secs(3);

/// A new stored key with its id.
async fn stored_key(gateway: &Gateway) -> (String, String) {
    let request = gateway.caller_with(ADMIN).request(Method::POST, "/admin/tokens").body("{}");
    let made = Answer::of(request.send().await.unwrap()).await.json();
    (made["mcp_key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

/// A stream, and what it said.
struct Heard {
    response: Response,
    text: String,
    has_ended: bool,
}

impl Heard {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.timeout(Duration::from_secs(60)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { response, text: String::new(), has_ended: false }
    }

    /// Hears until it said that or ended, or the time is over; whether it said that.
    async fn says(&mut self, text: &str, within: Duration) -> bool {
        let until = Instant::now() + within;
        while !self.text.contains(text) && !self.has_ended {
            let left = until.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.response.chunk()).await {
                Err(_) => break,
                Ok(Ok(Some(chunk))) => self.text.push_str(std::str::from_utf8(&chunk).unwrap()),
                Ok(_) => self.has_ended = true,
            }
        }
        self.text.contains(text)
    }

    /// What it says for so long.
    async fn rest(&mut self, within: Duration) -> String {
        self.text.clear();
        self.says("nothing says this", within).await;
        std::mem::take(&mut self.text)
    }
}

/// A session on `GET /sse` that is told of changes of the board.
struct Watching {
    heard: Heard,
    caller: Caller,
    endpoint: String,
}

impl Watching {
    async fn open(caller: Caller) -> Self {
        let mut heard = Heard::of(caller.request(Method::GET, "/sse")).await;
        assert!(heard.says("\n\n", SOON).await);
        let endpoint = heard.text.split("data: ").nth(1).unwrap().trim().to_owned();
        let mut watching = Self { heard, caller, endpoint };
        let client = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        for (method, params) in
            [("initialize", client), ("resources/subscribe", json!({"uri": "taskgate://board"}))]
        {
            watching.send(method, params).await;
            assert!(
                watching.heard.says(&format!(r#""id":"{method}""#), SOON).await,
                "{}",
                watching.heard.text
            );
        }
        watching
    }

    /// Sends what is answered on the stream.
    async fn send(&self, method: &str, params: Value) {
        let body = json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params});
        let request = self.caller.request(Method::POST, &self.endpoint).body(body.to_string());
        assert_eq!(request.send().await.unwrap().status(), 202);
    }

    /// Waits for a task for that many seconds.
    async fn wait(&self, agent: &str, seconds: u64) {
        let arguments = json!({"agent_id": agent, "wait_seconds": seconds});
        self.send("tools/call", json!({"name": "request_next_task", "arguments": arguments})).await;
    }
}

#[tokio::test]
async fn a_stream_of_a_stored_key_waits_for_redis_and_one_of_a_static_key_does_not() {
    let server = RedisServer::start(&[]);
    let gateway = gateway(&server.url());
    let stored = gateway.caller_with(&stored_key(&gateway).await.0);
    let known = gateway.caller();
    for (caller, agent) in [(&stored, "ana"), (&known, "bob")] {
        caller.agent(agent).await;
    }
    let (mut stored, mut known) = (Watching::open(stored).await, Watching::open(known).await);
    let begun = Instant::now();
    stored.wait("ana", 8).await;
    known.wait("bob", 8).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.signal("-STOP");
    let answer = r#""id":"tools/call""#;
    assert!(known.heard.says(answer, Duration::from_secs(12)).await, "{}", known.heard.text);
    assert!(begun.elapsed() > DOUBTED, "{:?}: {}", begun.elapsed(), known.heard.text);
    let told = stored.heard.rest(Duration::from_secs(1)).await;
    assert!(!told.contains("data:") && !stored.heard.has_ended, "{told}");
    server.signal("-CONT");
    assert!(stored.heard.says(answer, SOON).await, "{}", stored.heard.text);
    known.caller.tool("create_task", json!({"title": "news"})).await.unwrap();
    assert!(stored.heard.says("resources/updated", SOON).await, "{}", stored.heard.text);
}

#[tokio::test]
async fn a_stream_tells_nothing_five_seconds_after_the_verdict_on_its_key_however_new_it_is() {
    let server = RedisServer::start(&[]);
    let gateway = gateway(&server.url());
    let begun = Instant::now();
    let (key, _) = stored_key(&gateway).await;
    let (stored, known) = (gateway.caller_with(&key), gateway.caller());
    known.agent("bob").await;
    let mut known = Watching::open(known).await;
    // Keys of what is open are asked for beside the calls: this stream is opened late, after one such time.
    let verdict = begun + Duration::from_secs(1);
    tokio::time::sleep_until(verdict.into()).await;
    stored.agent("ana").await;
    tokio::time::sleep_until((verdict + Duration::from_millis(4_200)).into()).await;
    let mut stored = Watching::open(stored).await;
    stored.wait("ana", 2).await;
    known.wait("bob", 2).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.signal("-STOP");
    assert!(verdict.elapsed() < Duration::from_secs(5), "too late: {:?}", verdict.elapsed());
    let answer = r#""id":"tools/call""#;
    assert!(known.heard.says(answer, DOUBTED).await, "{}", known.heard.text);
    let told = stored.heard.rest(Duration::from_millis(200)).await;
    assert!(!told.contains("data:") && !stored.heard.has_ended, "{:?}: {told}", verdict.elapsed());
    server.signal("-CONT");
    assert!(stored.heard.says(answer, SOON).await, "{}", stored.heard.text);
}

#[tokio::test]
async fn a_stream_whose_key_was_revoked_while_its_gateway_was_cut_off_ends_and_tells_nothing() {
    let server = RedisServer::start(&[]);
    let link = Link::to(server.url().strip_prefix("redis+unix://").unwrap().to_owned());
    let (cut_off, other) = (gateway(&link.url), gateway(&server.url()));
    let (key, id) = stored_key(&other).await;
    let mut stream = Watching::open(cut_off.caller_with(&key)).await;
    let mut browser = Browser::new(&cut_off);
    browser.sign_in(&key).await;
    let mut page = Heard::of(browser.request(Method::GET, "/dashboard/stream")).await;
    let mut untouched = Watching::open(cut_off.caller_with(&stored_key(&other).await.0)).await;
    link.cut();
    other.caller().tool("create_task", json!({"title": "before"})).await.unwrap();
    let revoke = other.caller_with(ADMIN).request(Method::DELETE, &format!("/admin/tokens/{id}"));
    assert!(revoke.send().await.unwrap().status().is_success());
    other.caller().tool("create_task", json!({"title": "after"})).await.unwrap();
    let told = stream.heard.rest(DOUBTED).await;
    assert!(!told.contains("data:") && !stream.heard.has_ended, "{told}");
    page.rest(Duration::from_millis(1)).await;
    link.mend();
    let told = stream.heard.rest(SOON).await;
    assert!(stream.heard.has_ended && !told.contains("data:"), "{told}");
    let told = page.rest(SOON).await;
    assert!(page.has_ended && !told.contains("board"), "{told}");
    assert!(untouched.heard.says("resources/updated", SOON).await, "{}", untouched.heard.text);
}
