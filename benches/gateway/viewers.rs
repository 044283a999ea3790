//! People who look at the board while it changes: each holds a stream, and fetches the page when the bell rings, as the script does.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Barrier, mpsc},
    time::{Duration, Instant},
};

use crate::{
    caller::{self, exchange},
    process::{KEY, Server},
};

const VIEWERS: usize = 100;
/// Tasks on the board, besides those of the sample.
const TASKS: usize = 300;
const CHANGES: u32 = 20;
const BETWEEN: Duration = Duration::from_secs(1);
/// Not everybody fetches at the same moment: up to so long after the ring.
const SPREAD_MILLIS: u64 = 200;

/// Prints what a change a second costs with that many viewers, and how soon they have it.
pub fn measure() {
    let server = Server::gateway_for_viewers();
    for number in 0..TASKS {
        create_task(&server, &format!("A task among others, number {number}"));
    }
    let cookie = Arc::new(sign_in(&server));
    let page_bytes = fetch(&mut server.connect(), &cookie);
    let rest = measure_rest(&server);
    let mut alone: Vec<_> = (0..CHANGES).map(|number| claim(&server, number)).collect();
    let (told, seen) = mpsc::channel();
    let barrier = Arc::new(Barrier::new(VIEWERS + 1));
    for number in 0..VIEWERS {
        let (cookie, told, barrier) = (Arc::clone(&cookie), told.clone(), Arc::clone(&barrier));
        let (stream, pages) = (server.connect(), server.connect());
        let wait = Duration::from_millis(number as u64 * SPREAD_MILLIS / VIEWERS as u64);
        std::thread::spawn(move || view((stream, pages), &cookie, wait, &(told, barrier)));
    }
    barrier.wait();
    let (before, begun) = (server.cpu_seconds(), Instant::now());
    let (mut delays, mut beside) = (Vec::new(), Vec::new());
    for number in 0..CHANGES {
        beside.push(claim(&server, CHANGES + number));
        let changed = Instant::now();
        let until = begun + BETWEEN * (number + 1);
        while let Ok(at) = seen.recv_timeout(until.saturating_duration_since(Instant::now())) {
            delays.push(at.saturating_duration_since(changed).as_secs_f64() * 1000.0);
        }
    }
    let share = (server.cpu_seconds() - before) / begun.elapsed().as_secs_f64() * 100.0;
    delays.sort_by(f64::total_cmp);
    println!("\n{VIEWERS} viewers of a board of {TASKS} tasks and more, a change a second for {CHANGES} s");
    println!("  page        {:.1} KiB as it is sent", page_bytes as f64 / 1024.0);
    println!("  processor   {share:.1} % of a core; {rest:.1} % with nobody there and nothing changing");
    println!(
        "  change read {} times: median {:.0} ms, 99 of 100 within {:.0} ms, all within {:.0} ms",
        delays.len(),
        delays[delays.len() / 2],
        delays[delays.len() * 99 / 100],
        delays[delays.len() - 1]
    );
    let (beside, alone) = (median_millis(&mut beside), median_millis(&mut alone));
    println!(
        "  claim       {beside:.2} ms beside them, {alone:.2} ms with nobody there: {:.2}",
        beside / alone
    );
}

fn median_millis(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn measure_rest(server: &Server) -> f64 {
    let (before, span) = (server.cpu_seconds(), Duration::from_secs(5));
    std::thread::sleep(span);
    (server.cpu_seconds() - before) / span.as_secs_f64() * 100.0
}

/// Reads the stream, and the page after each ring; ends with the server.
fn view(
    (mut stream, mut pages): (TcpStream, TcpStream),
    cookie: &str,
    wait: Duration,
    (told, barrier): &(mpsc::Sender<Instant>, Arc<Barrier>),
) {
    let ask = format!(
        "GET /dashboard/stream HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(ask.as_bytes()).expect("the gateway reads");
    let mut read = String::new();
    read_until(&mut stream, &mut read, "retry: 3000");
    barrier.wait();
    while read_until(&mut stream, &mut read, "data: board") {
        std::thread::sleep(wait);
        fetch(&mut pages, cookie);
        if told.send(Instant::now()).is_err() {
            return;
        }
    }
}

/// Whether that comes before the stream ends.
fn read_until(stream: &mut TcpStream, read: &mut String, wanted: &str) -> bool {
    let mut buffer = [0_u8; 4096];
    loop {
        if let Some(at) = read.find(wanted) {
            read.drain(..at + wanted.len());
            return true;
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => read.push_str(&String::from_utf8_lossy(&buffer[..count])),
            _ => return false,
        }
    }
}

/// Fetches the board's page; answers its bytes.
fn fetch(socket: &mut TcpStream, cookie: &str) -> usize {
    let ask = format!(
        "GET /dashboard/board HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nAccept-Encoding: gzip\r\nX-Refetch: 1\r\n\r\n"
    );
    let (head, body) = exchange(socket, &ask);
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    body.len()
}

fn sign_in(server: &Server) -> String {
    let body = format!("credential={KEY}");
    let ask = format!(
        "POST /dashboard/sign-in HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (head, _) = exchange(&mut server.connect(), &ask);
    let line = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("it signs in");
    line.split(';').next().unwrap_or_default().to_owned()
}

fn create_task(server: &Server, title: &str) {
    call(server, "create_task", &format!(r#"{{"title":"{title}"}}"#));
}

/// Has a new agent take a task; answers how long that took.
fn claim(server: &Server, number: u32) -> Duration {
    let agent = format!("agent-{number}");
    call(
        server,
        "register_agent",
        &format!(r#"{{"agent_id":"{agent}","name":"{agent}","role":"developer"}}"#),
    );
    call(server, "request_next_task", &format!(r#"{{"agent_id":"{agent}"}}"#))
}

/// Calls a tool; answers how long that took.
fn call(server: &Server, tool: &str, arguments: &str) -> Duration {
    let mut socket = server.connect();
    let begun = Instant::now();
    caller::call(&mut socket, server, tool, arguments);
    begun.elapsed()
}
