//! stdio: both eras, nothing but protocol on standard output, ends with its input.

use std::{io::Write, process::Stdio};

use serde_json::{Value, json};

use crate::support::{command, modern_meta};

fn talk(lines: &[Value]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(folder.path())
        .arg("stdio")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for line in lines {
        writeln!(input, "{line}").unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "it exits well at the end of its input");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not protocol: {line}")))
        .collect()
}

fn answer(answers: &[Value], id: u32) -> &Value {
    answers
        .iter()
        .find(|answer| answer["id"] == id)
        .unwrap_or_else(|| panic!("no answer to {id} in {answers:?}"))
}

#[test]
fn an_old_client_talks_over_stdio_without_a_key() {
    let initialize = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let answers = talk(&[
        json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {}}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": initialize}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "list_tasks"}}),
        json!({"jsonrpc": "2.0", "id": 4, "method": "nope"}),
    ]);
    assert_eq!(answer(&answers, 1)["error"]["code"], -32601);
    assert_eq!(answer(&answers, 2)["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(answer(&answers, 3)["result"]["structuredContent"]["total"], 8);
    assert_eq!(answer(&answers, 4)["error"]["code"], -32601);
}

#[test]
fn a_stateless_client_talks_over_stdio() {
    let meta = modern_meta(json!({}));
    let answers = talk(&[
        json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "subscriptions/listen", "params": {"_meta": meta, "notifications": {}}}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"_meta": meta, "name": "ping"}}),
        Value::from("junk"),
    ]);
    assert_eq!(answer(&answers, 1)["result"]["supportedVersions"][0], "2026-07-28");
    assert_eq!(answer(&answers, 2)["result"]["resultType"], "complete", "a subscription ends with the input");
    assert_eq!(answer(&answers, 3)["result"]["structuredContent"]["echo"], "pong");
    assert!(answers.iter().any(|answer| answer["id"].is_null() && answer["error"]["code"] == -32600));
}
