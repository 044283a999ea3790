//! 2026-07-28 beyond what the conformance suite looks at.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Gateway, modern_meta};

#[tokio::test]
async fn nothing_is_kept_between_calls_and_every_result_says_who_answers() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let discovered = caller.modern("server/discover", json!({})).await;
    assert!(!discovered.headers.contains_key("mcp-session-id"));
    let result = &discovered.json()["result"];
    assert_eq!(result["supportedVersions"][0], "2026-07-28");
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "taskgate");
    assert_eq!((result["cacheScope"].clone(), result["ttlMs"].is_u64()), (json!("private"), true));
    for method in [Method::GET, Method::DELETE] {
        let request = caller.request(method, "/mcp").header("MCP-Protocol-Version", "2026-07-28");
        let refused = request.send().await.unwrap();
        assert_eq!((refused.status().as_u16(), &refused.headers()["allow"]), (405, &"POST".parse().unwrap()));
    }
}

#[tokio::test]
async fn headers_must_say_what_the_body_says() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": "create_task", "arguments": {"title": "x"}, "_meta": modern_meta(json!({}))}});
    let send = |headers: Vec<(&'static str, &'static str)>| {
        let mut request = caller.request(Method::POST, "/mcp").body(body.to_string());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        async { Answer::of(request.send().await.unwrap()).await }
    };
    let (version, method, name) =
        (("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "create_task"));
    for headers in [
        vec![method, name],
        vec![version, name],
        vec![version, method],
        vec![version, method, ("Mcp-Name", "ping")],
        vec![version, ("Mcp-Method", "TOOLS/CALL"), name],
        vec![("MCP-Protocol-Version", "2025-11-25"), method, name],
    ] {
        let answer = send(headers.clone()).await;
        assert_eq!(answer.status, 400, "{headers:?}");
        assert_eq!(
            (answer.json()["error"]["code"].clone(), answer.json()["id"].clone()),
            (json!(-32020), json!(7))
        );
    }
    let total = |answer: Value| answer["total"].clone();
    assert_eq!(total(caller.tool("list_tasks", json!({})).await.unwrap()), 8, "nothing was created");
    assert_eq!(send(vec![version, method, ("mcp-name", "=?base64?Y3JlYXRlX3Rhc2s=?=")]).await.status, 200);
    assert_eq!(total(caller.tool("list_tasks", json!({})).await.unwrap()), 9);
}

#[tokio::test]
async fn listening_tells_of_a_watched_task_and_closing_frees_it() {
    let gateway = Gateway::with(&[("TASKGATE_MAX_STREAMS_PER_PRINCIPAL", "1")]);
    let caller = gateway.caller();
    let filter = json!({"notifications": {"resourceSubscriptions": ["taskgate://board", "other://x"]}});
    let mut stream = caller.modern_request("subscriptions/listen", filter).send().await.unwrap();
    let mut heard = String::new();
    while !heard.contains("acknowledged") {
        heard.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
    }
    assert!(heard.contains(r#""resourceSubscriptions":["taskgate://board"]"#), "only what is there: {heard}");
    caller.tool("create_task", json!({"title": "news"})).await.unwrap();
    let wait = async {
        while !heard.contains("notifications/resources/updated") {
            heard.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
        }
    };
    tokio::time::timeout(Duration::from_secs(2), wait).await.expect("news within two seconds");
    assert!(heard.contains(r#""io.modelcontextprotocol/subscriptionId":1"#), "{heard}");
    drop(stream);
    for _ in 0..50 {
        let filter = json!({"notifications": {"toolsListChanged": true}});
        if caller.modern_request("subscriptions/listen", filter).send().await.unwrap().status() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a closed listener kept its place");
}

#[tokio::test]
async fn task_ids_and_prompt_arguments_are_completed() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let complete = async |reference: Value, name: &str, value: &str| {
        let params = json!({"ref": reference, "argument": {"name": name, "value": value}});
        caller.modern("completion/complete", params).await.json()
    };
    let template = json!({"type": "ref/resource", "uri": "taskgate://task/{id}"});
    let ids = complete(template.clone(), "id", "T-").await;
    assert_eq!(ids["result"]["completion"]["values"].as_array().unwrap().len(), 8);
    let roles = complete(json!({"type": "ref/prompt", "name": "work_next_task"}), "role", "QA").await;
    assert_eq!(roles["result"]["completion"]["values"], json!(["QA Engineer"]));
    assert_eq!(complete(template, "nope", "").await["error"]["code"], -32602);
    let prompt = caller
        .modern("prompts/get", json!({"name": "work_next_task", "arguments": {"agent_id": "zed"}}))
        .await;
    assert!(prompt.text.contains("agent_id `zed`"));
}
