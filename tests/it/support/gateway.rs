//! A running gateway and callers of it.

use std::{
    io::{BufRead, BufReader},
    net::{IpAddr, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{Caller, http, known};

pub const BINARY: &str = env!("CARGO_BIN_EXE_taskgate");
pub const KEY: &str = "alice-key-for-tests-0123456789";
pub const OTHER_KEY: &str = "mallory-key-for-tests-9876543210";
pub const ADMIN: &str = "admin-token-for-tests-0123456789";
pub const WEBHOOK_SECRET: &str = "webhook-secret-for-tests-0123456789";
pub const METRICS_TOKEN: &str = "metrics-token-for-tests-0123456789";

/// What a gateway needs beyond loopback, where nothing of an example may open it.
pub const BEYOND_LOOPBACK: [(&str, &str); 2] =
    [("MCP_SECRET_KEY", "Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj1QaE"), ("MCP_AUTH_TOKENS", "u5JtR9wXe2KzM7bQ4vNy8Hc3")];

/// An address of this machine that is not loopback, if it has one; no packet is sent for it.
pub fn outside_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()).ok().map(|address| address.ip())
}

/// A gateway process that logs all it can. When this is dropped it is killed, and fails the test if a secret is in what it
/// logged or stored.
pub struct Gateway {
    pub child: Child,
    pub base: String,
    pub address: String,
    pub folder: Arc<TempDir>,
    log: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Gateway {
    /// A gateway without limits that knows [`KEY`] and [`OTHER_KEY`].
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same with these settings on top.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(Arc::new(tempfile::tempdir().unwrap()), settings)
    }

    /// The same on an existing data folder.
    pub fn on(folder: Arc<TempDir>, settings: &[(&str, &str)]) -> Self {
        Self::run(Command::new(BINARY), folder, settings)
    }

    /// The same, started by that command.
    pub fn run(mut command: Command, folder: Arc<TempDir>, settings: &[(&str, &str)]) -> Self {
        let keys = format!("{KEY},{OTHER_KEY}");
        let standard = [
            ("MCP_PORT", "0"),
            ("MCP_AUTH_TOKENS", &keys),
            ("RATE_LIMIT_ENABLED", "false"),
            ("RUST_LOG", "trace"),
        ];
        known::know_settings(standard.iter().chain(settings).copied());
        isolate(&mut command, folder.path());
        command.envs(standard).envs(settings.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).split(b'\n').map(Result::unwrap);
        let log = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&log);
        let keep = move |line: &[u8]| {
            let mut log = kept.lock().unwrap_or_else(PoisonError::into_inner);
            log.extend_from_slice(line);
            log.push(b'\n');
        };
        let address = lines.by_ref().inspect(|line| keep(line)).find_map(|line| {
            let line = String::from_utf8_lossy(&line);
            Some(line.split_once("listening on ")?.1.split(": ").next()?.to_owned())
        });
        let address = address.expect("the gateway says where it listens");
        let reader = std::thread::spawn(move || lines.for_each(|line| keep(&line)));
        Self { child, base: format!("http://{address}"), address, folder, log, reader: Some(reader) }
    }

    pub fn caller(&self) -> Caller {
        self.caller_with(KEY)
    }

    pub fn caller_with(&self, key: &str) -> Caller {
        Caller { http: http(), base: self.base.clone(), key: key.to_owned(), session: None }
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("taskgate.db")
    }

    /// Sends the process a signal, such as `-TERM`.
    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Lets the process stand still, at a moment at which it holds no lock on the database.
    pub fn pause(&self) {
        let database = rusqlite::Connection::open(self.database()).unwrap();
        database.busy_timeout(Duration::ZERO).unwrap();
        self.stop();
        while database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err() {
            self.signal("-CONT");
            std::thread::sleep(Duration::from_millis(3));
            self.stop();
        }
    }

    /// Lets the process stand still. Returns when every thread does; the signal alone is only on its way.
    pub fn stop(&self) {
        self.signal("-STOP");
        let stands = |thread: std::io::Result<std::fs::DirEntry>| {
            let status = std::fs::read_to_string(thread.unwrap().path().join("status"));
            status.is_ok_and(|status| status.contains("State:\tT"))
        };
        while !std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap().all(stands) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    /// Whether that was logged by now.
    pub fn log_contains(&self, text: &str) -> bool {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Waits until that was logged: a line is read here some time after what it tells of was answered.
    pub async fn logs(&self, text: &str) {
        let begun = Instant::now();
        while !self.log_contains(text) {
            assert!(begun.elapsed() < Duration::from_secs(20), "not logged: {text}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The last line of JSON in its log that contains `text`, once there is one.
    pub async fn log_line(&self, text: &str) -> Value {
        self.logs(text).await;
        self.log_lines(text).pop().expect("a line of the log")
    }

    /// The lines of JSON in its log that contain `text`.
    pub fn log_lines(&self, text: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let log = String::from_utf8_lossy(&log);
        let lines = log.lines().filter(|line| line.contains(text));
        lines.map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
    }

    /// Memory of the process in KiB.
    pub fn memory_kib(&self) -> u64 {
        self.status_kib("VmRSS")
    }

    /// The most memory it ever had, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        self.status_kib("VmHWM")
    }

    /// Bytes that it has read from files and sockets.
    pub fn bytes_read(&self) -> u64 {
        let counts = std::fs::read_to_string(format!("/proc/{}/io", self.child.id())).unwrap();
        let line = counts.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap();
        line.parse().unwrap()
    }

    fn status_kib(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.reader.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            known::assert_none_below(self.folder.path());
            known::assert_none_in("the log", &self.log.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// The binary with nothing of this machine's environment but the data folder.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(BINARY);
    isolate(&mut command, folder);
    command
}

fn isolate(command: &mut Command, folder: &Path) {
    command
        .env_clear()
        .env("TASKGATE_DATA_DIR", folder)
        .env("TASKGATE_LOG_FORMAT", "json")
        .current_dir(folder);
}
