//! Starting on a Redis that is wrong, away, or new.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use super::{SECRET, fake, free_port, gateway, server::RedisServer};
use crate::support::{Gateway, command, http, within_two_seconds};

/// What a start has come to.
struct Told {
    status: Option<i32>,
    said: String,
}

fn start(pairs: &[(&str, &str)]) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let standard = [("MCP_PORT", "0"), ("MCP_SECRET_KEY", SECRET)];
    let output = command(folder.path()).envs(standard).envs(pairs.iter().copied()).output().unwrap();
    Told { status: output.status.code(), said: String::from_utf8_lossy(&output.stderr).into_owned() }
}

fn is_refused(pairs: &[(&str, &str)], cause: &str, cure: &str) {
    let told = start(pairs);
    assert_eq!(told.status, Some(78), "{cause}: {}", told.said);
    assert!(told.said.contains(cause) && told.said.contains(cure), "{cause}, {cure}: {}", told.said);
    let url = pairs.iter().find(|(name, _)| *name == "REDIS_URL").unwrap().1;
    let folder = tempfile::tempdir().unwrap();
    let looked = command(folder.path())
        .env("MCP_SECRET_KEY", SECRET)
        .envs(pairs.iter().copied())
        .arg("config")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&looked.stdout);
    assert_eq!(looked.status.code(), Some(78), "{url}: {printed}");
    assert!(printed.contains("# fault: ") && printed.contains(cure), "{url}: {printed}");
}

#[test]
fn what_somebody_has_to_change_is_said_with_its_cure_and_status_78() {
    is_refused(&[("REDIS_URL", "http://127.0.0.1")], "expected an address", "redis://");
    is_refused(&[("REDIS_URL", "redis://192.0.2.1")], "has no password", "TASKGATE_REDIS_INSECURE");
    let old = fake::answering("$55\r\nredis_version:6.2.14\r\nrole:master\r\nmaster_replid:abc1\r\n\r\n");
    is_refused(&[("REDIS_URL", &old)], "6.2.14 is too old", "7.0");
    let server = RedisServer::start(&[]);
    let url = server.url();
    server.does(&["SET", "tg:{default}:claims", "somebody's"]);
    is_refused(&[("REDIS_URL", &url)], "something else writes under this prefix", "TASKGATE_REDIS_PREFIX");
    server.does(&["DEL", "tg:{default}:claims"]);
    server.does(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    is_refused(&[("REDIS_URL", &url)], "drops any record", "noeviction");
    server.does(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    drop(gateway(&url));
    let other = [("REDIS_URL", url.as_str()), ("MCP_SECRET_KEY", "2f7c9a41e8b35d60c4f19e7a2b8d53f6")];
    is_refused(&other, "made under another secret key", "MCP_SECRET_KEY_OLD");
    server.does(&["CONFIG", "SET", "requirepass", "a-password-of-redis"]);
    is_refused(&[("REDIS_URL", &url)], "refuses the gateway", "name and password");
}

/// A gateway that does not say where it listens before it can work.
struct Waiting {
    process: Child,
    base: String,
    _folder: tempfile::TempDir,
}

impl Waiting {
    fn start(url: &str) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port().to_string());
        let settings = [("MCP_PORT", port.as_str()), ("MCP_SECRET_KEY", SECRET), ("REDIS_URL", url)];
        let mut command: Command = command(folder.path());
        let process = command.envs(settings).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { process, base: format!("http://127.0.0.1:{port}"), _folder: folder }
    }

    /// The status of a page and what is on it, once somebody answers.
    async fn page(&self, path: &str) -> (u16, Value) {
        for _ in 0..400 {
            if let Ok(answer) = http().get(format!("{}{path}", self.base)).send().await {
                let status = answer.status().as_u16();
                return (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("nobody answers at {}", self.base);
    }

    async fn waits_for_a_store_that_is(&self, state: &str) {
        let (status, ready) = self.page("/ready").await;
        let store = &ready["dependencies"][0];
        assert_eq!((status, &ready["status"]), (503, &json!("store_unavailable")), "{ready}");
        assert_eq!((&store["name"], &store["state"]), (&json!("store"), &json!(state)), "{ready}");
        assert!(store["advice"].as_str().is_some_and(|advice| advice.contains("Redis")), "{ready}");
        assert_eq!(self.page("/health").await.0, 200);
        let (status, refused) = self.page("/mcp").await;
        assert_eq!((status, &refused["code"]), (503, &json!("store_unavailable")), "{refused}");
        assert_eq!(refused["retry_after_seconds"], 1);
    }

    async fn becomes_ready(&self) {
        within_two_seconds("it is ready", async || self.page("/ready").await.0 == 200).await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_redis_that_is_away_is_waited_for_and_says_why() {
    let mut server = RedisServer::start(&["--appendonly", "yes"]);
    server.kill();
    let waiting = Waiting::start(&server.url());
    waiting.waits_for_a_store_that_is("unavailable").await;
    server.start_again();
    waiting.becomes_ready().await;
}

#[tokio::test]
async fn a_replica_is_waited_for_until_it_is_promoted() {
    let server = RedisServer::start(&[]);
    server.does(&["REPLICAOF", "127.0.0.1", "1"]);
    let waiting = Waiting::start(&server.url());
    waiting.waits_for_a_store_that_is("read_only").await;
    server.does(&["REPLICAOF", "NO", "ONE"]);
    waiting.becomes_ready().await;
}

#[tokio::test]
async fn a_redis_that_reads_its_data_is_waited_for() {
    let loading = fake::answering("-LOADING Redis is loading the dataset in memory\r\n");
    Waiting::start(&loading).waits_for_a_store_that_is("loading").await;
}

#[tokio::test]
async fn a_gateway_that_waits_stops_at_a_signal() {
    let mut waiting = Waiting::start("redis://127.0.0.1:1");
    waiting.waits_for_a_store_that_is("unavailable").await;
    let pid = waiting.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(waiting.process.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_new_store_has_no_sample_board_and_no_first_key() {
    let server = RedisServer::start(&[]);
    let gateway = gateway(&server.url());
    let status = gateway.caller().tool("get_project_status", json!({})).await.unwrap();
    assert_eq!(status["project"]["total_tasks"], 0, "{status}");
    gateway.logs("Redis keeps no log of writes").await;
    let asked = server.asked(&["INFO", "commandstats"]);
    assert!(asked.contains("cmdstat_config|get:calls=1,"), "it was looked at once: {asked}");
    let url = server.url();
    let without_keys = [("REDIS_URL", url.as_str()), ("MCP_SECRET_KEY", SECRET), ("MCP_AUTH_TOKENS", "")];
    let keyless = Gateway::with(&without_keys);
    keyless.logs("there is no key yet; this makes one: taskgate keys create").await;
    assert_eq!(std::fs::read_dir(gateway.folder.path()).unwrap().count(), 0, "nothing is kept in the folder");
}

#[tokio::test]
async fn a_database_of_before_is_told_of_with_what_it_holds() {
    let (before, server) = (Gateway::start(), RedisServer::start(&[]));
    let made = command(before.folder.path()).args(["keys", "create"]).output().unwrap();
    assert!(made.status.success());
    let url = server.url();
    let settings = [("REDIS_URL", url.as_str()), ("MCP_SECRET_KEY", SECRET)];
    let after = Gateway::on(before.folder.clone(), &settings);
    after.logs("(keys: 1, tasks: 8) is not used").await;
    let printed = command(before.folder.path()).envs(settings).arg("config").output().unwrap();
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(printed.contains("(keys: 1, tasks: 8)"), "{printed}");
    let refused = command(before.folder.path()).envs(settings).args(["backup", "copy"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("docs/several-machines.md"), "{said}");
}
