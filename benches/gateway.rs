//! The release binary beside a bare axum server, interleaved in one run: `cargo bench`.
//!
//! Prints server CPU per `tools/call ping` and per SSE round trip as a ratio, latencies, memory per idle stream, start-up
//! time and resting memory. CPU time is the server process's own (user + system), so a busy machine moves it little.
//! `cargo bench -- abandoned` instead sends 100,000 `initialize` calls nobody uses and 20,000 junk bodies, and prints
//! what they leave behind; `cargo bench -- metrics` measures calls with metrics beside calls without, `cargo bench -- traces` the same of traces; `cargo bench -- calls` measures `tools/call ping` alone, `cargo bench -- viewers` a hundred people
//! who look at a board that changes, `cargo bench -- redis` calls beside SQLite, and three gateways on one Redis. Streams need an open-file limit of 21,000 or more; with less, fewer are opened and it says so.

#![expect(clippy::print_stdout, reason = "it is what this program is for")]

use std::{
    io::{Read, Write},
    time::Duration,
};

#[path = "gateway/bare.rs"]
mod bare;
#[path = "gateway/caller.rs"]
mod caller;
#[path = "gateway/collector.rs"]
mod collector;
#[path = "gateway/cpu.rs"]
mod cpu;
#[path = "gateway/load.rs"]
mod load;
#[path = "gateway/on_redis.rs"]
mod on_redis;
#[path = "gateway/process.rs"]
mod process;
#[path = "gateway/redis_server.rs"]
mod redis_server;
#[path = "gateway/streams.rs"]
mod streams;
#[path = "gateway/viewers.rs"]
mod viewers;

use collector::Collector;
use load::{Kind, Measured};
use process::Server;

const ROUNDS: usize = 5;
/// More, as what is looked for is one part in a hundred.
const METRICS_ROUNDS: usize = 12;
/// How long servers are watched that nobody calls.
const REST: Duration = Duration::from_secs(20);
const ROUND: Duration = Duration::from_secs(2);

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "bare-server") {
        return bare::serve();
    }
    if arguments.iter().any(|argument| argument == "abandoned") {
        return abandoned();
    }
    if arguments.iter().any(|argument| argument == "metrics") {
        return metrics();
    }
    if arguments.iter().any(|argument| argument == "traces") {
        return traces();
    }
    if arguments.iter().any(|argument| argument == "redis") {
        return on_redis::measure();
    }
    if arguments.iter().any(|argument| argument == "viewers") {
        return viewers::measure();
    }
    if arguments.iter().any(|argument| argument == "calls") {
        return compare("tools/call ping, 2026-07-28", Kind::Modern);
    }
    start_up();
    compare("tools/call ping, 2026-07-28", Kind::Modern);
    compare("tools/call ping, 2025-11-25 session", Kind::Legacy);
    compare("SSE round trip", Kind::Sse);
    metrics();
    traces();
    viewers::measure();
    for count in [1_000, 10_000] {
        idle_streams(count);
    }
}

/// Rounds of the bare server and the gateway in turn; the best round of each counts.
fn compare(title: &str, kind: Kind) {
    let (bare, gateway) = (Server::bare(), Server::gateway());
    let (mut of_bare, mut of_gateway): (Vec<Measured>, Vec<Measured>) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        of_bare.push(load::run(&bare, Kind::bare(kind), ROUND));
        of_gateway.push(load::run(&gateway, kind, ROUND));
    }
    let (bare, gateway) = (best(of_bare), best(of_gateway));
    println!("\n{title}, 32 connections, authentication, limiter and access log on");
    println!("  bare axum  {bare}");
    println!("  taskgate   {gateway}");
    println!("  ratio      {:.2}x server CPU per call", gateway.cpu_micros / bare.cpu_micros);
}

/// Rounds without metrics and with them in turn; the best round of each counts. Who scrapes is not measured: that is once in many
/// seconds.
fn metrics() {
    let (off, on) = (Server::gateway(), Server::gateway_with_metrics());
    let (mut of_off, mut of_on): (Vec<Measured>, Vec<Measured>) = (Vec::new(), Vec::new());
    for _ in 0..METRICS_ROUNDS {
        of_off.push(load::run(&off, Kind::Modern, ROUND));
        of_on.push(load::run(&on, Kind::Modern, ROUND));
    }
    let (off, on) = (best(of_off), best(of_on));
    println!("\ntools/call ping, 2026-07-28, 32 connections, without and with metrics");
    println!("  without    {off}");
    println!("  with       {on}");
    println!("  ratio      {:.3}x server CPU per call", on.cpu_micros / off.cpu_micros);
}

/// Rounds without traces, with one call in a hundred traced, and with all, in turn; the best round of each counts. Of a collector
/// that is not there, calls and the time at rest are measured.
fn traces() {
    let kinds = [
        ("1 % traced", Collector::Takes, "0.01"),
        ("1 %, refused", Collector::Refuses, "0.01"),
        ("1 %, no answer", Collector::Hangs, "0.01"),
        ("all traced", Collector::Takes, "1"),
        ("all, refused", Collector::Refuses, "1"),
    ];
    let off = Server::gateway();
    let on: Vec<_> = kinds
        .iter()
        .map(|(_, collector, share)| Server::gateway_with_traces(&collector.start(), share))
        .collect();
    let (mut of_off, mut of_on): (Vec<Measured>, Vec<Vec<Measured>>) =
        (Vec::new(), kinds.iter().map(|_| Vec::new()).collect());
    for _ in 0..METRICS_ROUNDS {
        of_off.push(load::run(&off, Kind::Modern, ROUND));
        for (server, measured) in on.iter().zip(&mut of_on) {
            measured.push(load::run(server, Kind::Modern, ROUND));
        }
    }
    let off = best(of_off);
    println!("\ntools/call ping, 2026-07-28, 32 connections, without and with traces");
    println!("  {:14} {off}", "without");
    let rested: Vec<_> = on.iter().map(Server::cpu_seconds).collect();
    std::thread::sleep(REST);
    for (((name, ..), measured), (server, before)) in kinds.iter().zip(of_on).zip(on.iter().zip(rested)) {
        let measured = best(measured);
        let ratio = measured.cpu_micros / off.cpu_micros;
        let rest = (server.cpu_seconds() - before) / REST.as_secs_f64() * 100.0;
        println!("  {name:14} {measured}");
        println!("  {:14} {ratio:.3}x server CPU per call; at rest {rest:.2} % of a core", "");
    }
}

/// The round that took least of the processor.
fn best(rounds: Vec<Measured>) -> Measured {
    rounds.into_iter().min_by(|a, b| a.cpu_micros.total_cmp(&b.cpu_micros)).expect("rounds")
}

fn idle_streams(count: usize) {
    println!("\n{count} idle SSE streams");
    for (name, server) in [("bare axum", Server::bare()), ("taskgate ", Server::gateway())] {
        let before = server.memory_kib();
        let open = streams::open(&server, count);
        std::thread::sleep(Duration::from_millis(1500));
        let grown = server.memory_kib().saturating_sub(before);
        println!(
            "  {name}  {:.1} KiB a stream ({} open, {} MiB in all)",
            grown as f64 / open.len() as f64,
            open.len(),
            server.memory_kib() / 1024
        );
    }
}

fn start_up() {
    let times: Vec<_> = (0..20).map(|_| Server::gateway().started_in.as_secs_f64() * 1000.0).collect();
    let gateway = Server::gateway();
    std::thread::sleep(Duration::from_secs(1));
    let size = std::fs::metadata(process::GATEWAY).map(|file| file.len() / 1024 / 1024).unwrap_or_default();
    let mut sorted = times;
    sorted.sort_by(f64::total_cmp);
    println!(
        "start to first 200: median {:.1} ms, worst {:.1} ms of 20, on an empty data folder",
        sorted[10], sorted[19]
    );
    println!("at rest: {:.1} MiB; binary: {size} MiB", gateway.memory_kib() as f64 / 1024.0);
}

fn abandoned() {
    let gateway = Server::gateway();
    let initialize = load::initialize_body("2025-11-25");
    let flood = |count: usize, body: &str| {
        let mut socket = gateway.connect();
        let request = gateway.post("/mcp", body, "");
        let mut answer = vec![0_u8; 64 * 1024];
        for _ in 0..count {
            socket.write_all(request.as_bytes()).expect("the gateway reads");
            let read = socket.read(&mut answer).expect("the gateway answers");
            assert!(answer[..read].starts_with(b"HTTP/1.1 "), "an answer");
        }
    };
    flood(2_000, &initialize);
    let before = gateway.memory_kib();
    let rows = gateway.session_rows();
    flood(100_000, &initialize);
    flood(20_000, "{\"jsonrpc\":\"2.0\",\"junk");
    std::thread::sleep(Duration::from_secs(1));
    println!("after 100,000 abandoned initialize calls and 20,000 junk bodies:");
    println!("  session rows: {rows} before, {} after", gateway.session_rows());
    println!("  memory: {before} KiB before, {} KiB after", gateway.memory_kib());
}
