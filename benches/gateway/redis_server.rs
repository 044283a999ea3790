//! A Redis server of the benchmark's own, on a free port of loopback in a folder of its own, with its log on disk.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub struct RedisServer {
    pub process: Child,
    pub url: String,
    _folder: tempfile::TempDir,
}

impl RedisServer {
    /// One that writes its log to the disk as `appendfsync` says: `everysec` or `always`.
    pub fn start(appendfsync: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        drop(listener);
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--save", "", "--appendonly", "yes", "--appendfsync", appendfsync, "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: apt-get install redis-server");
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "redis-server listens");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { process, url: format!("redis://{address}"), _folder: folder }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
