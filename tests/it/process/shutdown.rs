//! Stopping: not ready first, then no new connections, streams end, exit within 10 seconds.

use std::{
    process::ExitStatus,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;

use crate::support::Gateway;

async fn exit(gateway: &mut Gateway) -> ExitStatus {
    loop {
        if let Some(status) = gateway.child.try_wait().unwrap() {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn sigterm_drains_and_streams_end_cleanly() {
    let mut gateway = Gateway::start();
    let caller = gateway.caller();
    let mut sse = caller.request(Method::GET, "/sse").send().await.unwrap();
    let filter = json!({"notifications": {"toolsListChanged": true}});
    let listening = caller.modern_request("subscriptions/listen", filter).send().await.unwrap();
    gateway.signal("-TERM");
    let stopped = Instant::now();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ready = caller.request(Method::GET, "/ready").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert!(caller.tool("ping", json!({})).await.is_ok(), "calls are answered while balancers notice");
    while sse.chunk().await.expect("the stream ends without an error").is_some() {}
    let last = listening.text().await.expect("the stream ends without an error");
    assert!(last.contains(r#""resultType":"complete""#), "a listener gets its result: {last}");
    assert!(exit(&mut gateway).await.success());
    assert!(stopped.elapsed() > Duration::from_secs(1), "a second for balancers");
    assert!(stopped.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let mut gateway = Gateway::start();
    gateway.signal("-TERM");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let second = Instant::now();
    gateway.signal("-INT");
    exit(&mut gateway).await;
    assert!(second.elapsed() < Duration::from_millis(700), "{:?}", second.elapsed());
}
