//! What is counted for the objectives: the gateway's own faults against availability, waits that were asked for as no slowness.

#![expect(clippy::float_cmp, reason = "counts and settings are what they are, or not")]

use reqwest::Method;
use serde_json::json;

use crate::support::{Gateway, METRICS_TOKEN, MetricsPage, http, issues::IssuesHost, within_two_seconds};

/// A gateway with metrics.
fn gateway(settings: &[(&str, &str)]) -> Gateway {
    Gateway::with(&[&[("TASKGATE_METRICS_TOKEN", METRICS_TOKEN)], settings].concat())
}

/// Good and bad calls of an objective.
fn judged(page: &MetricsPage, objective: &str) -> (f64, f64) {
    let of = |verdict: &str| {
        let series =
            format!("taskgate_objective_calls_total{{objective=\"{objective}\",verdict=\"{verdict}\"}}");
        *page.0.get(&series).unwrap_or_else(|| panic!("{series} is not there from the start"))
    };
    (of("good"), of("bad"))
}

#[tokio::test]
async fn objectives_are_told_as_they_are_set() {
    for (settings, availability, latency, bound) in [
        (&[][..], 0.999, 0.99, ("2.5", 2.5)),
        (
            &[
                ("TASKGATE_OBJECTIVE_AVAILABILITY", "99.95"),
                ("TASKGATE_OBJECTIVE_LATENCY", "95"),
                ("TASKGATE_OBJECTIVE_LATENCY_MS", "1000"),
            ],
            0.9995,
            0.95,
            ("1.0", 1.0),
        ),
    ] {
        let page = gateway(settings).metrics().await;
        assert_eq!(page.of("taskgate_objective_ratio{objective=\"availability\"}"), availability);
        assert_eq!(page.of("taskgate_objective_ratio{objective=\"latency\"}"), latency);
        let (bound, seconds) = bound;
        let within = "taskgate_objective_latency_seconds";
        assert_eq!(page.of(&format!("{within}{{bound=\"{bound}\"}}")), seconds);
        assert_eq!(page.0.keys().filter(|series| series.starts_with(within)).count(), 1);
        assert_eq!((judged(&page, "availability"), judged(&page, "latency")), ((0.0, 0.0), (0.0, 0.0)));
    }
}

#[tokio::test]
async fn what_callers_get_wrong_and_what_waits_is_not_held_against_the_gateway() {
    let gateway = gateway(&[("TASKGATE_OBJECTIVE_LATENCY_MS", "60000"), ("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    caller.agent("a").await;
    let before = gateway.metrics().await;
    caller.tool("heartbeat", json!({"agent_id": "nobody"})).await.unwrap_err();
    caller.tool("request_next_task", json!({"agent_id": "a", "wait_seconds": 1})).await.unwrap();
    for path in ["/nothing", "/api/me"] {
        gateway.caller_with("wrong").request(Method::GET, path).send().await.unwrap();
    }
    http().get(format!("{}/sse", gateway.base)).send().await.unwrap();
    let after = gateway.metrics().await;
    let more = |objective: &str| {
        let (before, after) = (judged(&before, objective), judged(&after, objective));
        (after.0 - before.0, after.1 - before.1)
    };
    assert_eq!((more("availability"), more("latency")), ((2.0, 0.0), (1.0, 0.0)));
}

#[tokio::test]
async fn a_board_that_is_away_is_held_against_availability_and_not_against_latency() {
    let host = IssuesHost::start();
    let gateway = gateway(&[&host.settings()[..], &[("TASKGATE_BOARD_REFRESH_SECONDS", "3600")]].concat());
    let up = "taskgate_dependency_up{dependency=\"board\"}";
    within_two_seconds("the board is read", async || gateway.metrics().await.of(up) == 1.0).await;
    host.breaks(500);
    let before = gateway.metrics().await;
    let failure = gateway.caller().tool("get_task", json!({"task_id": "#99"})).await.unwrap_err();
    assert_eq!(failure["code"], "board_unavailable");
    let after = gateway.metrics().await;
    let ((good, bad), (was_good, was_bad)) =
        (judged(&after, "availability"), judged(&before, "availability"));
    assert_eq!((good - was_good, bad - was_bad), (0.0, 1.0));
    assert_eq!(judged(&after, "latency"), judged(&before, "latency"));
}
