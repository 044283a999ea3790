//! Figures that are read when somebody asks, and what others are asked: boards, quotas, keys, the store, the process.

#![expect(clippy::float_cmp, reason = "counts are whole numbers, which are the same or not")]

use std::time::{Duration, Instant};

use serde_json::json;
use taskgate::clock::{Clock, SystemClock};

use crate::support::{
    Collector, Gateway, METRICS_TOKEN, Takes, create_key, github::FakeGithub, issues::IssuesHost,
    linear::FakeLinear, within_two_seconds,
};

/// A gateway with metrics.
fn gateway(settings: &[(&str, &str)]) -> Gateway {
    Gateway::with(&[&[("TASKGATE_METRICS_TOKEN", METRICS_TOKEN)], settings].concat())
}

/// Returns when a series has that figure, within 20 seconds.
async fn becomes(gateway: &Gateway, series: &str, figure: f64) {
    let begun = Instant::now();
    while gateway.metrics().await.0.get(series) != Some(&figure) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{series} never was {figure}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Returns when nobody has asked for half a second.
async fn until_quiet(host: &IssuesHost) {
    let mut heard = usize::MAX;
    while std::mem::replace(&mut heard, host.heard()) != heard {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn a_board_elsewhere_is_down_while_it_cannot_be_read() {
    let host = IssuesHost::start();
    let gateway = gateway(&[&host.settings()[..], &[("TASKGATE_BOARD_REFRESH_SECONDS", "1")]].concat());
    let up = "taskgate_dependency_up{dependency=\"board\"}";
    becomes(&gateway, up, 1.0).await;
    host.breaks(500);
    becomes(&gateway, up, 0.0).await;
    host.mends();
    becomes(&gateway, up, 1.0).await;
}

#[tokio::test]
async fn a_board_elsewhere_that_fails() {
    let host = IssuesHost::start();
    let gateway = gateway(&[&host.settings()[..], &[("TASKGATE_BOARD_REFRESH_SECONDS", "3600")]].concat());
    let up = "taskgate_dependency_up{dependency=\"board\"}";
    becomes(&gateway, up, 1.0).await;
    until_quiet(&host).await;
    let before = gateway.metrics().await;
    assert!(before.0.contains_key("taskgate_board_age_seconds{provider=\"github\"}"));
    assert!(before.of("taskgate_upstream_requests_total{upstream=\"github\",outcome=\"2xx\"}") >= 1.0);
    host.breaks(500);
    gateway.caller().tool("get_task", json!({"task_id": "#99"})).await.unwrap_err();
    // The gateway may look by itself, too: whoever does asks three times before it gives up, and that is one failure. One look
    // may have begun before the board broke, or be refused because of the others.
    let begun = Instant::now();
    loop {
        let after = gateway.metrics().await.since(&before);
        let of = |series: &str| after.get(series).copied().unwrap_or_default();
        let failures = of("taskgate_board_failures_total{provider=\"github\"}");
        let requests = of("taskgate_upstream_requests_total{upstream=\"github\",outcome=\"5xx\"}");
        let answered = of("taskgate_upstream_request_duration_seconds_count{upstream=\"github\"}");
        if requests >= 3.0 && (1.0..=requests / 3.0 + 1.0).contains(&failures) && answered >= requests {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{after:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn what_is_left_of_a_quota() {
    let github = FakeGithub::start();
    let token = github.token("taskgate-bot");
    let settings = [
        ("GITHUB_OWNER", "octo"),
        ("GITHUB_REPO", "app"),
        ("GITHUB_API_URL", &github.url),
        ("GITHUB_TOKEN", &token),
    ];
    let gateway = gateway(&settings);
    let left = "taskgate_upstream_quota_left{upstream=\"github\",api=\"rest\"}";
    within_two_seconds("GitHub has said it", async || gateway.metrics().await.0.contains_key(left)).await;
    let figure = gateway.metrics().await.of(left);
    assert!((1.0..=5000.0).contains(&figure), "{figure}");
}

#[tokio::test]
async fn what_linear_leaves_of_a_quota() {
    let linear = FakeLinear::start();
    linear.change(|world| _ = world.new_team("ENG"));
    let key = linear.key("Bot", true);
    let settings = [
        ("KANBAN_PROVIDER", "linear"),
        ("LINEAR_TEAM_ID", "eng"),
        ("LINEAR_API_URL", linear.url.as_str()),
        ("LINEAR_API_KEY", key.as_str()),
    ];
    let gateway = gateway(&settings);
    becomes(&gateway, "taskgate_dependency_up{dependency=\"board\"}", 1.0).await;
    let page = gateway.metrics().await;
    let left = page.of("taskgate_upstream_quota_left{upstream=\"linear\",api=\"graphql\"}");
    assert!((1.0..2500.0).contains(&left), "{left}");
    assert!(page.of("taskgate_upstream_requests_total{upstream=\"linear\",outcome=\"2xx\"}") >= 1.0);
    assert!(page.0.contains_key("taskgate_board_age_seconds{provider=\"linear\"}"));
}

#[tokio::test]
async fn keys_the_store_and_the_process() {
    let gateway = gateway(&[]);
    let folder = gateway.folder.path();
    let keys = async || {
        let page = gateway.metrics().await;
        (page.of("taskgate_keys{state=\"live\"}"), page.of("taskgate_keys{state=\"ending\"}"))
    };
    let (live, ending) = keys().await;
    create_key(folder, &["--user", "u"]);
    create_key(folder, &["--user", "u", "--expires", "2d"]);
    assert_eq!(keys().await, (live + 2.0, ending + 1.0));
    let before = gateway.metrics().await;
    let writes = "taskgate_store_operations_total{operation=\"write\",outcome=\"ok\"}";
    let durations = "taskgate_store_operation_duration_seconds_count{operation=\"write\"}";
    gateway.caller().tool("create_task", json!({"title": "one more"})).await.unwrap();
    let after = gateway.metrics().await;
    assert!(after.of(writes) > before.of(writes));
    assert_eq!(after.of(writes), after.of(durations));
    assert_eq!(after.of("taskgate_dependency_up{dependency=\"store\"}"), 1.0);
    assert_eq!(after.of("taskgate_board_refresh_seconds"), 30.0);
    // Where there is a limit, a process that runs is below it.
    let limit = after.0.get("taskgate_memory_limit_bytes");
    assert!(limit.is_none_or(|limit| *limit > after.of("process_resident_memory_bytes")), "{limit:?}");
    assert_eq!(after.of("taskgate_outbox_oldest_age_seconds"), 0.0);
    becomes(&gateway, "taskgate_event_log_lag_events", 0.0).await;
    let version = format!("taskgate_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(after.of(&version), 1.0);
    let resident = after.of("process_resident_memory_bytes") / 1024.0;
    let known = gateway.memory_kib() as f64;
    assert!((known / 2.0..known * 2.0).contains(&resident), "{resident} KiB of {known}");
    assert!((0.0..60.0).contains(&after.of("process_cpu_seconds_total")));
    let files = after.of("process_open_fds");
    assert!(files > 5.0 && files < after.of("process_max_fds"), "{files}");
    let now = SystemClock::new().now().0 as f64 / 1000.0;
    assert!((now - 60.0..=now).contains(&after.of("process_start_time_seconds")));
}

#[tokio::test]
async fn spans_by_what_became_of_them() {
    let collector = Collector::start(Takes::All).await;
    let url = collector.url();
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "20")];
    let gateway = gateway(&settings);
    gateway.caller().tool("ping", json!({})).await.unwrap();
    collector.with_span("", "POST /mcp").await;
    let exported = "taskgate_spans_total{outcome=\"exported\"}";
    within_two_seconds("what came is counted", async || {
        let told = collector.spans().0.len() as f64;
        gateway.metrics().await.of(exported) == told && told == collector.spans().0.len() as f64
    })
    .await;
    assert_eq!(gateway.metrics().await.of("taskgate_spans_total{outcome=\"dropped\"}"), 0.0);
}
