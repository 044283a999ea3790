//! What the spans of a call say: of which trace they are, which is part of which, and nothing of what it was about.

use std::{io::Write, process::Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Collector, Gateway, KEY, Takes, attributes, command, hex, issues::IssuesHost, linear::FakeLinear,
    modern_meta, next, within_two_seconds,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "00f067aa0ba902b7";
const SOON: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "20");

fn parent(trace: &str, flags: &str) -> String {
    format!("00-{trace}-{SPAN}-{flags}")
}

/// A gateway that tells the collector of its traces.
fn gateway(collector: &Collector, settings: &[(&str, &str)]) -> Gateway {
    let url = collector.url();
    Gateway::with(&[&[("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), SOON], settings].concat())
}

/// A call of a tool whose `_meta` names that parent.
fn call_within(gateway: &Gateway, tool: &str, arguments: Value, parent: &str) -> reqwest::RequestBuilder {
    let mut meta = modern_meta(json!({}));
    meta["traceparent"] = parent.into();
    let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    gateway.caller().modern_request("tools/call", json!({"name": tool})).body(body.to_string())
}

#[tokio::test]
async fn a_call_is_one_trace_from_its_caller_to_the_board() {
    let (collector, linear) = (Collector::start(Takes::All).await, FakeLinear::start());
    linear.change(|world| _ = world.new_team("ENG"));
    let key = linear.key("Bot", true);
    let settings = [
        ("KANBAN_PROVIDER", "linear"),
        ("LINEAR_TEAM_ID", "eng"),
        ("LINEAR_API_URL", linear.url.as_str()),
        ("LINEAR_API_KEY", key.as_str()),
    ];
    let gateway = gateway(&collector, &settings);
    let text = "Nobody-may-read-this";
    let arguments = json!({"title": text, "description": format!("{text} either")});
    let params = json!({"name": "create_task", "arguments": arguments});
    let request = gateway.caller().modern_request("tools/call", params);
    let request = request.header("traceparent", parent(TRACE, "01")).header("tracestate", "rojo=1, congo=2");
    let answer = request.send().await.unwrap().text().await.unwrap();
    assert!(answer.contains(text), "{answer}");
    let spans = collector.with_span(TRACE, "POST /mcp").await;
    let (http, call) = (spans.named("POST /mcp"), spans.named("tools/call create_task"));
    assert_eq!((hex(&http.parent_span_id), http.kind), (SPAN.to_owned(), 2));
    assert_eq!(http.trace_state, "rojo=1, congo=2");
    let said = ["http.request.method=POST", "http.route=/mcp", "http.response.status_code=200"];
    assert_eq!(attributes(http), said);
    assert_eq!((spans.parent(call), call.kind), ("POST /mcp".to_owned(), 2));
    let said = [
        "mcp.method.name=tools/call",
        "gen_ai.tool.name=create_task",
        "gen_ai.operation.name=execute_tool",
        "mcp.protocol.version=2026-07-28",
        "network.transport=tcp",
    ];
    assert_eq!(attributes(call)[..5], said);
    let board = spans.named("board create");
    assert_eq!(spans.parent(board), "tools/call create_task");
    assert_eq!(attributes(board)[0], "taskgate.board.provider=linear");
    let upstream = spans.0.iter().find(|span| span.parent_span_id == board.span_id).expect("Linear is asked");
    assert_eq!((upstream.kind, attributes(upstream)[1].as_str()), (3, "taskgate.upstream=linear"));
    let store = spans.0.iter().find(|span| span.name.starts_with("store ")).expect("the store is asked");
    assert_eq!(attributes(store)[0], "db.system.name=sqlite");
    for span in &spans.0 {
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano, "{span:?}");
        assert!(span.span_id == http.span_id || span.start_time_unix_nano >= http.start_time_unix_nano);
    }
    for posted in collector.taken() {
        let body = String::from_utf8_lossy(&posted.body);
        for private in [text, "static-", "eng", "ENG", KEY, "127.0.0.1"] {
            assert!(!body.contains(private), "{private} is in {body}");
        }
    }
}

#[tokio::test]
async fn what_goes_on_in_a_task_of_its_own_is_part_of_the_call() {
    let collector = Collector::start(Takes::All).await;
    let gateway = gateway(&collector, &[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    caller.agent("a").await;
    let ask = json!({"name": "request_next_task", "arguments": {"agent_id": "a", "wait_seconds": 10}});
    let request = caller.modern_request("tools/call", ask).header("traceparent", parent(TRACE, "01"));
    let waiting = tokio::join!(async { request.send().await.unwrap().text().await.unwrap() }, async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        caller.tool("create_task", json!({"title": "t"})).await.unwrap();
    });
    assert!(waiting.0.contains("task_id") || waiting.0.contains("\"task\""), "{}", waiting.0);
    let spans = collector.with_span(TRACE, "tools/call request_next_task").await;
    let call = spans.named("tools/call request_next_task");
    assert_eq!(spans.parent(call), "POST /mcp");
    let written = spans.0.iter().find(|span| span.name == "store write").expect("the grant is written");
    assert_eq!(spans.parent(written), "tools/call request_next_task");
    assert!(call.end_time_unix_nano - call.start_time_unix_nano > 300_000_000);
}

#[tokio::test]
async fn what_a_call_says_of_its_parent_goes_before_what_its_request_says() {
    let collector = Collector::start(Takes::All).await;
    let gateway = gateway(&collector, &[]);
    let request = call_within(&gateway, "list_tasks", json!({}), &parent(OTHER_TRACE, "01"));
    request.header("traceparent", parent(TRACE, "01")).send().await.unwrap();
    let spans = collector.with_span(OTHER_TRACE, "tools/call list_tasks").await;
    let call = spans.named("tools/call list_tasks");
    assert_eq!(hex(&call.parent_span_id), SPAN);
    let http = collector.with_span(TRACE, "POST /mcp").await;
    assert_eq!((call.links.len(), hex(&call.links[0].trace_id).as_str()), (1, TRACE));
    assert_eq!(call.links[0].span_id, http.named("POST /mcp").span_id);
    assert!(!http.names().contains(&"tools/call list_tasks"));
}

#[tokio::test]
async fn what_is_no_parent_is_as_good_as_none() {
    let collector = Collector::start(Takes::All).await;
    let gateway = gateway(&collector, &[]);
    let long = parent(TRACE, "01").repeat(100);
    for wrong in [&parent(TRACE, "zz"), &parent(&"0".repeat(32), "01"), "x", &long] {
        let request = call_within(&gateway, "ping", json!({}), wrong).header("traceparent", wrong);
        assert_eq!(request.send().await.unwrap().status(), 200, "{wrong}");
    }
    let numbers = call_within(&gateway, "ping", json!({}), "").body(
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ping", "_meta": {
            "traceparent": 7, "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}}}})
        .to_string(),
    );
    assert_eq!(numbers.send().await.unwrap().status(), 200);
    within_two_seconds("all are told of", async || collector.spans().0.len() >= 10).await;
    let spans = collector.spans();
    assert_eq!(spans.of(TRACE).0, []);
    for call in spans.0.iter().filter(|span| span.name == "tools/call ping") {
        assert_eq!(spans.parent(call), "POST /mcp");
    }
}

#[tokio::test]
async fn a_caller_decides_where_it_is_asked() {
    let collector = Collector::start(Takes::All).await;
    for (sampler, recorded) in [
        ("parentbased_always_on", [true, false, true]),
        ("parentbased_always_off", [true, false, false]),
        ("always_off", [false, false, false]),
        ("always_on", [true, true, true]),
    ] {
        let gateway = gateway(&collector, &[("OTEL_TRACES_SAMPLER", sampler)]);
        let before = collector.spans().0.len();
        for flags in ["01", "00", ""] {
            let request = gateway.caller().request(Method::GET, "/api/me");
            let request =
                if flags.is_empty() { request } else { request.header("traceparent", parent(TRACE, flags)) };
            request.send().await.unwrap();
        }
        let asked =
            || collector.spans().0.split_off(before).iter().filter(|span| span.name == "GET /api/me").count();
        let expected = recorded.iter().filter(|recorded| **recorded).count();
        within_two_seconds(sampler, async || asked() == expected).await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert_eq!(asked(), expected, "{sampler}");
    }
}

#[tokio::test]
async fn a_stranger_decides_nothing() {
    let collector = Collector::start(Takes::All).await;
    let gateway = gateway(&collector, &[("OTEL_TRACES_SAMPLER", "parentbased_always_off")]);
    let ask = async |key: &str, trace: &str| {
        let request = gateway.caller_with(key).request(Method::GET, "/api/me");
        request.header("traceparent", parent(trace, "01")).send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask("nobody's key", OTHER_TRACE).await, 401);
    assert_eq!(ask(KEY, TRACE).await, 200);
    collector.with_span(TRACE, "GET /api/me").await;
    assert_eq!(collector.spans().of(OTHER_TRACE).0, []);
}

#[tokio::test]
async fn what_fails_says_of_what_kind_and_probes_are_not_told_of() {
    let (collector, host) = (Collector::start(Takes::All).await, IssuesHost::start());
    let gateway = gateway(&collector, &host.settings());
    within_two_seconds("the board was read", async || {
        gateway.caller().tool("list_tasks", json!({})).await.is_ok()
    })
    .await;
    host.breaks(500);
    for path in ["/health", "/ready"] {
        gateway.caller().request(Method::GET, path).send().await.unwrap();
    }
    let params = json!({"name": "get_task", "arguments": {"task_id": "#99"}});
    let request = gateway.caller().modern_request("tools/call", params);
    request.header("traceparent", parent(TRACE, "01")).send().await.unwrap().text().await.unwrap();
    let spans = collector.with_span(TRACE, "tools/call get_task").await;
    for (name, kind) in
        [("tools/call get_task", "board_unavailable"), ("board find", "unavailable"), ("GET github", "5xx")]
    {
        let span = spans.named(name);
        assert_eq!(span.status.as_ref().map(|status| status.code), Some(2), "{name}");
        assert_eq!(attributes(span).last(), Some(&format!("error.type={kind}")));
    }
    assert_eq!(spans.named("POST /mcp").status, None, "the answer came");
    let names = collector.spans();
    assert!(!names.names().iter().any(|name| name.contains("health") || name.contains("ready")), "{names:?}");
    let line = gateway.log_line(&format!("\"trace_id\":\"{TRACE}\"")).await;
    assert!(line["request_id"].is_string(), "{line}");
}

#[tokio::test]
async fn jobs_are_traces_of_their_own_and_whoever_is_told_sees_which() {
    let (collector, subscriber) = (Collector::start(Takes::All).await, Collector::start(Takes::All).await);
    let hook = format!("{}/hook", subscriber.url());
    let settings = [
        ("TASKGATE_BOARD_WEBHOOK_URL", hook.as_str()),
        ("TASKGATE_BOARD_WEBHOOK_SECRET", "subscribers-secret-for-tests-0123456789"),
        ("TASKGATE_BOARD_REFRESH_SECONDS", "1"),
    ];
    let gateway = gateway(&collector, &settings);
    gateway.caller().agent("a").await;
    next(&gateway.caller(), "a").await;
    for (job, part) in [
        ("board refresh", "board changes"),
        ("board delivery", "board write"),
        ("subscriber delivery", "POST subscriber"),
    ] {
        let spans = collector.with_span("", job).await;
        let spans = spans.of(&hex(&spans.named(job).trace_id));
        assert!(spans.named(job).parent_span_id.is_empty(), "{job}");
        assert_eq!(spans.parent(spans.named(part)), job);
    }
    let told = subscriber.taken()[0].headers["traceparent"].to_str().unwrap().to_owned();
    let spans = collector.with_span(&told[3..35], "POST subscriber").await;
    assert_eq!(hex(&spans.named("POST subscriber").span_id), told[36..52]);
}

#[tokio::test]
async fn a_call_over_standard_input_begins_a_trace() {
    let collector = Collector::start(Takes::All).await;
    let folder = tempfile::tempdir().unwrap();
    let mut stdio = command(folder.path());
    stdio.arg("stdio").env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    let mut child = stdio.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params":
        {"name": "list_tasks", "arguments": {}, "_meta": modern_meta(json!({}))}});
    writeln!(child.stdin.take().unwrap(), "{call}").unwrap();
    // Its input has ended: what is left is sent before the process ends.
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    assert!(output.status.success());
    let spans = collector.spans();
    let call = spans.named("tools/call list_tasks");
    assert_eq!(
        (
            call.parent_span_id.len(),
            spans.of(&hex(&call.trace_id)).names().contains(&"tools/call list_tasks")
        ),
        (0, true)
    );
    assert!(attributes(call).contains(&"network.transport=pipe".to_owned()));
}
