//! A real Redis server of the test's own, on a socket in a folder of its own.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use taskgate::{
    secrets::AuditKey,
    stores::redis::{RedisAddress, RedisParts, RedisStore},
};
use tempfile::TempDir;

/// What a gateway of its own on that server is made of.
pub fn parts(url: &str, prefix: &str, audit: AuditKey) -> RedisParts {
    RedisParts {
        address: RedisAddress::parse(url).unwrap(),
        prefix: prefix.to_owned(),
        audit,
        old_audit: None,
        instance: format!("{:08x}", RandomState::new().build_hasher().finish() as u32),
        replicas: 0,
        has_identity: true,
    }
}

/// Its main thread syncs only as it starts and ends.
const SLOW_FSYNC: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>
int fdatasync(int file) {
    int (*of_libc)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    if (syscall(SYS_gettid) != getpid()) usleep(MICROSECONDS);
    return of_libc(file);
}
"#;

/// A server that ends with the test.
pub struct RedisServer {
    process: Child,
    folder: TempDir,
    options: Vec<String>,
    /// A library that the server is given before all others.
    library: Option<PathBuf>,
}

impl RedisServer {
    /// Starts one. Without persistence, unless asked for by `options`.
    pub fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::begin(folder, options, None)
    }

    /// Starts one to which each background fsync takes so long.
    pub fn with_slow_disk(options: &[&str], fsync: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (source, library) = (folder.path().join("slow.c"), folder.path().join("slow.so"));
        std::fs::write(&source, SLOW_FSYNC.replace("MICROSECONDS", &fsync.as_micros().to_string())).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl");
        assert!(compiler.status().expect("cc is installed").success());
        Self::begin(folder, options, Some(library))
    }

    fn begin(folder: TempDir, options: &[&str], library: Option<PathBuf>) -> Self {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let process = Self::listening(&folder, &options, library.as_ref());
        Self { process, folder, options, library }
    }

    /// Starts one that is a cluster of one node.
    pub fn cluster() -> Self {
        let words = [(); 2].map(|()| unused_port().to_string());
        let server =
            Self::start(&["--cluster-enabled", "yes", "--port", &words[0], "--cluster-port", &words[1]]);
        server.does(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
        let began = Instant::now();
        while !server.asked(&["CLUSTER", "INFO"]).contains("cluster_state:ok") {
            assert!(began.elapsed() < Duration::from_secs(10), "the cluster does not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    fn listening(folder: &TempDir, options: &Vec<String>, library: Option<&PathBuf>) -> Child {
        let socket = folder.path().join("socket");
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--daemonize", "no", "--dir"])
            .arg(folder.path())
            .arg("--unixsocket")
            .arg(&socket)
            .args(options)
            .envs(library.map(|library| ("LD_PRELOAD", library)))
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: apt-get install redis-server");
        let began = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "redis-server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        process
    }

    pub fn options(&self) -> &[String] {
        &self.options
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The file its writes are logged to.
    fn log(&self) -> PathBuf {
        self.folder.path().join("appendonlydir/appendonly.aof.1.incr.aof")
    }

    pub fn log_size(&self) -> u64 {
        std::fs::metadata(self.log()).unwrap().len()
    }

    /// Kills it and starts it again without what was written behind that size, as a power cut does.
    pub fn lose_after(&mut self, size: u64) {
        self.kill();
        std::fs::OpenOptions::new().write(true).open(self.log()).unwrap().set_len(size).unwrap();
        self.start_again();
    }

    /// A store of a gateway of its own.
    pub fn store(&self, prefix: &str, audit: AuditKey) -> RedisStore {
        self.store_with(prefix, audit, None)
    }

    /// The same with the key before.
    pub fn store_with(&self, prefix: &str, audit: AuditKey, old_audit: Option<AuditKey>) -> RedisStore {
        RedisStore::new(RedisParts { old_audit, ..parts(&self.url(), prefix, audit) }).unwrap()
    }

    /// For the user that docs/several-machines.md gives the gateways.
    pub fn url_of_gateway(&self) -> String {
        let page = std::fs::read_to_string("docs/several-machines.md").unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix("user taskgate ")).unwrap();
        let words: Vec<_> = ["ACL", "SETUSER", "taskgate"].into_iter().chain(line.split(' ')).collect();
        self.does(&words);
        format!("{}?user=taskgate&pass=PASSWORD", self.url())
    }

    /// Ends it at once, whatever it does.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(self.folder.path().join("socket"));
    }

    /// Starts it again on what it left.
    pub fn start_again(&mut self) {
        self.process = Self::listening(&self.folder, &self.options, self.library.as_ref());
    }

    /// Sends it a signal, such as `-STOP`.
    pub fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Has it do something.
    pub fn does(&self, words: &[&str]) {
        self.put::<()>(words);
    }

    /// What it answers.
    pub fn asked(&self, words: &[&str]) -> String {
        self.put(words)
    }

    /// What it answers, read as that.
    pub fn put<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = redis::Client::open(self.url()).unwrap().get_connection().unwrap();
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection).unwrap()
    }
}

/// A port that nobody has, below those that connections of other tests are given.
pub fn unused_port() -> u16 {
    loop {
        let random = RandomState::new().build_hasher().finish();
        let port = 20_000 + (random % 12_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
