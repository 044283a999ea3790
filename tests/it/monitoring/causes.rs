//! What each metric counts: a cause moves its own series by exactly what it is, and no other.

#![expect(clippy::float_cmp, reason = "counts are whole numbers, which are the same or not")]

use std::{collections::BTreeMap, time::Duration};

use reqwest::Method;
use serde_json::json;
use taskgate::telemetry::metrics::TABLE;

use crate::support::{
    ADMIN, Browser, Caller, Gateway, KEY, METRICS_TOKEN, MetricsPage, WEBHOOK_SECRET, http, next,
    pass_seconds, person, webhook_signature, within_two_seconds,
};

const TOKEN: (&str, &str) = ("TASKGATE_METRICS_TOKEN", METRICS_TOKEN);

/// Series and how far each has moved.
type Moved = BTreeMap<String, f64>;

fn gateway(settings: &[(&str, &str)]) -> Gateway {
    // However slow this machine is.
    let patient = ("TASKGATE_OBJECTIVE_LATENCY_MS", "60000");
    Gateway::with(&[&[TOKEN, patient], settings].concat())
}

/// The metrics when nothing is owed to the board any more.
async fn settled(gateway: &Gateway) -> MetricsPage {
    loop {
        let page = gateway.metrics().await;
        if page.of("taskgate_outbox_entries") == 0.0 {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What moved while `cause` came about.
async fn moved<T>(gateway: &Gateway, cause: impl Future<Output = T>) -> Moved {
    let before = settled(gateway).await;
    cause.await;
    settled(gateway).await.since(&before)
}

fn series(all: &[(&str, u32)]) -> Moved {
    all.iter().map(|(name, count)| ((*name).to_owned(), f64::from(*count))).collect()
}

/// What one answered request moves.
fn request(route: &str, method: &str, status: &str) -> Moved {
    let count =
        format!("taskgate_http_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}}");
    let duration = format!("taskgate_http_request_duration_seconds_count{{route=\"{route}\"}}");
    series(&[(&count, 1), (&duration, 1)])
}

/// What one call of a tool moves, and those.
fn call(tool: &str, outcome: &str, more: &[(&str, u32)]) -> Moved {
    let call = format!(
        "taskgate_calls_total{{method=\"tools/call\",transport=\"streamable_http\",era=\"modern\",outcome=\"{outcome}\"}}"
    );
    let of_tool = format!("taskgate_tool_calls_total{{tool=\"{tool}\",outcome=\"{outcome}\"}}");
    let duration = format!("taskgate_tool_call_duration_seconds_count{{tool=\"{tool}\"}}");
    let mut all = request("/mcp", "POST", "2xx");
    all.extend(series(&[(&call, 1), (&of_tool, 1), (&duration, 1), (&judged("availability", "good"), 1)]));
    if tool != "request_next_task" {
        all.extend(series(&[(&judged("latency", "good"), 1)]));
    }
    all.extend(series(more));
    all
}

fn judged(objective: &str, verdict: &str) -> String {
    format!("taskgate_objective_calls_total{{objective=\"{objective}\",verdict=\"{verdict}\"}}")
}

fn refused(route: &str, method: &str, more: &[(&str, u32)]) -> Moved {
    let mut all = request(route, method, "4xx");
    all.extend(series(more));
    all
}

const WRITTEN: &str = "taskgate_board_writes_total{outcome=\"written\"}";

fn claim(event: &str) -> String {
    format!("taskgate_claims_total{{event=\"{event}\"}}")
}

fn error(code: &str) -> String {
    format!("taskgate_errors_total{{code=\"{code}\"}}")
}

fn failure(reason: &str) -> String {
    format!("taskgate_auth_failures_total{{reason=\"{reason}\"}}")
}

#[test]
fn every_metric_has_a_cause_here() {
    let causes = concat!(
        include_str!("causes.rs"),
        include_str!("readings.rs"),
        include_str!("objectives.rs"),
        include_str!("../on_redis/metrics.rs")
    );
    for metric in TABLE {
        let name = metric.declaration().name;
        assert!(causes.contains(name), "nothing moves {name}");
    }
}

#[tokio::test]
async fn calls_and_refusals() {
    let gateway = gateway(&[("MCP_ADMIN_TOKEN", ADMIN)]);
    let caller = gateway.caller();
    let get = async |key: &str, path: &str| {
        let request = gateway.caller_with(key).request(Method::GET, path);
        request.send().await.unwrap().status().as_u16()
    };
    let ping = moved(&gateway, caller.tool("ping", json!({}))).await;
    assert_eq!(ping, call("ping", "ok", &[]));
    let unknown = moved(&gateway, caller.tool("heartbeat", json!({"agent_id": "nobody"}))).await;
    assert_eq!(unknown, call("heartbeat", "failed", &[(&error("agent_not_found"), 1)]));
    let wrong_key = moved(&gateway, get("wrong", "/api/me")).await;
    let expected = [(&*error("unauthenticated"), 1), (&*failure("wrong_key"), 1)];
    assert_eq!(wrong_key, refused("/api/me", "GET", &expected));
    let none = moved(&gateway, http().get(format!("{}/sse", gateway.base)).send()).await;
    let expected = [(&*error("unauthenticated"), 1), (&*failure("missing"), 1)];
    assert_eq!(none, refused("/sse", "GET", &expected));
    let guessed = moved(&gateway, get("wrong", "/metrics")).await;
    assert_eq!(guessed, series(&[(&error("unauthenticated"), 1), (&failure("wrong_metrics_token"), 1)]));
    let unknown = moved(&gateway, get("", "/nothing/at/all")).await;
    assert_eq!(unknown, refused("other", "GET", &[(&error("not_found"), 1)]));
    let put = moved(&gateway, caller.request(Method::PUT, "/mcp").send()).await;
    assert_eq!(put, refused("/mcp", "other", &[(&error("method_not_allowed"), 1)]));
    let unread = moved(&gateway, caller.post("{")).await;
    assert_eq!(unread, refused("/mcp", "POST", &[(&error("bad_request"), 1)]));
    let listed = moved(&gateway, get(ADMIN, "/admin/tokens")).await;
    let mut expected = request("/admin/tokens", "GET", "2xx");
    expected.extend(series(&[("taskgate_admin_calls_total{action=\"list_keys\",outcome=\"ok\"}", 1)]));
    assert_eq!(listed, expected);
    let no_admin = moved(&gateway, get("wrong", "/admin/usage")).await;
    let call = "taskgate_admin_calls_total{action=\"read_usage\",outcome=\"refused\"}";
    let expected = [(&*error("forbidden"), 1), (&*failure("wrong_admin_token"), 1), (call, 1)];
    assert_eq!(no_admin, refused("/admin/usage", "GET", &expected));
}

#[tokio::test]
async fn claims_from_grant_to_end() {
    let gateway = gateway(&[]);
    let caller = gateway.caller();
    for agent in ["a", "b"] {
        caller.agent(agent).await;
        caller.tool("create_task", json!({"title": "more to do"})).await.unwrap();
    }
    assert_eq!(gateway.metrics().await.of("taskgate_agents"), 2.0);
    let ask = || next(&caller, "a");
    let granted = moved(&gateway, ask()).await;
    assert_eq!(granted, call("request_next_task", "ok", &[(&claim("granted"), 1), (WRITTEN, 2)]));
    let held = ask().await["task"]["id"].clone();
    assert_eq!(moved(&gateway, ask()).await, call("request_next_task", "ok", &[(&claim("renewed"), 1)]));
    let beat = moved(&gateway, caller.tool("heartbeat", json!({"agent_id": "a"}))).await;
    assert_eq!(beat, call("heartbeat", "ok", &[(&claim("renewed"), 1)]));
    let report = |agent: &str, status: &str| json!({"agent_id": agent, "task_id": held, "status": status});
    let others = moved(&gateway, caller.tool("report_task_progress", report("b", "completed"))).await;
    let expected = [(&*claim("refused"), 1), (&*error("not_task_holder"), 1)];
    assert_eq!(others, call("report_task_progress", "failed", &expected));
    let idle = moved(&gateway, caller.tool("heartbeat", json!({"agent_id": "b"}))).await;
    assert_eq!(idle, call("heartbeat", "failed", &expected));
    let done = moved(&gateway, caller.tool("report_task_progress", report("a", "completed"))).await;
    assert_eq!(done, call("report_task_progress", "ok", &[(&claim("completed"), 1), (WRITTEN, 1)]));
    let again = moved(&gateway, caller.tool("report_task_progress", report("a", "completed"))).await;
    assert_eq!(again, call("report_task_progress", "ok", &[]), "a repeat is the same report");
    let given_back = json!({"agent_id": "a", "task_id": ask().await["task"]["id"], "message": "not mine"});
    let released = moved(&gateway, caller.tool("release_task", given_back)).await;
    assert_eq!(released, call("release_task", "ok", &[(&claim("released"), 1), (WRITTEN, 2)]));
    let blocked = json!({"agent_id": "a", "task_id": ask().await["task"]["id"], "blocker_description": "stuck", "severity": "high"});
    let blocked = moved(&gateway, caller.tool("report_blocker", blocked)).await;
    assert_eq!(blocked, call("report_blocker", "ok", &[(&claim("blocked"), 1), (WRITTEN, 2)]));
    let key = ask().await["task"]["key"].as_str().unwrap().to_owned();
    let before = settled(&gateway).await;
    person(gateway.folder.path(), &["move", &key, "done"]);
    let ended = claim("ended_by_person");
    within_two_seconds("the claim ends", async || gateway.metrics().await.of(&ended) == 1.0).await;
    assert_eq!(gateway.metrics().await.since(&before).keys().collect::<Vec<_>>(), [&ended]);
}

#[tokio::test]
async fn leases_that_end() {
    let gateway = gateway(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    caller.tool("create_task", json!({"title": "the only one"})).await.unwrap();
    let count = async |event: &str| gateway.metrics().await.of(&claim(event));
    for (holder, expired, parked) in [("a", 1.0, 0.0), ("b", 2.0, 0.0), ("c", 2.0, 1.0)] {
        caller.agent(holder).await;
        next(&caller, holder).await;
        pass_seconds(&gateway, &caller, 601).await;
        within_two_seconds("the end is counted", async || {
            (count("expired").await, count("parked").await) == (expired, parked)
        })
        .await;
    }
    assert_eq!(count("granted").await, 3.0);
}

#[tokio::test]
async fn waits() {
    let gateway = gateway(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    caller.agent("a").await;
    let (waiting, mut calls) = (caller.clone(), tokio::task::JoinSet::new());
    let wish = json!({"agent_id": "a", "wait_seconds": 20});
    calls.spawn(async move { waiting.tool("request_next_task", wish).await });
    let now = async || gateway.metrics().await;
    within_two_seconds("it waits", async || now().await.of("taskgate_waiting_agents") == 1.0).await;
    assert_eq!(now().await.of("taskgate_wait_duration_seconds_count"), 0.0);
    let running = "taskgate_running_calls{transport=\"streamable_http\",era=\"modern\"}";
    within_two_seconds("it is a running call", async || now().await.of(running) == 1.0).await;
    caller.tool("create_task", json!({"title": "at last"})).await.unwrap();
    calls.join_next().await;
    let after = now().await;
    assert_eq!(after.of("taskgate_waiting_agents"), 0.0);
    assert_eq!(after.of("taskgate_wait_duration_seconds_count"), 1.0);
    assert!(after.of("taskgate_wait_duration_seconds_sum") > 0.0);
    assert_eq!(after.of(running), 0.0);
}

#[tokio::test]
async fn limits() {
    let limit = |name: &str| format!("taskgate_limit_hits_total{{limit=\"{name}\"}}");
    let settings =
        [("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_REQUESTS_PER_MINUTE", "1"), ("RATE_LIMIT_BURST", "1")];
    let limited = gateway(&settings);
    let me = async |gateway: &Gateway, key: &str| {
        gateway.caller_with(key).request(Method::GET, "/api/me").send().await.unwrap().status().as_u16()
    };
    let key = crate::support::KEY;
    assert_eq!((me(&limited, key).await, me(&limited, key).await), (200, 200));
    let beyond = moved(&limited, me(&limited, key)).await;
    assert_eq!(beyond, refused("/api/me", "GET", &[(&error("rate_limited"), 1), (&limit("key_rate"), 1)]));
    let guessed = gateway(&[]);
    guessed.metrics().await;
    for _ in 0..10 {
        assert_eq!(me(&guessed, "wrong").await, 401);
    }
    let before = guessed.metrics().await;
    assert_eq!(before.of(&failure("wrong_key")), 10.0);
    let locked = moved(&guessed, me(&guessed, "wrong")).await;
    let expected = [
        (&*error("rate_limited"), 1),
        (&*failure("too_many_failures"), 1),
        (&*limit("failed_authentication"), 1),
    ];
    assert_eq!(locked, refused("/api/me", "GET", &expected));
    let few = gateway(&[("TASKGATE_MAX_STREAMS_PER_PRINCIPAL", "1")]);
    let stream = async || few.caller().request(Method::GET, "/sse").send().await.unwrap();
    let _open = stream().await;
    let mut expected = request("/sse", "GET", "5xx");
    expected.extend(series(&[(&error("too_many_streams"), 1), (&limit("streams"), 1)]));
    assert_eq!(moved(&few, stream()).await, expected);
}

#[tokio::test]
async fn connections_beyond_the_cap() {
    let gateway =
        Gateway::with(&[("TASKGATE_METRICS_LISTEN", "127.0.0.1:0"), ("TASKGATE_MAX_CONNECTIONS", "1")]);
    let at = async || {
        within_two_seconds("it says where", async || gateway.log_contains("metrics at http")).await;
        let line = gateway.log_line("metrics at http").await["message"].as_str().unwrap().to_owned();
        let url = line.split_once("metrics at ").unwrap().1.split(',').next().unwrap().to_owned();
        MetricsPage::read(&http().get(url).send().await.unwrap().text().await.unwrap())
    };
    let held = gateway.caller();
    held.tool("ping", json!({})).await.unwrap();
    let before = at().await;
    let beyond = http().get(format!("{}/api/me", gateway.base)).send().await.unwrap();
    assert_eq!(beyond.status(), 503);
    let mut expected = request("/api/me", "GET", "5xx");
    let hit = "taskgate_limit_hits_total{limit=\"connections\"}";
    expected.extend(series(&[(&error("too_many_connections"), 1), (hit, 1)]));
    assert_eq!(at().await.since(&before), expected);
}

#[tokio::test]
async fn streams_and_sessions() {
    let gateway = gateway(&[]);
    let mut caller = gateway.caller();
    caller.initialize("2025-11-25", json!({})).await;
    let of = async |way: &str| {
        let page = gateway.metrics().await;
        let at = |name: &str| page.of(&format!("{name}{{{way}}}"));
        (at("taskgate_open_streams"), at("taskgate_open_sessions"))
    };
    let (modern, legacy) =
        ("transport=\"streamable_http\",era=\"modern\"", "transport=\"streamable_http\",era=\"legacy\"");
    let sse = "transport=\"legacy_sse\",era=\"legacy\"";
    assert_eq!((of(modern).await, of(legacy).await, of(sse).await), ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0)));
    let get = async |caller: &Caller| {
        caller.in_session(Method::GET).header("Accept", "text/event-stream").send().await.unwrap()
    };
    let two_of_one = (get(&caller).await, get(&caller).await);
    let old = caller.request(Method::GET, "/sse").send().await.unwrap();
    let mut browser = Browser::new(&gateway);
    browser.sign_in(KEY).await;
    let seen = browser.request(Method::GET, "/dashboard/stream").send().await.unwrap();
    assert_eq!(gateway.metrics().await.of("taskgate_open_dashboards"), 1.0);
    assert_eq!((of(legacy).await, of(sse).await), ((2.0, 1.0), (1.0, 1.0)));
    drop((two_of_one, old, seen));
    within_two_seconds("they are closed", async || {
        (of(legacy).await, of(sse).await) == ((0.0, 0.0), (0.0, 0.0))
    })
    .await;
}

#[tokio::test]
async fn webhooks() {
    const COMMENT: &str = include_str!("../../data/webhooks/pull_request_review_comment.json");
    const PING: &str = include_str!("../../data/webhooks/ping.json");
    let gateway = gateway(&[("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET)]);
    let send = async |event: &str, secret: &str, body: &str| {
        let request = http()
            .post(format!("{}/webhooks/github", gateway.base))
            .header("X-GitHub-Event", event)
            .header("X-GitHub-Delivery", "d-1")
            .header("Content-Type", "application/json")
            .header("X-Hub-Signature-256", webhook_signature(secret, body));
        request.body(body.to_owned()).send().await.unwrap()
    };
    let of = |outcome: &str| format!("taskgate_webhooks_total{{sender=\"github\",outcome=\"{outcome}\"}}");
    for (event, body, outcome) in [
        ("pull_request_review_comment", COMMENT, "accepted"),
        ("pull_request_review_comment", COMMENT, "repeated"),
        ("ping", PING, "pong"),
        ("star", "{}", "ignored"),
    ] {
        let mut expected = request("/webhooks/github", "POST", "2xx");
        expected.extend(series(&[(&of(outcome), 1)]));
        assert_eq!(moved(&gateway, send(event, WEBHOOK_SECRET, body)).await, expected, "{outcome}");
    }
    let unsigned = moved(&gateway, send("ping", "another secret", PING)).await;
    let expected =
        [(&*error("unauthenticated"), 1), (&*failure("wrong_webhook_secret"), 1), (&*of("refused"), 1)];
    assert_eq!(unsigned, refused("/webhooks/github", "POST", &expected));
}
