//! Bytes on a connection: odd but whole requests are answered, what cannot be read is refused in words, bodies that are too
//! large at once, and nobody who reads slowly or not at all makes the gateway keep what it sent.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{Gateway, KEY};

fn connect(gateway: &Gateway) -> TcpStream {
    let socket = TcpStream::connect(&gateway.address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    socket.set_write_timeout(Some(Duration::from_secs(8))).unwrap();
    socket
}

/// What comes until `end`, or until the gateway closes.
fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    let mut bytes = [0_u8; 16 * 1024];
    while !String::from_utf8_lossy(&text).contains(end) {
        match socket.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => text.extend_from_slice(&bytes[..read]),
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&text)),
        }
    }
    String::from_utf8(text).unwrap()
}

fn read_to_end(socket: &mut TcpStream) -> String {
    read_until(socket, "\0")
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#;

#[test]
fn bytes_behind_a_request_do_not_hold_its_answer_back() {
    let gateway = Gateway::start();
    let whole = post("/mcp", INITIALIZE);
    let health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let events = format!("GET /sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n\r\n");
    for (request, expected) in [(&*whole, "serverInfo"), (health, "healthy"), (&events, "event: endpoint")] {
        for behind in ["\r\n", "\r\n\r\n", "G", "GET /health HT", "POST /mcp HTTP/1.1\r\nHost: loc"] {
            let mut socket = connect(&gateway);
            socket.write_all(format!("{request}{behind}").as_bytes()).unwrap();
            let asked = Instant::now();
            let answer = read_until(&mut socket, expected);
            assert!(answer.contains(expected), "{request:?} with {behind:?} behind it: {answer}");
            assert!(asked.elapsed() < Duration::from_secs(5), "{request:?} with {behind:?} behind it");
        }
    }
    let mut socket = connect(&gateway);
    let last = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    socket.write_all(format!("{whole}\r\n{health}{whole}{last}").as_bytes()).unwrap();
    let answers = read_to_end(&mut socket).matches("HTTP/1.1 200 OK").count();
    assert_eq!(answers, 4, "several requests at once");
}

#[test]
fn a_head_that_cannot_be_read_is_refused_in_words() {
    let gateway = Gateway::start();
    let get = "GET /health HTTP/1.1\r\nHost: localhost\r\n";
    let two = format!("{get}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab");
    for (head, status) in [
        (format!("{get}{}\r\n", "X-A: b\r\n".repeat(120)), 431),
        (format!("{get}X-Large: {}\r\n\r\n", "a".repeat(20_000)), 431),
        (format!("{get}X-Large: {}", "a".repeat(2_000_000)), 431),
        (format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(20_000)), 431),
        (format!("{two}{}", "a".repeat(500_000)), 400),
        (format!("{get}Content-Length: -1\r\n\r\n"), 400),
        (format!("{get}Content-Length: 5\r\nTransfer-Encoding: chunked, identity\r\n\r\n"), 400),
        (format!("{get}A b: c\r\n\r\n"), 400),
        (String::from("GET /health HTTP/9.9\r\n\r\n"), 400),
        (String::from("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}, a client that does TLS"), 400),
    ] {
        let shown = &head[..head.len().min(120)];
        for before in ["", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
            let mut socket = connect(&gateway);
            let _ = socket.write_all(format!("{before}{head}").as_bytes());
            let answer = read_to_end(&mut socket);
            assert!(answer.contains(&format!("HTTP/1.1 {status} ")), "{shown:?}: {answer:?}");
        }
    }
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_comes_and_its_sender_can_read_why() {
    let gateway = Gateway::start();
    let start = format!("POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n");
    // Announced, and nothing of it sent: the answer waits for nothing.
    let mut socket = connect(&gateway);
    socket.write_all(format!("{start}Content-Length: 1048577\r\n\r\n").as_bytes()).unwrap();
    let asked = Instant::now();
    let answer = read_to_end(&mut socket);
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("connection: close"), "{answer}");
    assert!(answer.contains(r#""code":"payload_too_large""#), "{answer}");
    // Sent to the end by a client that reads only then.
    let six = "x".repeat(6 << 20);
    let chunked = format!("{:x}\r\n{six}\r\n0\r\n\r\n", six.len());
    let bodies = [
        format!("Content-Length: {}\r\n\r\n{six}", six.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{chunked}"),
    ];
    for body in &bodies {
        let mut socket = connect(&gateway);
        socket.write_all(format!("{start}{body}").as_bytes()).unwrap();
        let answer = read_to_end(&mut socket);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
    // Other refusals come before the body too.
    for (head, status) in [
        ("POST /mcp HTTP/1.1\r\nHost: localhost\r\n", 401),
        ("POST /nowhere HTTP/1.1\r\nHost: localhost\r\n", 404),
        ("POST /mcp HTTP/1.1\r\nHost: evil.example\r\n", 421),
    ] {
        let mut socket = connect(&gateway);
        socket.write_all(format!("{head}{}", bodies[0]).as_bytes()).unwrap();
        let answer = read_to_end(&mut socket);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    // So does an answer to a request that needs no body, however long both are.
    let mut socket = connect(&gateway);
    let head = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n";
    socket.write_all(format!("{head}{}", bodies[0]).as_bytes()).unwrap();
    let answer = read_to_end(&mut socket);
    let (head, page) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", page.len())), "{head}: {}", page.len());
}

#[test]
fn whoever_asks_before_sending_too_much_is_told_no_and_nothing_is_read() {
    let gateway = Gateway::start();
    let head = |bytes: usize| {
        format!(
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nExpect: 100-continue\r\nContent-Length: {bytes}\r\n\r\n"
        )
    };
    let mut socket = connect(&gateway);
    socket.write_all(head(2 << 20).as_bytes()).unwrap();
    let answer = read_to_end(&mut socket);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let mut socket = connect(&gateway);
    socket.write_all(head(INITIALIZE.len()).as_bytes()).unwrap();
    assert_eq!(read_until(&mut socket, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    socket.write_all(INITIALIZE.as_bytes()).unwrap();
    assert!(read_until(&mut socket, "serverInfo").contains("200 OK"));
}

#[test]
fn a_sender_without_end_is_cut_off() {
    let gateway = Gateway::start();
    let mut socket = connect(&gateway);
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 1073741824\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let chunk = vec![b' '; 1 << 20];
    let taken = (0..64).take_while(|_| socket.write_all(&chunk).is_ok()).count();
    assert!((8..32).contains(&taken), "{taken} MiB were taken");
    // Nor is one who sends nothing waited for.
    let mut socket = connect(&gateway);
    socket.write_all(head.as_bytes()).unwrap();
    read_to_end(&mut socket);
    let begun = Instant::now();
    while socket.write_all(b" ").is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(8), "still open");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn an_idle_connection_keeps_nothing_of_what_it_was_sent() {
    let gateway = Gateway::with(&[("RUST_LOG", "warn,taskgate::cli=info")]);
    let read_bundle = || {
        let mut socket = connect(&gateway);
        socket.write_all(b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let head = read_until(&mut socket, "\r\n\r\n");
        let (head, body) = head.split_once("\r\n\r\n").unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut rest = vec![0; length.parse::<usize>().unwrap() - body.len()];
        socket.read_exact(&mut rest).unwrap();
        assert!(rest.len() > 1_000_000);
        socket
    };
    drop(read_bundle());
    let before = gateway.memory_kib();
    let _idle: Vec<_> = (0..150).map(|_| read_bundle()).collect();
    let grown = gateway.memory_kib().saturating_sub(before);
    assert!(grown < 16 * 1024, "150 idle connections keep {grown} KiB");
}

#[tokio::test]
async fn readers_that_stop_are_cut_off_and_cost_little() {
    let gateway = Gateway::with(&[("RUST_LOG", "warn,taskgate::cli=info")]);
    let before = gateway.memory_kib();
    let mut stopped = Vec::new();
    for _ in 0..20 {
        let mut socket = connect(&gateway);
        socket
            .write_all(
                format!("GET /sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n\r\n")
                    .as_bytes(),
            )
            .unwrap();
        let opened = read_until(&mut socket, "session_id=");
        let endpoint = opened.split("data: ").nth(1).unwrap().lines().next().unwrap().to_owned();
        stopped.push((socket, endpoint));
    }
    let caller = gateway.caller();
    let send =
        |endpoint: &str, body: String| caller.request(reqwest::Method::POST, endpoint).body(body).send();
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    for (_, endpoint) in &stopped {
        assert_eq!(send(endpoint, INITIALIZE.to_owned()).await.unwrap().status(), 202);
    }
    // The kernel takes some megabytes of each; then the queue fills.
    for (_, endpoint) in &stopped {
        let mut taken = 0;
        while send(endpoint, list.clone()).await.unwrap().status() == 202 {
            taken += 1;
            assert!(taken < 3_000, "nobody reads the answers, and calls are still taken");
        }
    }
    let grown = gateway.memory_kib().saturating_sub(before);
    assert!(grown < 48 * 1024, "20 readers that stopped cost {grown} KiB");
}
