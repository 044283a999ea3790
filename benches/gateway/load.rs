//! Closed-loop load on 32 connections: the next call goes out when the last was answered.

use std::{
    fmt,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use crate::process::Server;
use crate::streams;

const CONNECTIONS: usize = 32;
/// Threads that drive them; the server needs a core too.
const THREADS: usize = 2;

#[derive(Clone, Copy)]
pub enum Kind {
    Modern,
    Legacy,
    Sse,
    BareJson,
    BareSse,
}

impl Kind {
    /// What the bare server is asked for beside `self`.
    pub const fn bare(self) -> Self {
        match self {
            Self::Sse | Self::BareSse => Self::BareSse,
            _ => Self::BareJson,
        }
    }
}

pub struct Measured {
    pub cpu_micros: f64,
    pub calls: usize,
    calls_per_second: f64,
    p50_micros: f64,
    p99_micros: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:6.2} us CPU, {:7.0} calls/s, p50 {:5.0} us, p99 {:5.0} us",
            self.cpu_micros, self.calls_per_second, self.p50_micros, self.p99_micros
        )
    }
}

/// One connection, or a pair of a stream and a connection to post on.
struct Line {
    post: TcpStream,
    stream: Option<TcpStream>,
    request: Vec<u8>,
}

pub fn run(server: &Server, kind: Kind, duration: Duration) -> Measured {
    let groups: Vec<Vec<Line>> =
        (0..THREADS).map(|_| (0..CONNECTIONS / THREADS).map(|_| line(server, kind)).collect()).collect();
    let cpu = server.cpu_seconds();
    let started = Instant::now();
    let threads: Vec<_> = groups
        .into_iter()
        .map(|lines| std::thread::spawn(move || drive(lines, started + duration)))
        .collect();
    let mut micros: Vec<f64> =
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    let seconds = started.elapsed().as_secs_f64();
    let cpu = server.cpu_seconds() - cpu;
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize];
    Measured {
        cpu_micros: cpu * 1e6 / micros.len() as f64,
        calls: micros.len(),
        calls_per_second: micros.len() as f64 / seconds,
        p50_micros: at(0.5),
        p99_micros: at(0.99),
    }
}

/// All lines write, then all read: 32 calls are in flight at once.
fn drive(mut lines: Vec<Line>, until: Instant) -> Vec<f64> {
    let mut micros = Vec::new();
    let mut buffer = vec![0_u8; 16 * 1024];
    while Instant::now() < until {
        let sent: Vec<_> = lines
            .iter_mut()
            .map(|line| {
                line.post.write_all(&line.request).expect("the server reads");
                Instant::now()
            })
            .collect();
        for (line, sent) in lines.iter_mut().zip(sent) {
            let read = line.post.read(&mut buffer).expect("the server answers");
            assert!(
                buffer[..read].starts_with(b"HTTP/1.1 20"),
                "{}",
                String::from_utf8_lossy(&buffer[..read])
            );
            if let Some(stream) = &mut line.stream {
                let mut event = 0;
                while !buffer[..event].ends_with(b"\n\n\r\n") {
                    event += stream.read(&mut buffer[event..]).expect("the event comes");
                }
            }
            micros.push(sent.elapsed().as_secs_f64() * 1e6);
        }
    }
    micros
}

fn line(server: &Server, kind: Kind) -> Line {
    let call = |meta: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"ping","arguments":{{"echo":"x"}}{meta}}}}}"#
        )
    };
    let meta = r#","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let headers = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: ping\r\n";
    let mut socket = server.connect();
    let (request, stream) = match kind {
        Kind::BareJson => (server.post("/mcp", &call(""), ""), None),
        Kind::Modern => (server.post("/mcp", &call(meta), headers), None),
        Kind::Legacy => {
            let session = initialize(server, &mut socket);
            (server.post("/mcp", &call(""), &format!("Mcp-Session-Id: {session}\r\n")), None)
        }
        Kind::BareSse => {
            let name = uuid::Uuid::new_v4().to_string();
            let (stream, _) = streams::open_at(server, &format!("/sse/{name}"));
            (server.post(&format!("/sse/{name}"), &call(""), ""), Some(stream))
        }
        Kind::Sse => {
            let (mut stream, endpoint) = streams::open_at(server, "/sse");
            exchange(&mut socket, &server.post(&endpoint, &initialize_body("2024-11-05"), ""));
            streams::read_event(&mut stream);
            (server.post(&endpoint, &call(""), ""), Some(stream))
        }
    };
    Line { post: socket, stream, request: request.into_bytes() }
}

pub fn initialize_body(version: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{{}},"clientInfo":{{"name":"bench","version":"1"}}}}}}"#
    )
}

fn initialize(server: &Server, socket: &mut TcpStream) -> String {
    let answer = exchange(socket, &server.post("/mcp", &initialize_body("2025-11-25"), ""));
    let line = answer.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
    line.expect("initialize opens a session").to_owned()
}

fn exchange(socket: &mut TcpStream, request: &str) -> String {
    socket.write_all(request.as_bytes()).expect("the server reads");
    let mut answer = vec![0_u8; 16 * 1024];
    let read = socket.read(&mut answer).expect("the server answers");
    String::from_utf8_lossy(&answer[..read]).into_owned()
}
