//! A server that cannot be wedged: slow, silent and greedy connections are closed, others go on.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{Gateway, KEY};

/// Seconds until the gateway closes the connection.
fn closed_after(mut socket: TcpStream) -> f64 {
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let started = Instant::now();
    let mut bytes = [0_u8; 4096];
    while matches!(socket.read(&mut bytes), Ok(read) if read > 0) {}
    started.elapsed().as_secs_f64()
}

#[test]
fn silent_and_half_sent_connections_are_closed_but_an_idle_one_may_stay() {
    let gateway = Gateway::with(&[("TASKGATE_KEEPALIVE_SECONDS", "14")]);
    let connect = || TcpStream::connect(&gateway.address).unwrap();
    let silent = connect();
    let mut half = connect();
    half.write_all(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").unwrap();
    let mut dripping = connect();
    let mut body = connect();
    write!(body, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 100\r\n\r\n{{").unwrap();
    let mut idle = connect();
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let waits: Vec<_> =
        [silent, half, body].into_iter().map(|socket| std::thread::spawn(|| closed_after(socket))).collect();
    let idle = std::thread::spawn(|| closed_after(idle));
    let dripping = std::thread::spawn(move || {
        let started = Instant::now();
        // One byte a second must not keep a half-sent head alive.
        while started.elapsed() < Duration::from_secs(16) {
            std::thread::sleep(Duration::from_secs(1));
            if dripping.write_all(b"G").is_err() {
                break;
            }
        }
        started.elapsed().as_secs_f64()
    });
    for (name, wait) in ["silent", "half a head", "half a body"].iter().zip(waits) {
        let seconds = wait.join().unwrap();
        assert!((9.0..12.5).contains(&seconds), "{name} was closed after {seconds} s");
    }
    let seconds = dripping.join().unwrap();
    assert!((9.0..14.0).contains(&seconds), "a dripping head was closed after {seconds} s");
    let seconds = idle.join().unwrap();
    assert!((13.0..16.5).contains(&seconds), "an idle connection was closed after {seconds} s");
}

#[tokio::test]
async fn a_reader_that_takes_nothing_stops_nobody_else() {
    let gateway = Gateway::start();
    let mut stuck: Vec<_> = (0..20).map(|_| TcpStream::connect(&gateway.address).unwrap()).collect();
    for socket in &mut stuck {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": crate::support::modern_meta(json!({}))}}).to_string();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nMCP-Protocol-Version: 2026-07-28\r\n\
             Mcp-Method: tools/list\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        for _ in 0..200 {
            if socket.write_all(format!("{head}{body}").as_bytes()).is_err() {
                break;
            }
            socket.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
        }
    }
    let caller = gateway.caller();
    let started = Instant::now();
    for _ in 0..50 {
        caller.tool("ping", json!({})).await.unwrap();
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

/// What goes on until the gateway ends it, from somebody without a key and from somebody with one.
fn greedy(address: &str, head: &str, chunk: &[u8]) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    if socket.write_all(head.as_bytes()).is_err() {
        return;
    }
    for _ in 0..1024 {
        if socket.write_all(chunk).is_err() {
            return;
        }
    }
    panic!("a gibibyte was taken after {head}");
}

#[tokio::test]
async fn floods_and_bombs_take_no_memory_and_stop_nobody() {
    let gateway = Gateway::with(&[("RUST_LOG", "warn,taskgate::cli=info")]);
    let chunk = [format!("{:x}\r\n", 1 << 20).into_bytes(), vec![b'['; 1 << 20], b"\r\n".to_vec()].concat();
    let fields = "X-A: b\r\n".repeat(10_000);
    let start = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n";
    let bearer = format!("Authorization: Bearer {KEY}\r\n");
    let heads = [
        format!("{start}Transfer-Encoding: chunked\r\n\r\n"),
        format!("{start}{bearer}Transfer-Encoding: chunked\r\n\r\n"),
        format!("{start}{bearer}Content-Length: 1073741824\r\n\r\n"),
        format!("{start}X-Large: "),
        format!("{start}{fields}\r\n"),
    ];
    let mut bombs = Vec::new();
    for number in 0..100 {
        let (address, head, chunk) = (gateway.address.clone(), heads[number % 5].clone(), chunk.clone());
        let chunk = if head.ends_with("X-Large: ") { vec![b'a'; 1 << 20] } else { chunk };
        bombs.push(tokio::task::spawn_blocking(move || greedy(&address, &head, &chunk)));
    }
    let caller = gateway.caller();
    for body in [
        "[".repeat(1 << 19),
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}1{}}}",
            "{\"a\":".repeat(100_000),
            "}".repeat(100_000)
        ),
        format!("[{}1]", "{},".repeat(10_000)),
        format!("{{{}\"jsonrpc\":\"2.0\"}}", "\"a\":1,".repeat(90_000)),
    ] {
        let answer = caller.post(body).await;
        assert!(answer.status.is_client_error(), "{answer:?}");
    }
    let mut slowest = Duration::ZERO;
    let nobody = gateway.caller_with("");
    for number in 0..5_000 {
        let junk = nobody.request(reqwest::Method::POST, "/mcp").body("x".repeat(2_000)).send();
        assert_eq!(junk.await.unwrap().status(), 401);
        if number % 50 == 0 {
            let asked = Instant::now();
            caller.tool("ping", json!({})).await.unwrap();
            slowest = slowest.max(asked.elapsed());
        }
    }
    for bomb in bombs {
        bomb.await.unwrap();
    }
    assert!(slowest < Duration::from_secs(2), "somebody waited {slowest:?}");
    let peak_kib = gateway.peak_memory_kib();
    assert!(peak_kib < 200 * 1024, "{peak_kib} KiB");
}
