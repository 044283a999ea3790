//! What only gateways on a Redis count.

use std::{process::Command, sync::Arc};

use reqwest::Method;

use super::{SECRET, server::RedisServer};
use crate::support::{ADMIN, BINARY, Gateway, METRICS_TOKEN, within_two_seconds};

fn gateway(url: &str) -> Gateway {
    let settings = [
        ("REDIS_URL", url),
        ("MCP_SECRET_KEY", SECRET),
        ("MCP_ADMIN_TOKEN", ADMIN),
        ("TASKGATE_METRICS_TOKEN", METRICS_TOKEN),
    ];
    Gateway::run(Command::new(BINARY), Arc::new(tempfile::tempdir().unwrap()), &settings)
}

async fn ask(gateway: &Gateway, method: Method, path: &str) {
    let request = gateway.caller_with(ADMIN).request(method, path).body("{}");
    assert!(request.send().await.unwrap().status().is_success(), "{path}");
}

#[tokio::test]
async fn what_gateways_ask_each_other_and_how_late_the_audit_log_is_linked() {
    let server = RedisServer::start(&[]);
    let (asking, asked) = (gateway(&server.url()), gateway(&server.url()));
    let frames = async |gateway: &Gateway, outcome: &str| {
        gateway.metrics().await.of(&format!("taskgate_bus_frames_total{{outcome=\"{outcome}\"}}"))
    };
    // Each knows of the other once it has beaten.
    within_two_seconds("one asks the other", async || {
        let before = (frames(&asking, "sent").await, frames(&asked, "received").await);
        ask(&asking, Method::GET, "/sessions").await;
        frames(&asking, "sent").await > before.0 && frames(&asked, "received").await > before.1
    })
    .await;
    ask(&asking, Method::POST, "/admin/tokens").await;
    within_two_seconds("its record is linked", async || {
        let linked: Option<String> = server.put(&["HGET", "tg:{default}:seq", "linked"]);
        linked.is_some()
    })
    .await;
    for gateway in [&asking, &asked] {
        let lag = gateway.metrics().await.of("taskgate_audit_link_lag_seconds");
        assert!((0.0..10.0).contains(&lag), "{lag}");
    }
}
