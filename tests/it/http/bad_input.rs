//! Bad input gets a clear error; no session ends and nothing is half done.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Gateway, rows};

#[tokio::test]
async fn what_is_no_message_is_refused_and_the_session_lives_on() {
    let gateway = Gateway::start();
    let mut caller = gateway.caller();
    caller.initialize("2025-11-25", json!({})).await;
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let before = rows(&gateway.database());
    for (body, code) in [
        (String::new(), -32700),
        (String::from("{"), -32700),
        (String::from("not json"), -32700),
        (String::from("\"text\""), -32600),
        (String::from("42"), -32600),
        (String::from("[]"), -32600),
        (deep, -32600),
        (String::from(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#), -32600),
        (
            String::from(
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}"#,
            ),
            -32600,
        ),
        (String::from(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#), -32600),
        (String::from(r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#), -32600),
        (String::from(r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#), -32600),
    ] {
        let answer = caller.post(body.clone()).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert_eq!(answer.json()["error"]["code"], code, "{body}");
    }
    let unknown = caller.legacy("tools/destroy", json!({})).await;
    assert_eq!((unknown.status.as_u16(), unknown.json()["error"]["code"].clone()), (200, json!(-32601)));
    assert_eq!(rows(&gateway.database()), before);
    assert_eq!(caller.legacy("ping", json!({})).await.json()["result"], json!({}));
}

#[tokio::test]
async fn wrong_arguments_are_tool_errors_that_name_the_field() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("a1").await;
    let before = rows(&gateway.database());
    let report = |extra: Value| {
        let mut arguments = json!({"agent_id": "a1", "task_id": "T-1", "status": "in_progress"});
        for (name, value) in extra.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        ("report_task_progress", arguments)
    };
    for ((tool, arguments), expected) in [
        (("ping", json!({"echo": 5})), "echo: expected a string, got 5"),
        (("ping", json!(["x"])), "arguments: expected an object"),
        (("ping", json!({"ecco": "x"})), "ecco: unknown field `ecco`, expected `echo`"),
        (("register_agent", json!({"agent_id": "x"})), "missing field `name`"),
        (
            ("register_agent", json!({"agent_id": "", "name": "n", "role": "r"})),
            "agent_id: expected 1 to 128 characters",
        ),
        (report(json!({"progress": 101})), "progress: expected 0 to 100, got 101"),
        (
            report(json!({"status": "finished"})),
            "status: expected one of in_progress, completed, blocked, got \"finished\"",
        ),
        (
            (
                "report_blocker",
                json!({"agent_id": "a1", "task_id": "T-1", "blocker_description": "x", "severity": "dire"}),
            ),
            "severity: expected one of low, medium, high, got \"dire\"",
        ),
        (
            ("create_task", json!({"title": "x", "priority": "asap"})),
            "priority: expected one of urgent, high, medium, low, none, got \"asap\"",
        ),
        (("create_task", json!({"title": "x", "dependencies": ["T-99"]})), "task `T-99` not found"),
        (("list_tasks", json!({"limit": 0})), "limit: expected 1 to 200"),
        (("list_tasks", json!({"cursor": "zzz"})), "cursor: expected the next_cursor"),
        (("get_task", json!({"task_id": "T-99"})), "task `T-99` not found"),
        (("request_next_task", json!({"agent_id": "nobody"})), "agent `nobody` not found"),
        (
            ("request_next_task", json!({"agent_id": "a1", "wait_seconds": 51})),
            "wait_seconds: expected 0 to 50, got 51",
        ),
        (("heartbeat", json!({"agent_id": "nobody"})), "agent `nobody` not found"),
        (("heartbeat", json!({"agent_id": "a1"})), "holds no task"),
        (("release_task", json!({"agent_id": "a1"})), "missing field `task_id`"),
        (
            ("release_task", json!({"agent_id": "a1", "task_id": "T-1"})),
            "is not the live holder of task `T-1`",
        ),
        (("release_task", json!({"agent_id": "a1", "task_id": "T-99"})), "task `T-99` not found"),
    ] {
        let failure = caller.tool(tool, arguments.clone()).await.expect_err(tool);
        let text = failure["error"].as_str().unwrap();
        assert!(text.contains(expected), "{tool} {arguments}: {text}");
        assert_eq!(failure["success"], false);
    }
    assert_eq!(rows(&gateway.database()), before, "a refused call wrote something");
}

#[tokio::test]
async fn the_code_comes_first_and_absent_arguments_are_none() {
    let gateway = Gateway::start();
    let mut caller = gateway.caller();
    caller.initialize("2025-06-18", json!({})).await;
    let failed = caller
        .legacy("tools/call", json!({"name": "get_task", "arguments": {"task_id": "nope"}}))
        .await
        .json();
    assert!(
        failed["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with(r#"{"code":"task_not_found","success":false,"#)
    );
    let absent = caller.legacy("tools/call", json!({"name": "ping"})).await.json();
    assert_eq!(absent["result"]["structuredContent"]["echo"], "pong");
    let unknown = caller.legacy("tools/call", json!({"name": "rm"})).await.json();
    assert_eq!(unknown["error"], json!({"code": -32602, "message": "Unknown tool: rm"}));
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_413() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let long = |bytes: usize| {
        json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": "a".repeat(bytes)}}).to_string()
    };
    assert_eq!(caller.post(long(1_048_576)).await.status, 413);
    let chunked = reqwest::Body::wrap_stream(futures_util::stream::iter(
        (0..40).map(|_| Ok::<_, std::io::Error>(vec![b' '; 65_536])),
    ));
    assert_eq!(caller.post(chunked).await.status, 413);
    assert_eq!(caller.post(long(1_000_000)).await.status, 400, "in size, but without a session");
}

#[tokio::test]
async fn a_long_request_line_is_logged_in_short() {
    let gateway = Gateway::start();
    for (number, line) in [format!("GET /{}", "word/".repeat(1500)), format!("{} /", "BREW".repeat(1500))]
        .into_iter()
        .enumerate()
    {
        let mut socket = tokio::net::TcpStream::connect(&gateway.address).await.unwrap();
        let head = format!("Host: localhost\r\nX-Request-Id: long-{number}\r\nConnection: close\r\n\r\n");
        socket.write_all(format!("{line} HTTP/1.1\r\n{head}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
        let id = format!("long-{number}");
        while !gateway.log_contains(&id) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let logged = gateway.log_line(&id).await.to_string();
        assert!(logged.len() < 700, "{logged}");
    }
}
