//! What two clients spell differently and mean alike: null and absent, 1 and 1.0, one form of answer or both.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Caller, Gateway, modern_meta};

async fn session(gateway: &Gateway, version: &str) -> Caller {
    let mut caller = gateway.caller();
    caller.initialize(version, json!({})).await;
    caller
}

async fn accepting(caller: &Caller, accept: &str, body: &Value) -> Answer {
    let request = caller.in_session(Method::POST).header("Accept", accept).body(body.to_string());
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn null_is_absent_for_every_optional_member() {
    let gateway = Gateway::start();
    let params =
        json!({"protocolVersion": "2025-11-25", "capabilities": null, "clientInfo": null, "_meta": null});
    let opened = gateway
        .caller()
        .post(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}).to_string())
        .await;
    assert_eq!(opened.json()["result"]["protocolVersion"], "2025-11-25", "{opened:?}");
    let caller = session(&gateway, "2025-11-25").await;
    for (method, params) in [
        ("ping", json!(null)),
        ("tools/list", json!(null)),
        ("tools/list", json!({"cursor": null, "_meta": null})),
        ("tools/call", json!({"name": "ping", "arguments": null, "_meta": {"progressToken": null}})),
        ("prompts/list", json!({"cursor": null})),
        ("resources/list", json!(null)),
        ("resources/templates/list", json!(null)),
    ] {
        let answer = caller.legacy(method, params.clone()).await.json();
        assert!(answer["result"].is_object(), "{method} {params}: {answer}");
    }
    let prompts = caller.legacy("prompts/list", json!({})).await.json()["result"]["prompts"].clone();
    for prompt in prompts.as_array().unwrap() {
        let optional = prompt["arguments"].as_array().cloned().unwrap_or_default();
        if optional.iter().any(|argument| argument["required"] == true) {
            continue;
        }
        let nulls: serde_json::Map<_, _> = optional
            .iter()
            .map(|argument| (argument["name"].as_str().unwrap().to_owned(), Value::Null))
            .collect();
        for arguments in [json!(null), json!({}), Value::from(nulls)] {
            let asked = json!({"name": prompt["name"], "arguments": arguments});
            let answer = caller.legacy("prompts/get", asked.clone()).await.json();
            assert!(answer["result"].is_object(), "{asked}: {answer}");
        }
    }
    let every_member =
        json!({"jsonrpc": "2.0", "id": 3, "method": "ping", "params": null, "result": null, "error": null});
    assert_eq!(caller.post(every_member.to_string()).await.json()["result"], json!({}));
    let no_id = caller.post(json!({"jsonrpc": "2.0", "id": null, "method": "ping"}).to_string()).await;
    assert_eq!((no_id.status.as_u16(), no_id.json()["error"]["code"].clone()), (400, json!(-32600)));
}

#[tokio::test]
async fn what_is_no_list_or_flag_is_refused_in_json_words() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    for (notifications, expected) in [
        (json!({"resourceSubscriptions": "x"}), "resourceSubscriptions: expected a list of texts"),
        (json!({"resourceSubscriptions": [1]}), "resourceSubscriptions: expected a list of texts"),
        (json!({"toolsListChanged": 1}), "toolsListChanged: expected true or false"),
        (json!([]), "notifications: expected an object"),
    ] {
        let asked = json!({"notifications": notifications});
        let error = caller.modern("subscriptions/listen", asked).await.json()["error"].clone();
        assert!(error["message"].as_str().unwrap().ends_with(expected), "{error}");
    }
    let mut nulls = json!({"notifications": {"toolsListChanged": null, "resourceSubscriptions": null}});
    nulls["_meta"] = modern_meta(json!({}));
    let mut listening = caller.modern_request("subscriptions/listen", nulls).send().await.unwrap();
    let first = listening.chunk().await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&first).contains("error"), "{first:?}");
    let wrong = json!({"name": "ping", "arguments": "x"});
    let caller = session(&gateway, "2025-11-25").await;
    let prompt = caller.legacy("prompts/list", json!({})).await.json()["result"]["prompts"][0].clone();
    let asked = json!({"name": prompt["name"], "arguments": {"made_up": 5}});
    let refused = caller.legacy("prompts/get", asked).await.json();
    assert_eq!(refused["error"]["message"], "arguments.made_up: expected text");
    assert!(caller.legacy("tools/call", wrong).await.text.contains("expected an object"));
}

#[tokio::test]
async fn a_whole_float_is_a_whole_number_and_a_fraction_is_not() {
    let gateway = Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = session(&gateway, "2025-11-25").await;
    let answer = caller.post(r#"{"jsonrpc":"2.0","id":7.0,"method":"ping"}"#).await;
    assert_eq!(answer.text, r#"{"jsonrpc":"2.0","id":7.0,"result":{}}"#, "the id comes back as it was sent");
    assert_eq!(caller.post(r#"{"jsonrpc":"2.0","id":7.5,"method":"ping"}"#).await.status, 400);
    caller.agent("a").await;
    let waiting = caller.clone();
    let wait = r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"request_next_task","arguments":{"agent_id":"a","wait_seconds":30}}}"#;
    let mut waits = tokio::task::JoinSet::new();
    waits.spawn(async move { waiting.post(wait).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9.0}}"#;
    assert_eq!(caller.post(cancel).await.status, 202);
    let ended = tokio::time::timeout(Duration::from_secs(5), waits.join_next()).await;
    ended.expect("9.0 names the request 9").unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_notification_with_a_fault_in_it_is_never_answered() {
    let gateway = Gateway::start();
    let caller = session(&gateway, "2025-03-26").await;
    let faulty = [
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":[1]}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":"x"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"a":1,"a":2}}"#,
        r#"{"jsonrpc":"1.0","method":"notifications/initialized"}"#,
        r#"{"method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":7}"#,
        r#"{"jsonrpc":"2.0","method":"a","method":"b"}"#,
    ];
    for body in faulty {
        let answer = caller.post(body).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (400, ""), "{body}");
    }
    for taken in [r#"{"jsonrpc":"2.0","method":"no/such"}"#, r#"{"jsonrpc":"2.0","method":"tools/call"}"#] {
        let answer = caller.post(taken).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""), "{taken}");
    }
    let batch = format!(r#"[{},{{"jsonrpc":"2.0","id":1,"method":"ping"}}]"#, faulty.join(","));
    assert_eq!(caller.post(batch).await.json(), json!([{"jsonrpc": "2.0", "id": 1, "result": {}}]));
    let alone = caller.post(format!("[{}]", faulty[0])).await;
    assert_eq!((alone.status.as_u16(), alone.text.as_str()), (202, ""));
}

#[tokio::test]
async fn a_client_that_takes_json_alone_waits_for_json() {
    let gateway = Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = session(&gateway, "2025-11-25").await;
    caller.agent("a").await;
    let params = json!({"name": "request_next_task", "arguments": {"agent_id": "a", "wait_seconds": 3},
        "_meta": {"progressToken": "p"}});
    let wait = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let begun = Instant::now();
    let answer = accepting(&caller, "application/json", &wait).await;
    assert_eq!(answer.headers["content-type"], "application/json", "{answer:?}");
    assert!(begun.elapsed() >= Duration::from_secs(3));
    assert_eq!(answer.json()["result"]["structuredContent"]["success"], false);
    assert!(!answer.text.contains("progress\",\"params"));
    let mut params = json!({"notifications": {}});
    params["_meta"] = modern_meta(json!({}));
    let listen = caller.modern_request("subscriptions/listen", params).header("Accept", "application/json");
    let refused = Answer::of(listen.send().await.unwrap()).await;
    assert_eq!(refused.json()["error"]["code"], -32600, "{refused:?}");
}

#[tokio::test]
async fn a_client_that_takes_events_alone_gets_one_event_and_one_that_takes_both_json() {
    let gateway = Gateway::start();
    let caller = session(&gateway, "2025-11-25").await;
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_tasks"}});
    for body in [&ping, &call] {
        let answer = accepting(&caller, "text/event-stream", body).await;
        assert_eq!(answer.headers["content-type"], "text/event-stream", "{answer:?}");
        assert_eq!(answer.text.matches("data: ").count(), 1);
        assert!(answer.text.starts_with("event: message\ndata: {") && answer.text.ends_with("\n\n"));
        assert!(answer.json()["result"].is_object());
        for both in ["*/*", "application/json, text/event-stream", "text/event-stream, application/json"] {
            let answer = accepting(&caller, both, body).await;
            assert_eq!(answer.headers["content-type"], "application/json", "{both}");
        }
    }
    let unopened = Caller { session: None, ..caller.clone() };
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}});
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
    let opened = accepting(&unopened, "text/event-stream", &initialize).await;
    assert!(opened.headers.contains_key("mcp-session-id"));
    assert_eq!(opened.json()["result"]["protocolVersion"], "2025-11-25");
    let stateless = caller.modern_request("tools/call", json!({"name": "ping"}));
    let answer = Answer::of(stateless.header("Accept", "text/event-stream").send().await.unwrap()).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    assert_eq!(answer.json()["result"]["structuredContent"]["echo"], "pong");
}
