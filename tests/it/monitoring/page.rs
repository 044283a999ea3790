//! Who may read metrics, where, and what the page looks like.

#![expect(clippy::float_cmp, reason = "counts are whole numbers, which are the same or not")]

use std::io::{BufRead, Read, Write};

use reqwest::Method;
use taskgate::telemetry::metrics::TABLE;

use crate::support::{ADMIN, Answer, Gateway, KEY, METRICS_TOKEN, MetricsPage, http, within_two_seconds};

const LISTEN: (&str, &str) = ("TASKGATE_METRICS_LISTEN", "127.0.0.1:0");
const TOKEN: (&str, &str) = ("TASKGATE_METRICS_TOKEN", METRICS_TOKEN);

/// Where a gateway says that its metrics are.
async fn own_listener(gateway: &Gateway) -> String {
    within_two_seconds("it says where metrics are", async || gateway.log_contains("metrics at http")).await;
    let line = gateway.log_line("metrics at http").await;
    let message = line["message"].as_str().unwrap();
    message.split_once("metrics at ").unwrap().1.split("/metrics").next().unwrap().to_owned()
}

#[tokio::test]
async fn the_metrics_token_alone_opens_metrics_and_nothing_else() {
    let gateway = Gateway::with(&[TOKEN, ("MCP_ADMIN_TOKEN", ADMIN)]);
    let get = async |key: &str| {
        Answer::of(gateway.caller_with(key).request(Method::GET, "/metrics").send().await.unwrap()).await
    };
    for key in [KEY, ADMIN, "", "metrics-token-for-tests-012345678", "metrics-token-for-tests-01234567890"] {
        let refused = get(key).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["code"].as_str()),
            (401, Some("unauthenticated"))
        );
        assert!(refused.json()["error"].as_str().unwrap().contains("TASKGATE_METRICS_TOKEN"), "{refused:?}");
    }
    let page = get(METRICS_TOKEN).await;
    assert_eq!(page.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(page.headers["cache-control"], "no-store");
    for path in ["/mcp", "/api/me", "/sessions", "/admin/tokens", "/"] {
        let request = gateway.caller_with(METRICS_TOKEN).request(Method::GET, path);
        let status = request.send().await.unwrap().status().as_u16();
        assert!(matches!(status, 401 | 403), "{path}: {status}");
    }
    let posted = gateway.caller_with(METRICS_TOKEN).request(Method::POST, "/metrics").send().await.unwrap();
    assert_eq!((posted.status().as_u16(), posted.headers()["allow"].to_str().unwrap()), (405, "GET, HEAD"));
    // Who scrapes knows an address, which may be no name of ours.
    let scraper = http().get(format!("{}/metrics", gateway.base)).bearer_auth(METRICS_TOKEN);
    assert_eq!(scraper.header("Host", "10.0.0.7:8080").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn whoever_guesses_the_token_is_locked_out_like_one_who_guesses_keys() {
    for was_let_in in [false, true] {
        let gateway = Gateway::with(&[TOKEN]);
        let get = async |token: &str| {
            let request = gateway.caller_with(token).request(Method::GET, "/metrics");
            request.send().await.unwrap().status().as_u16()
        };
        if was_let_in {
            assert_eq!(get(METRICS_TOKEN).await, 200);
        }
        for _ in 0..10 {
            assert_eq!(get("a guess").await, 401);
        }
        assert_eq!(get("a guess").await, 429);
        // Prometheus at the same address is not blinded by it.
        assert_eq!(get(METRICS_TOKEN).await, if was_let_in { 200 } else { 429 });
    }
}

#[tokio::test]
async fn without_a_setting_there_are_no_metrics() {
    let gateway = Gateway::start();
    for key in [KEY, METRICS_TOKEN] {
        let answer = gateway.caller_with(key).request(Method::GET, "/metrics").send().await.unwrap();
        assert_eq!(answer.status(), 404);
    }
}

#[tokio::test]
async fn a_listener_of_their_own_asks_for_no_token_and_has_nothing_else() {
    let gateway = Gateway::with(&[LISTEN]);
    let base = own_listener(&gateway).await;
    let ask = async |method: Method, path: &str| {
        Answer::of(http().request(method, format!("{base}{path}")).send().await.unwrap()).await
    };
    let page = MetricsPage::read(&ask(Method::GET, "/metrics").await.text);
    assert_eq!(page.of("taskgate_dependency_up{dependency=\"store\"}"), 1.0);
    assert_eq!(ask(Method::HEAD, "/metrics").await.text, "");
    assert_eq!(ask(Method::POST, "/metrics").await.status, 405);
    for path in ["/", "/health", "/mcp", "/admin/tokens", "/metrics/"] {
        assert_eq!(ask(Method::GET, path).await.status, 404, "{path}");
    }
    let on_the_gateway = gateway.caller().request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(on_the_gateway.status(), 404, "no token is set");
}

#[tokio::test]
async fn who_says_nothing_at_the_listener_keeps_no_other_from_it() {
    let gateway = Gateway::with(&[LISTEN]);
    let base = own_listener(&gateway).await;
    let address = base.strip_prefix("http://").unwrap();
    let silent: Vec<_> = (0..7).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    let answer = http().get(format!("{base}/metrics")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    drop(silent);
    // One request a connection: what follows is not answered.
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    socket.write_all(request.repeat(2).as_bytes()).unwrap();
    let mut text = String::new();
    let _ = socket.read_to_string(&mut text);
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 1);
}

#[tokio::test]
async fn every_metric_is_described_and_none_other() {
    let gateway = Gateway::with(&[TOKEN]);
    let caller = gateway.caller_with(METRICS_TOKEN);
    let answer = Answer::of(caller.request(Method::GET, "/metrics").send().await.unwrap()).await;
    MetricsPage::read(&answer.text);
    let described: Vec<_> = answer.text.lines().filter_map(|line| line.strip_prefix("# HELP ")).collect();
    let declared = TABLE.iter().map(|metric| metric.declaration());
    let declared: Vec<_> = declared.map(|metric| format!("{} {}", metric.name, metric.help)).collect();
    assert_eq!(described, declared);
}

#[tokio::test]
async fn strangers_make_no_series() {
    let gateway = Gateway::with(&[TOKEN]);
    let caller = gateway.caller();
    let stray = async |number: usize| {
        let path = format!("/nothing/{number}");
        let method = Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
        assert_eq!(caller.request(method, &path).send().await.unwrap().status(), 404);
        let params = serde_json::json!({"name": format!("tool-{number}"), "arguments": {}});
        caller.modern("tools/call", params).await;
        caller.modern(&format!("method/{number}"), serde_json::json!({})).await;
        let session = format!("/sessions/{number}");
        caller.request(Method::DELETE, &session).send().await.unwrap();
    };
    stray(0).await;
    gateway.metrics().await;
    let before: Vec<_> = gateway.metrics().await.0.into_keys().collect();
    for number in 1..100 {
        stray(number).await;
    }
    let is_new = |series: &String| !before.contains(series) && !series.contains("_duration_seconds");
    let new: Vec<_> = gateway.metrics().await.0.into_keys().filter(is_new).collect();
    assert_eq!(new, [""; 0]);
}

/// Sends that many requests with nobody else's path, many at once, and reads every answer.
fn stray_paths(address: &str, numbers: std::ops::Range<usize>) -> usize {
    let socket = std::net::TcpStream::connect(address).unwrap();
    let (mut writer, mut reader) = (socket.try_clone().unwrap(), std::io::BufReader::new(socket));
    let sent = numbers.clone();
    let sending = std::thread::spawn(move || {
        for number in sent {
            write!(writer, "GET /users/u-{number}/p-{number} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        }
    });
    let (mut line, mut answered) = (String::new(), 0);
    while answered < numbers.len() && reader.read_line(&mut line).unwrap() > 0 {
        answered += usize::from(line.contains("HTTP/1.1 404"));
        line.clear();
    }
    sending.join().unwrap();
    answered
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes seconds: tests/run asks for it"]
async fn a_hundred_thousand_paths_make_no_series() {
    let gateway = Gateway::with(&[TOKEN]);
    let address = gateway.base.strip_prefix("http://").unwrap().to_owned();
    assert_eq!(stray_paths(&address, 0..1), 1);
    gateway.metrics().await;
    let before: Vec<_> = gateway.metrics().await.0.into_keys().collect();
    let part = |at: usize| {
        let address = address.clone();
        tokio::task::spawn_blocking(move || stray_paths(&address, at * 25_000 + 1..(at + 1) * 25_000 + 1))
    };
    for part in [part(0), part(1), part(2), part(3)] {
        assert_eq!(part.await.unwrap(), 25_000);
    }
    let page = gateway.metrics().await;
    let other = "taskgate_http_requests_total{route=\"other\",method=\"GET\",status=\"4xx\"}";
    assert_eq!(page.of(other), 100_001.0);
    // How long they took is told of no more paths than before, either; the store is at work by itself.
    let is_of_paths = |series: &&String| series.contains("_http_") || series.contains("_errors_");
    let count = |series: &[String]| series.iter().filter(is_of_paths).count();
    assert_eq!(count(&page.0.into_keys().collect::<Vec<_>>()), count(&before));
}
