//! Rates and caps.

use reqwest::Method;
use serde_json::json;

use crate::support::{Gateway, OTHER_KEY};

#[tokio::test]
async fn a_key_that_used_up_its_rate_waits_and_others_do_not() {
    let settings =
        [("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_REQUESTS_PER_MINUTE", "5"), ("RATE_LIMIT_BURST", "2")];
    let gateway = Gateway::with(&settings);
    let caller = gateway.caller();
    let mut admitted = 0;
    let refused = loop {
        let answer = caller.modern("tools/call", json!({"name": "ping"})).await;
        if answer.status != 200 {
            break answer;
        }
        admitted += 1;
    };
    assert_eq!(admitted, 7, "a minute's worth and the burst");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json()["code"], "rate_limited");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
    assert!(gateway.caller_with(OTHER_KEY).tool("ping", json!({})).await.is_ok());
}

#[tokio::test]
async fn streams_of_a_key_are_capped_and_a_closed_one_makes_room() {
    let gateway = Gateway::with(&[("TASKGATE_MAX_STREAMS_PER_PRINCIPAL", "2")]);
    let caller = gateway.caller();
    let open = || caller.request(Method::GET, "/sse").send();
    let (first, _second) = (open().await.unwrap(), open().await.unwrap());
    let third = open().await.unwrap();
    assert_eq!(third.status(), 503);
    assert!(third.text().await.unwrap().contains("too_many_streams"));
    let other = gateway.caller_with(OTHER_KEY).request(Method::GET, "/sse").send().await.unwrap();
    assert_eq!(other.status(), 200, "another key has its own places");
    drop(first);
    for _ in 0..50 {
        if open().await.unwrap().status() == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("a closed stream kept its place");
}
