//! Collectors that are not there, or not well: calls are answered, the log says so once, and a stop waits for none of them.

#![expect(clippy::float_cmp, reason = "counts are whole numbers, which are the same or not")]

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Collector, Gateway, METRICS_TOKEN, Takes, attributes, within_two_seconds};

const HEADERS: (&str, &str) = ("OTEL_EXPORTER_OTLP_HEADERS", "X-Token=collector-token-0123456789,x-tenant=a");
const FAILS: &str = "the collector does not take spans";
const AGAIN: &str = "the collector takes spans again";

fn gateway(url: &str, settings: &[(&str, &str)]) -> Gateway {
    let own = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"),
        ("TASKGATE_METRICS_TOKEN", METRICS_TOKEN),
        HEADERS,
    ];
    Gateway::with(&[&own[..], settings].concat())
}

async fn spans(gateway: &Gateway, outcome: &str) -> f64 {
    gateway.metrics().await.of(&format!("taskgate_spans_total{{outcome=\"{outcome}\"}}"))
}

/// Calls until the log says that, a minute at most.
async fn calls_until_logged(gateway: &Gateway, text: &str) {
    let begun = Instant::now();
    while !gateway.log_contains(text) {
        gateway.caller().tool("ping", json!({})).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(60), "{text} is not logged");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_collector_is_told_who_sends_it_what() {
    let collector = Collector::start(Takes::All).await;
    let named =
        [("OTEL_SERVICE_NAME", "gate"), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=it")];
    let gateway = gateway(&collector.url(), &named);
    gateway.caller().tool("ping", json!({})).await.unwrap();
    collector.with_span("", "tools/call ping").await;
    let posted = collector.taken().remove(0);
    assert_eq!(posted.headers["content-type"], "application/x-protobuf");
    assert_eq!(posted.headers["x-token"], "collector-token-0123456789");
    assert!(!posted.headers.contains_key("traceparent"), "what is sent is no part of a trace");
    let body = String::from_utf8_lossy(&posted.body);
    for said in
        ["service.name", "gate", "service.version", env!("CARGO_PKG_VERSION"), "deployment.environment.name"]
    {
        assert!(body.contains(said), "{said}");
    }
    within_two_seconds("they are counted", async || spans(&gateway, "exported").await >= 2.0).await;
    assert!(!collector.spans().names().iter().any(|name| name.contains("collector")));
    let call = collector.spans();
    assert!(!attributes(call.named("tools/call ping")).iter().any(|said| said.contains("token")));
}

#[tokio::test]
async fn a_collector_that_takes_nothing_is_told_of_once_and_again_when_it_does() {
    let kinds = [Takes::Status(503), Takes::Status(400), Takes::Page, Takes::Nothing];
    futures_util::future::join_all(kinds.map(fails_and_recovers)).await;
}

async fn fails_and_recovers(takes: Takes) {
    let collector = Collector::start(takes).await;
    let gateway = gateway(&collector.url(), &[]);
    calls_until_logged(&gateway, FAILS).await;
    let failing = Instant::now();
    while collector.tried() < 3 {
        assert!(failing.elapsed() < Duration::from_secs(20), "{takes:?} is tried again");
        gateway.caller().tool("ping", json!({})).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(gateway.log_lines(FAILS).len(), 1, "{takes:?}");
    collector.takes(Takes::All);
    calls_until_logged(&gateway, AGAIN).await;
    assert_eq!((gateway.log_lines(FAILS).len(), gateway.log_lines(AGAIN).len()), (1, 1), "{takes:?}");
    let (exported, failed) = (spans(&gateway, "exported").await, spans(&gateway, "failed").await);
    assert!(exported > 0.0, "{takes:?}");
    let is_lost_at_once = matches!(takes, Takes::Status(400) | Takes::Page);
    assert_eq!(failed > 0.0, is_lost_at_once, "{takes:?}: {failed} failed");
}

#[tokio::test]
async fn what_there_is_no_room_for_is_dropped() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let room = [("OTEL_BSP_MAX_QUEUE_SIZE", "4"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4")];
    let gateway = gateway(&format!("http://{nobody}"), &room);
    calls_until_logged(&gateway, FAILS).await;
    for _ in 0..20 {
        gateway.caller().tool("ping", json!({})).await.unwrap();
    }
    assert!(spans(&gateway, "dropped").await >= 10.0);
    assert_eq!(spans(&gateway, "exported").await, 0.0);
    let line = gateway.log_line(FAILS).await;
    assert_eq!(
        (line["collector"].clone(), line["level"].clone()),
        (format!("http://{nobody}").into(), "WARN".into())
    );
}

#[tokio::test]
async fn a_stop_sends_what_is_left_and_waits_for_no_collector() {
    for takes in [Takes::All, Takes::Nothing, Takes::Status(503)] {
        let collector = Collector::start(takes).await;
        let late = [("OTEL_BSP_SCHEDULE_DELAY", "60000"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")];
        let mut gateway = gateway(&collector.url(), &late);
        gateway.caller().tool("ping", json!({})).await.unwrap();
        assert_eq!(collector.tried(), 0);
        gateway.signal("-TERM");
        let stopped = Instant::now();
        let status = loop {
            if let Some(status) = gateway.child.try_wait().unwrap() {
                break status;
            }
            assert!(stopped.elapsed() < Duration::from_secs(9), "{takes:?} keeps the process");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert!(status.success());
        assert_eq!(collector.tried(), 1, "{takes:?}");
        assert_eq!(collector.spans().names().contains(&"tools/call ping"), takes == Takes::All);
    }
}
