//! Gateways on one Redis: calls beside one on SQLite, how soon a revocation and a new task are known at another gateway, and what a
//! call on an SSE stream costs more when it comes in at another gateway than the stream's.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    best,
    caller::{administer, call, exchange, tool_call},
    load::{self, Kind, Measured},
    process::Server,
    redis_server::RedisServer,
    streams,
};

const ROUNDS: usize = 8;
const ROUND: Duration = Duration::from_secs(2);
/// Of each kind.
const REPEATS: usize = 200;
const SSE_CALLS: usize = 2_000;

pub fn measure() {
    let redis = RedisServer::start("everysec");
    ping(&redis);
    let mut gateways = [(); 3].map(|()| Server::gateway_of_keys(Some(&redis.url)));
    let (key, _) = make_key(&gateways[0]);
    for gateway in &mut gateways {
        gateway.key.clone_from(&key);
    }
    println!("\nthree gateways on one Redis, which writes to the disk each second; {REPEATS} times each");
    revocations(&mut gateways, &key);
    long_polls(&gateways);
    sse_elsewhere(&gateways);
}

/// A key of that gateway's, and its id.
fn make_key(gateway: &Server) -> (String, String) {
    let made: Value = serde_json::from_str(&administer(gateway, "POST", "/admin/tokens")).expect("JSON");
    let text = |name: &str| made[name].as_str().expect("text").to_owned();
    (text("mcp_key"), text("id"))
}

/// Rounds of a gateway on SQLite and of one on Redis in turn, each with a key of its store; the best round of each counts.
fn ping(redis: &RedisServer) {
    let mut servers = [None, Some(redis.url.as_str())].map(Server::gateway_of_keys);
    for server in &mut servers {
        server.key = make_key(server).0;
    }
    let mut rounds: [Vec<Measured>; 2] = [Vec::new(), Vec::new()];
    let mut share = 0.0;
    for _ in 0..ROUNDS {
        for (number, (server, rounds)) in servers.iter().zip(&mut rounds).enumerate() {
            let before = scripts(redis);
            let measured = load::run(server, Kind::Modern, ROUND);
            if number == 1 {
                share += (scripts(redis) - before) as f64 / measured.calls as f64;
            }
            rounds.push(measured);
        }
    }
    let [on_sqlite, on_redis] = rounds.map(best);
    println!(
        "\ntools/call ping, 2026-07-28, with a key of the store, 32 connections, limiter and access log on"
    );
    println!("  SQLite     {on_sqlite}");
    println!("  Redis      {on_redis}");
    println!("  ratio      {:.3}x server CPU per call", on_redis.cpu_micros / on_sqlite.cpu_micros);
    println!("  scripts    {:.2} of Redis a thousand calls, beats in it", share / ROUNDS as f64 * 1000.0);
}

/// Scripts that Redis was sent so far: leases of limits and beats; a call under a key that is known sends nothing else.
fn scripts(redis: &RedisServer) -> u64 {
    let address = redis.url.trim_start_matches("redis://");
    let mut socket = TcpStream::connect(address).expect("redis-server listens");
    socket.write_all(b"INFO commandstats\r\nQUIT\r\n").expect("it reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("it answers");
    let line = answer.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    line.and_then(|text| text.split(',').next()?.parse().ok()).expect("a number")
}

/// A key is revoked at one gateway: until a second refuses it, and until a third has ended its stream.
fn revocations(gateways: &mut [Server; 3], key: &str) {
    let (mut refused, mut ended) = (Vec::new(), Vec::new());
    for number in 0..REPEATS {
        let (short, id) = make_key(&gateways[0]);
        for gateway in gateways.iter_mut() {
            gateway.key.clone_from(&short);
        }
        let (mut stream, _) = streams::open_at(&gateways[1], "/sse");
        let mut socket = gateways[2].connect();
        call(&mut socket, &gateways[2], "ping", "{}");
        administer(&gateways[0], "DELETE", &format!("/admin/tokens/{id}"));
        let begun = Instant::now();
        let end = std::thread::spawn(move || {
            until_it_ends(&mut stream);
            begun.elapsed()
        });
        // From an address of its own each time: one that shows many wrong keys is locked out.
        let from = format!("Host: localhost\r\nX-Forwarded-For: 10.0.{number}.1\r\n");
        let ping = tool_call(&gateways[2], "ping", "{}").replacen("Host: localhost\r\n", &from, 1);
        while exchange(&mut socket, &ping).0.starts_with("HTTP/1.1 200 OK") {}
        refused.push(begun.elapsed());
        ended.push(end.join().expect("no panic"));
    }
    for gateway in gateways.iter_mut() {
        key.clone_into(&mut gateway.key);
    }
    print("a revoked key is refused elsewhere", refused);
    print("its stream elsewhere has ended", ended);
}

/// Reads a stream up to its last chunk. Its connection may stay.
fn until_it_ends(stream: &mut TcpStream) {
    let (mut read, mut buffer) = (Vec::new(), [0_u8; 4096]);
    while !read.ends_with(b"0\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => read.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
}

/// An agent waits at one gateway for a task that is made at another.
fn long_polls(gateways: &[Server; 3]) {
    let mut delays = Vec::new();
    for number in 0..REPEATS {
        let agent = format!("waiter-{number}");
        let profile = format!(r#"{{"agent_id":"{agent}","name":"{agent}","role":"Developer"}}"#);
        call(&mut gateways[1].connect(), &gateways[1], "register_agent", &profile);
        let mut waiting = gateways[1].connect();
        let wish = format!(r#"{{"agent_id":"{agent}","wait_seconds":20}}"#);
        waiting
            .write_all(tool_call(&gateways[1], "request_next_task", &wish).as_bytes())
            .expect("the gateway reads");
        std::thread::sleep(Duration::from_millis(50));
        let task = format!(r#"{{"title":"Number {number}"}}"#);
        call(&mut gateways[2].connect(), &gateways[2], "create_task", &task);
        let begun = Instant::now();
        let (_, body) = exchange(&mut waiting, "");
        assert!(String::from_utf8_lossy(&body).contains("claim_generation"), "a task");
        delays.push(begun.elapsed());
    }
    print("a new task is with who waits elsewhere", delays);
}

/// Round trips on a stream whose posts come in where it is, and of one whose posts come in elsewhere, in turn.
fn sse_elsewhere(gateways: &[Server; 3]) {
    let (mut stream, endpoint) = streams::open_at(&gateways[0], "/sse");
    let mut lines = [gateways[0].connect(), gateways[1].connect()];
    let body = load::initialize_body("2024-11-05");
    lines[0].write_all(gateways[0].post(&endpoint, &body, "").as_bytes()).expect("the gateway reads");
    streams::read_event(&mut stream);
    exchange(&mut lines[0], "");
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ping","arguments":{}}}"#;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..SSE_CALLS {
        for ((gateway, line), times) in gateways.iter().zip(&mut lines).zip(&mut times) {
            let begun = Instant::now();
            round_trip((line, &mut stream), &gateway.post(&endpoint, ping, ""));
            times.push(begun.elapsed());
        }
    }
    let [here, elsewhere] = times;
    println!("  a call on an SSE stream, one at a time, {SSE_CALLS} times each, in turn");
    print("  posted where the stream is", here);
    print("  posted at another gateway", elsewhere);
}

/// Until the event came; what the post was answered is read too.
fn round_trip((line, stream): (&mut TcpStream, &mut TcpStream), request: &str) {
    line.write_all(request.as_bytes()).expect("the gateway reads");
    streams::read_event(stream);
    let (head, _) = exchange(line, "");
    assert!(head.starts_with("HTTP/1.1 202"), "{head}");
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("  {what:40} p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms", at(0.5), at(0.99), at(1.0));
}
