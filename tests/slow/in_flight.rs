//! Calls that take a while, against the gateway's own rooms with one slow tool: who cancels what, in which era.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{RequestBuilder, header::HeaderMap};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use taskgate::{
    app::{Services, features},
    config::{Settings, SettingsReader},
    http,
    mcp::ServerFeatures,
    model::{CallContext, Capability, Content, InputRequest, InputRequests},
    shutdown::Lifecycle,
    tools::{About, Annotations, RegisteredTool, Registry, Tool, ToolError, ToolOutput},
};

#[derive(Default)]
struct Seen {
    finished: AtomicU32,
    dropped: AtomicU32,
}

/// Counts a call that was dropped before it finished.
struct Waiting<'a>(&'a Seen, bool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

struct Wait;

#[derive(Deserialize, JsonSchema)]
struct WaitArgs {
    millis: u64,
}

impl Tool<Seen> for Wait {
    type Args = WaitArgs;
    type Answer = ToolOutput;

    fn about(&self) -> About {
        about("wait")
    }

    async fn call(
        &self,
        seen: &Seen,
        context: &CallContext,
        args: WaitArgs,
    ) -> Result<ToolOutput, ToolError> {
        let mut waiting = Waiting(seen, false);
        context.client.progress(0.0, Some(1.0), None);
        tokio::time::sleep(Duration::from_millis(args.millis)).await;
        waiting.1 = true;
        seen.finished.fetch_add(1, Ordering::SeqCst);
        Ok(ToolOutput::Content(vec![Content::text("waited")]))
    }
}

struct Ask;

#[derive(Deserialize, JsonSchema)]
struct AskArgs {}

impl Tool<Seen> for Ask {
    type Args = AskArgs;
    type Answer = ToolOutput;

    fn about(&self) -> About {
        about("ask")
    }

    async fn call(&self, _: &Seen, context: &CallContext, _: AskArgs) -> Result<ToolOutput, ToolError> {
        Ok(match context.input_responses.get("name") {
            Some(answer) => {
                ToolOutput::Content(vec![Content::text(format!("hello {}", answer["content"]["name"]))])
            }
            None => ToolOutput::InputRequired(InputRequests(vec![InputRequest {
                key: String::from("name"),
                needs: Capability::Elicitation,
                params: json!({"message": "who?", "requestedSchema": {"type": "object", "properties": {}}}),
            }])),
        })
    }
}

fn about(name: &'static str) -> About {
    let description = "A tool of this test.";
    About { name, title: name, description, annotations: Annotations::WRITE, scope: None }
}

fn tools(seen: &Arc<Seen>) -> Registry {
    Registry::new(vec![RegisteredTool::new(Wait, seen), RegisteredTool::new(Ask, seen)])
}

/// A gateway in this process; answers its address.
async fn start(seen: &Arc<Seen>) -> String {
    let environment = [
        ("TASKGATE_STORE", "memory"),
        ("MCP_PORT", "0"),
        ("MCP_AUTH_TOKENS", "k,other"),
        ("RATE_LIMIT_ENABLED", "false"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let settings = Settings::load(SettingsReader::new([].into(), environment), false).settings;
    let lifecycle = Lifecycle::default();
    let services = Services::open(&settings, lifecycle.clone()).await.unwrap();
    let bound = http::bind(settings.listen.address).await.unwrap();
    let base = format!("http://{}/mcp", bound.address);
    let features = ServerFeatures { tools: tools(seen), ..features(&services) };
    let state = services.app_state(settings, services.server(features));
    lifecycle.spawn(bound.with(state).run());
    base
}

fn post(url: &str, headers: &[(&'static str, &str)], body: Value) -> RequestBuilder {
    let request = reqwest::Client::new().post(url).bearer_auth("k").body(body.to_string());
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

fn modern(url: &str, tool: &str, arguments: Value, extra: Value) -> RequestBuilder {
    let mut meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}});
    for (name, value) in extra["_meta"].as_object().into_iter().flatten() {
        meta[name] = value.clone();
    }
    let mut params = json!({"name": tool, "arguments": arguments, "_meta": meta});
    for (name, value) in extra.as_object().unwrap().iter().filter(|(name, _)| *name != "_meta") {
        params[name] = value.clone();
    }
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", tool)];
    post(url, &headers, json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}))
}

async fn initialize(url: &str) -> String {
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": {"name": "t", "version": "1"}});
    let answer = post(url, &[], json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}))
        .send()
        .await
        .unwrap();
    answer.headers()["mcp-session-id"].to_str().unwrap().to_owned()
}

fn legacy(url: &str, session: &str, body: Value) -> RequestBuilder {
    post(url, &[("Mcp-Session-Id", session)], body)
}

fn wait(id: u32, millis: u64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "wait", "arguments": {"millis": millis}}})
}

async fn within_two_seconds(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(2), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn losing_the_connection_cancels_a_stateless_call_and_no_legacy_one() {
    let seen = Arc::new(Seen::default());
    let url = start(&seen).await;
    let request =
        modern(&url, "wait", json!({"millis": 60_000}), json!({})).timeout(Duration::from_millis(200));
    assert!(request.send().await.is_err());
    within_two_seconds("the stateless call is dropped", || seen.dropped.load(Ordering::SeqCst) == 1).await;
    let session = initialize(&url).await;
    let request = legacy(&url, &session, wait(1, 600)).timeout(Duration::from_millis(200));
    assert!(request.send().await.is_err());
    within_two_seconds("the legacy call finishes", || seen.finished.load(Ordering::SeqCst) == 1).await;
    assert_eq!(seen.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_client_cancels_by_notification_and_cannot_use_an_id_twice_at_once() {
    let seen = Arc::new(Seen::default());
    let url = start(&seen).await;
    let (session, other) = (initialize(&url).await, initialize(&url).await);
    let running = tokio::task::JoinSet::from_iter([legacy(&url, &session, wait(7, 60_000)).send()]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let twice: Value = legacy(&url, &session, wait(7, 1)).send().await.unwrap().json().await.unwrap();
    assert_eq!(twice["error"]["code"], -32600);
    let elsewhere: Value = legacy(&url, &other, wait(7, 1)).send().await.unwrap().json().await.unwrap();
    assert_eq!(elsewhere["result"]["content"][0]["text"], "waited", "another session's ids are its own");
    let cancelled =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}});
    legacy(&url, &other, cancelled.clone()).send().await.unwrap();
    assert_eq!(seen.dropped.load(Ordering::SeqCst), 0, "another session cancels nothing");
    assert_eq!(legacy(&url, &session, cancelled).send().await.unwrap().status(), 202);
    within_two_seconds("the call is dropped", || seen.dropped.load(Ordering::SeqCst) == 1).await;
    let answer = running.join_all().await.remove(0).unwrap();
    assert!(!answer.text().await.unwrap().contains("\"id\":7"), "no answer to a cancelled call");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_precedes_the_answer_on_a_stream_and_silence_is_short() {
    let url = start(&Arc::new(Seen::default())).await;
    let extra = json!({"_meta": {"progressToken": "p"}});
    let text = modern(&url, "wait", json!({"millis": 50}), extra).send().await.unwrap().text().await.unwrap();
    let (progress, answer) = (text.find("notifications/progress").unwrap(), text.find("waited").unwrap());
    assert!(progress < answer && text.contains(r#""progressToken":"p""#), "{text}");
    let started = Instant::now();
    let slow = modern(&url, "wait", json!({"millis": 3000}), json!({})).send().await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(2800), "the head comes before the answer");
    assert_eq!(slow.headers()["content-type"], "text/event-stream");
    assert!(slow.text().await.unwrap().contains("waited"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_question_is_answered_by_its_own_session_alone() {
    let url = start(&Arc::new(Seen::default())).await;
    let (session, other) = (initialize(&url).await, initialize(&url).await);
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask"}});
    let mut stream = legacy(&url, &session, call).send().await.unwrap();
    let mut text = String::new();
    while !text.contains("elicitation/create") {
        text.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
    }
    let id = text.split(r#""id":""#).nth(1).unwrap().split('"').next().unwrap();
    let answer = |name: &str| json!({"jsonrpc": "2.0", "id": id, "result": {"action": "accept", "content": {"name": name}}});
    assert_eq!(legacy(&url, &other, answer("mallory")).send().await.unwrap().status(), 202);
    assert_eq!(legacy(&url, &session, answer("alice")).send().await.unwrap().status(), 202);
    let rest = stream.text().await.unwrap();
    assert!(rest.contains("hello \\\"alice\\\""), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_state_is_for_its_own_user_and_call() {
    let url = start(&Arc::new(Seen::default())).await;
    let first: Value = modern(&url, "ask", json!({}), json!({})).send().await.unwrap().json().await.unwrap();
    assert_eq!(first["result"]["resultType"], "input_required");
    let answers = json!({"name": {"action": "accept", "content": {"name": "zoe"}}});
    let retry = json!({"requestState": first["result"]["requestState"], "inputResponses": answers});
    let done: Value =
        modern(&url, "ask", json!({}), retry.clone()).send().await.unwrap().json().await.unwrap();
    assert_eq!(done["result"]["content"][0]["text"], "hello \"zoe\"");
    let other_arguments: Value =
        modern(&url, "ask", json!({"x": 1}), retry.clone()).send().await.unwrap().json().await.unwrap();
    assert_eq!(other_arguments["error"]["code"], -32602);
    let mut other = HeaderMap::new();
    other.insert("authorization", "Bearer other".parse().unwrap());
    let stolen = modern(&url, "ask", json!({}), retry).headers(other).send().await.unwrap();
    assert_eq!(stolen.json::<Value>().await.unwrap()["error"]["code"], -32602, "another user's state");
}
