//! A server process and what it costs.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::caller::exchange;

pub const GATEWAY: &str = env!("CARGO_BIN_EXE_taskgate");
pub const KEY: &str = "bench-key-0123456789";
pub const ADMIN: &str = "bench-administrator-0123456789";
const SECRET: &str = "Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj1QaE";

pub struct Server {
    child: Child,
    pub address: String,
    pub started_in: Duration,
    /// What who calls it is known by.
    pub key: String,
    folder: tempfile::TempDir,
}

impl Server {
    pub fn gateway() -> Self {
        Self::gateway_with(&[])
    }

    /// A gateway without limits: everybody who looks is signed in by one key.
    pub fn gateway_for_viewers() -> Self {
        Self::gateway_with(&[("RATE_LIMIT_ENABLED", "false")])
    }

    pub fn gateway_with_metrics() -> Self {
        Self::gateway_with(&[("TASKGATE_METRICS_LISTEN", "127.0.0.1:0")])
    }

    /// A gateway that traces that share of calls.
    pub fn gateway_with_traces(collector: &str, share: &str) -> Self {
        Self::gateway_with(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", share),
        ])
    }

    /// A gateway that keeps its records in that Redis, or in a folder of its own, and is ready. Its key is still to be made.
    pub fn gateway_of_keys(redis: Option<&str>) -> Self {
        let mut settings = vec![
            ("MCP_ADMIN_TOKEN", ADMIN),
            ("MCP_SECRET_KEY", SECRET),
            ("TASKGATE_TRUSTED_PROXIES", "127.0.0.1"),
        ];
        settings.extend(redis.map(|url| ("REDIS_URL", url)));
        let server = Self::gateway_with(&settings);
        let begun = Instant::now();
        let ready = "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n";
        while !exchange(&mut server.connect(), ready).0.starts_with("HTTP/1.1 200 OK") {
            assert!(begun.elapsed() < Duration::from_secs(10), "it is ready");
        }
        server
    }

    fn gateway_with(settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(GATEWAY);
        // A limiter that works on every call and never refuses one.
        command
            .env("MCP_AUTH_TOKENS", KEY)
            .env("RATE_LIMIT_REQUESTS_PER_MINUTE", "10000000")
            .env("RATE_LIMIT_BURST", "10000000")
            .env("TASKGATE_MAX_STREAMS_PER_PRINCIPAL", "16000")
            .envs(settings.iter().copied());
        Self::start(command)
    }

    pub fn bare() -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.arg("bare-server");
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        command
            .env("MCP_PORT", "0")
            .env("TASKGATE_DATA_DIR", folder.path())
            .env("TASKGATE_LOG_FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().expect("the server starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its log is piped")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("listening on ")?.1.split(": ").next()?.to_owned()))
            .expect("the server says where it listens");
        // The log must be read, or the server's log thread stops.
        std::thread::spawn(move || {
            let mut rest = lines;
            while rest.next().is_some() {}
        });
        let key = KEY.to_owned();
        let mut server = Self { child, address, started_in: Duration::ZERO, key, folder };
        let mut socket = server.connect();
        socket.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
        let mut answer = [0_u8; 15];
        socket.read_exact(&mut answer).expect("it answers");
        assert_eq!(&answer, b"HTTP/1.1 200 OK");
        server.started_in = started.elapsed();
        server
    }

    pub fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(&self.address).expect("the server listens");
        socket.set_nodelay(true).expect("a socket without delay");
        socket
    }

    /// A whole request; `headers` end with a line break each.
    pub fn post(&self, path: &str, body: &str, headers: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        )
    }

    /// User and system time of all its threads, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        crate::cpu::seconds_of(self.child.id())
    }

    pub fn memory_kib(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    pub fn session_rows(&self) -> i64 {
        let database =
            rusqlite::Connection::open(self.folder.path().join("taskgate.db")).expect("the database opens");
        database.query_row("SELECT COUNT(*) FROM sessions", [], |row| row.get(0)).expect("it has sessions")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
