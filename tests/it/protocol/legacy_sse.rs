//! HTTP+SSE of 2024-11-05: endpoint first, answers on the stream, 202 to the POST, freed with its stream.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Caller, Gateway, OTHER_KEY, within_two_seconds};

struct Stream {
    response: Response,
    text: String,
    caller: Caller,
    pub endpoint: String,
}

impl Stream {
    async fn open(caller: Caller) -> Self {
        let response = caller.request(Method::GET, "/sse").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream = Self { response, text: String::new(), caller, endpoint: String::new() };
        let (event, data) = stream.event().await.unwrap();
        assert_eq!(event, "endpoint");
        stream.endpoint = data;
        stream
    }

    /// The next event; comments are passed over.
    async fn event(&mut self) -> Option<(String, String)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field =
                    |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                if let Some(data) = field("data: ") {
                    return Some((field("event: ").unwrap_or_default(), data));
                }
            }
            let wait = tokio::time::timeout(Duration::from_secs(5), self.response.chunk());
            let chunk = wait.await.expect("an event in time").ok().flatten()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn send(&self, caller: &Caller, body: Value) -> u16 {
        let request = caller.request(Method::POST, &self.endpoint).body(body.to_string());
        request.send().await.unwrap().status().as_u16()
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": method, "method": method, "params": params});
        assert_eq!(self.send(&self.caller, body).await, 202);
        let (event, data) = self.event().await.unwrap();
        assert_eq!(event, "message");
        let answer: Value = serde_json::from_str(&data).unwrap();
        assert_eq!(answer["id"], method);
        answer
    }
}

#[tokio::test]
async fn an_old_client_works_the_board_over_sse() {
    let gateway = Gateway::start();
    let mut stream = Stream::open(gateway.caller()).await;
    assert!(stream.endpoint.starts_with("/sse/messages?session_id="), "{}", stream.endpoint);
    let before = stream.ask("tools/list", json!({})).await;
    assert_eq!(before["error"]["code"], -32600, "nothing before initialize");
    let probe = stream.ask("server/discover", json!({})).await;
    assert_eq!(probe["error"]["code"], -32601, "a newer client falls back at once");
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        assert_eq!(stream.ask("initialize", params).await["result"]["protocolVersion"], version);
    }
    let agent =
        json!({"name": "register_agent", "arguments": {"agent_id": "s1", "name": "S", "role": "Tester"}});
    assert_eq!(stream.ask("tools/call", agent).await["result"]["structuredContent"]["success"], true);
    let next = json!({"name": "request_next_task", "arguments": {"agent_id": "s1"}});
    assert_eq!(stream.ask("tools/call", next).await["result"]["structuredContent"]["task"]["key"], "T-1");
}

#[tokio::test]
async fn the_session_is_its_owners_and_ends_with_the_stream() {
    let gateway = Gateway::start();
    let stream = Stream::open(gateway.caller()).await;
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    assert_eq!(stream.send(&gateway.caller_with(OTHER_KEY), ping.clone()).await, 404);
    let unknown = gateway.caller().request(Method::POST, "/sse/messages?session_id=0").body(ping.to_string());
    let refused = unknown.send().await.unwrap();
    assert_eq!(refused.status(), 404);
    assert!(refused.text().await.unwrap().contains("open GET /sse again"));
    let (endpoint, caller) = (stream.endpoint.clone(), gateway.caller());
    drop(stream);
    for _ in 0..50 {
        let request = caller.request(Method::POST, &endpoint).body(ping.to_string());
        if request.send().await.unwrap().status() == 404 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the session outlived its stream");
}

#[tokio::test]
async fn a_watched_task_is_announced_on_the_stream() {
    let gateway = Gateway::start();
    let mut stream = Stream::open(gateway.caller()).await;
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    stream.ask("initialize", params).await;
    stream.ask("resources/subscribe", json!({"uri": "taskgate://board"})).await;
    gateway.caller().tool("create_task", json!({"title": "news"})).await.unwrap();
    let (_, data) = stream.event().await.unwrap();
    let update: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(update["method"], "notifications/resources/updated");
    assert_eq!(update["params"]["uri"], "taskgate://board");
}

#[tokio::test]
async fn the_endpoint_keeps_the_public_urls_path() {
    let gateway = Gateway::with(&[("TASKGATE_PUBLIC_URL", "https://gate.example/tools/taskgate")]);
    let caller = gateway.caller();
    let mut response = caller.request(Method::GET, "/tools/taskgate/sse").send().await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    assert!(
        first.starts_with(b"event: endpoint\ndata: /tools/taskgate/sse/messages?session_id="),
        "{first:?}"
    );
    let bare = caller.request(Method::GET, "/sse").send().await.unwrap();
    assert_eq!(bare.status(), 200, "a proxy may take the prefix away");
    assert_eq!(
        caller.request(Method::GET, "/health").send().await.unwrap().status(),
        200,
        "probes know no prefix"
    );
}

#[tokio::test]
async fn a_call_has_one_log_line_and_what_is_no_call_has_its_own() {
    let gateway = Gateway::start();
    let mut stream = Stream::open(gateway.caller()).await;
    stream.ask("ping", json!({})).await;
    let caller = gateway.caller();
    assert_eq!(
        stream.send(&caller, json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await,
        202
    );
    assert_eq!(stream.send(&caller, json!({"junk": true})).await, 400);
    // Lines are written by threads of their own.
    within_two_seconds("both are logged", async || {
        gateway.log_contains("\"message\":\"call\"") && gateway.log_contains("\"status\":400")
    })
    .await;
    assert_eq!(gateway.log_line("\"message\":\"call\"").await["method"], "ping");
    let posts = gateway.log_lines("\"path\":\"/sse/messages\"");
    let statuses: Vec<_> = posts.iter().map(|line| line["status"].clone()).collect();
    assert_eq!(statuses, [202, 400], "{posts:?}");
}
