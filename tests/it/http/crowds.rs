//! More connections than there are places, or than the process may have files open: probes are answered all the same, others
//! are told, and nothing stands still.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{BEYOND_LOOPBACK, BINARY, Caller, Gateway, KEY, outside_address, within_two_seconds};

const HEALTH: &str = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn connect(address: impl ToSocketAddrs) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}

/// What comes until the gateway closes; what it sent counts even if it closed without waiting.
fn ask(mut socket: TcpStream, request: &str) -> String {
    let _ = socket.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    let _ = socket.read_to_end(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

/// Connections that hold a place for as long as they are kept.
fn held(address: &str, count: usize) -> Vec<TcpStream> {
    let hold = |_| {
        let mut socket = connect(address);
        socket.write_all(HEALTH.as_bytes()).unwrap();
        let mut answer = [0; 15];
        socket.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        socket
    };
    (0..count).map(hold).collect()
}

fn call() -> String {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Returns when a place has become free for that caller.
async fn let_in(caller: &Caller) {
    let freed = Instant::now();
    while caller.request(reqwest::Method::GET, "/").send().await.is_ok_and(|answer| answer.status() == 503) {
        assert!(freed.elapsed() < Duration::from_secs(5), "no place became free");
    }
}

#[tokio::test]
async fn beyond_the_cap_probes_are_answered_and_others_are_told() {
    let gateway = Gateway::with(&[("TASKGATE_MAX_CONNECTIONS", "2")]);
    let taken = held(&gateway.address, 2);
    for path in ["/health", "/ready"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = ask(connect(&gateway.address), &request);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("connection: close"), "{answer}");
    }
    for request in [&*call(), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
        let answer = ask(connect(&gateway.address), request);
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("connection: close"), "{answer}");
        assert!(answer.contains(r#""code":"too_many_connections""#), "{answer}");
        assert!(
            answer.contains("TASKGATE_MAX_CONNECTIONS\"") && answer.contains("retry-after: 1"),
            "{answer}"
        );
    }
    // Who says nothing has a second.
    let asked = Instant::now();
    assert_eq!(ask(connect(&gateway.address), ""), "");
    assert!((0.8..4.0).contains(&asked.elapsed().as_secs_f64()), "{:?}", asked.elapsed());
    // Silent ones, however many, keep nobody from asking.
    let _silent: Vec<_> = (0..200).map(|_| connect(&gateway.address)).collect();
    let answer = ask(connect(&gateway.address), HEALTH);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    drop(taken);
    let caller = gateway.caller();
    let_in(&caller).await;
    caller.tool("ping", json!({})).await.unwrap();
}

#[test]
fn one_address_cannot_take_all_places() {
    let Some(outside) = outside_address() else { return };
    for (settings, most) in [
        (&[("TASKGATE_MAX_CONNECTIONS", "6")][..], 3),
        (&[("TASKGATE_MAX_CONNECTIONS", "6"), ("TASKGATE_MAX_CONNECTIONS_PER_ADDRESS", "2")], 2),
    ] {
        let gateway = Gateway::with(&[&[("MCP_HOST", "0.0.0.0")][..], &BEYOND_LOOPBACK, settings].concat());
        let port = gateway.address.rsplit(':').next().unwrap().to_owned();
        let (outside, inside) = (format!("{outside}:{port}"), format!("127.0.0.1:{port}"));
        let _taken = held(&outside, most);
        let answer = ask(connect(&outside), &call());
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.contains("TASKGATE_MAX_CONNECTIONS_PER_ADDRESS\""), "{answer}");
        assert!(ask(connect(&outside), HEALTH).starts_with("HTTP/1.1 200 "));
        let loopback = held(&inside, 6 - most);
        drop(loopback);
    }
}

/// A gateway that may have that many files open.
fn with_open_files(limit: &str) -> Gateway {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("ulimit {limit}; exec {BINARY}")]);
    Gateway::run(command, folder, &[("RUST_LOG", "info")])
}

fn open_files(gateway: &Gateway) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", gateway.child.id())).unwrap().count()
}

#[test]
fn as_many_files_are_opened_as_the_system_allows() {
    let gateway = with_open_files("-Sn 100");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", gateway.child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<_> = line.split_whitespace().skip(3).collect();
    assert_eq!(numbers[0], numbers[1], "{line}");
}

#[tokio::test]
#[ignore = "root alone sees into a process that keeps its memory private"]
async fn open_files_do_not_run_out() {
    let gateway = with_open_files("-n 160");
    within_two_seconds("the limit is told", async || {
        gateway.log_contains("64 connections are let in, not 20000")
    })
    .await;
    let mut silent: Vec<_> = (0..400).map(|_| connect(&gateway.address)).collect();
    for _ in 0..5 {
        let asked = Instant::now();
        let answer = ask(connect(&gateway.address), HEALTH);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        assert!(open_files(&gateway) <= 140, "{} of 160 files are open", open_files(&gateway));
        silent.extend((0..100).map(|_| connect(&gateway.address)));
    }
    drop(silent);
    let caller = gateway.caller();
    let_in(&caller).await;
    caller.tool("create_task", json!({"title": "the database has its files"})).await.unwrap();
    assert!(!gateway.log_contains("cannot be accepted"));
}
