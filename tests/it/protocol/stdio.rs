//! stdio: both eras, nothing but protocol on standard output, ends with its input.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{command, modern_meta};

fn start(folder: &Path, settings: &[(&str, &str)]) -> Child {
    command(folder)
        .arg("stdio")
        .envs(settings.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn talk(lines: &[Value]) -> Vec<Value> {
    say(lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n").into_bytes())
}

/// Writes all of that before it reads anything for a while, then reads to the end.
fn say(text: Vec<u8>) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path(), &[]);
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&text));
    std::thread::sleep(Duration::from_millis(300));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
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

#[test]
fn a_call_that_waits_may_take_five_seconds_once_the_input_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(folder.path(), &[("TASKGATE_SAMPLE_BOARD", "false")]);
    let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut answers = BufReader::new(output).lines().map(Result::unwrap);
    let call = |tool: &str, arguments: Value| json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}});
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}});
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
    let register = call("register_agent", json!({"agent_id": "a", "name": "a", "role": "Tester"}));
    for asked in [initialize, register] {
        writeln!(input, "{asked}").unwrap();
        assert!(answers.next().unwrap().contains("result"));
    }
    let wait = call("request_next_task", json!({"agent_id": "a", "wait_seconds": 40}));
    writeln!(input, "{wait}").unwrap();
    drop(input);
    let begun = Instant::now();
    assert_eq!(answers.count(), 0);
    assert!((4.0..8.0).contains(&begun.elapsed().as_secs_f64()), "{:?}", begun.elapsed());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_line_over_one_mebibyte_is_refused_and_the_next_is_read() {
    let ping = |id: u32| json!({"jsonrpc": "2.0", "id": id, "method": "ping"}).to_string();
    let long = |bytes: usize| {
        let filled = json!({"jsonrpc": "2.0", "id": 9, "method": "ping", "params": {"x": "a".repeat(bytes)}});
        filled.to_string()
    };
    let lines = [ping(1), long(1_100_000), ping(2), long(5_000_000), ping(3), long(3_000_000)];
    let answers = say(lines.join("\n").into_bytes());
    for id in 1..=3 {
        assert_eq!(answer(&answers, id)["result"], json!({}));
    }
    let refused: Vec<_> = answers.iter().filter(|answer| answer["id"].is_null()).collect();
    assert_eq!(refused.len(), 3, "{answers:?}");
    assert!(refused.iter().all(|answer| answer["error"]["code"] == -32600));
    let fits = long(1_048_576 - long(0).len());
    assert_eq!(answer(&say(format!("{fits}\n").into_bytes()), 9)["result"], json!({}));
}

#[test]
fn a_byte_order_mark_and_faulty_notifications_are_passed_over() {
    let text = concat!(
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":[1]}\n",
        "{\"method\":\"notifications/initialized\"}\n",
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\",\"params\":null}",
    );
    let answers = say(text.as_bytes().to_vec());
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert_eq!(answer(&answers, 1)["result"], answer(&answers, 2)["result"]);
}

#[test]
fn who_asks_much_before_reading_gets_every_answer() {
    let ping = json!({"method": "ping"});
    let call = json!({"method": "tools/call", "params": {"name": "ping"}});
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}}});
    for (asked, count) in [(ping, 5000), (call, 2000)] {
        let lines = (1..=count).map(|id| {
            let mut line = asked.clone();
            (line["jsonrpc"], line["id"]) = (json!("2.0"), json!(id));
            line.to_string()
        });
        let lines: Vec<_> = std::iter::once(initialize.to_string()).chain(lines).collect();
        assert_eq!(say(lines.join("\n").into_bytes()).len(), count + 1, "{asked}");
    }
}

#[test]
fn a_log_line_of_a_call_says_which_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(folder.path())
        .arg("stdio")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut ask = |name: &str, arguments: Value| {
        let params = json!({"name": name, "arguments": arguments, "_meta": modern_meta(json!({}))});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        writeln!(input, "{call}").unwrap();
        serde_json::from_str::<Value>(&output.next().unwrap().unwrap()).unwrap()
    };
    assert_eq!(ask("ping", json!({}))["result"]["structuredContent"]["echo"], "pong");
    let database = rusqlite::Connection::open(folder.path().join("taskgate.db")).unwrap();
    database.execute_batch("ALTER TABLE agents RENAME TO lost").unwrap();
    let answer = ask("register_agent", json!({"agent_id": "a", "name": "A", "role": "R"}));
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    drop(input);
    let log = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let failed =
        lines.filter(|line| line["message"] == "a tool call failed in the store").collect::<Vec<_>>();
    assert_eq!(failed.len(), 1, "{log}");
    assert_eq!(failed[0]["user"], "local", "{log}");
    assert!(failed[0]["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{log}");
}
