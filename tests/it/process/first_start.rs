//! First starts: many at once, as process 1 each, and ones that fail or die on their way.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use serde_json::json;

use crate::support::{BINARY, Gateway, command, known};

/// Processes that start together; `FIRST_STARTS` for more.
#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the gateway")]
fn starts() -> usize {
    std::env::var("FIRST_STARTS").map_or(16, |text| text.parse().unwrap())
}

/// A start in a process namespace of its own, as in a container, where that is allowed.
fn start(folder: &Path, as_first: bool) -> Command {
    let mut start = command(folder);
    if as_first {
        let environment: Vec<_> =
            start.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        start = Command::new("unshare");
        start
            .args(["--pid", "--fork", "--kill-child", BINARY])
            .env_clear()
            .envs(environment)
            .env("PATH", "/usr/bin:/bin");
    }
    start.env("MCP_PORT", "0").stdout(Stdio::null()).stderr(Stdio::piped());
    start
}

#[test]
fn many_first_starts_at_once_are_all_up_with_one_key() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let as_first = Command::new("unshare").args(["--pid", "--fork", "true"]).stderr(Stdio::null()).status();
    let as_first = as_first.is_ok_and(|status| status.success());
    let mut children: Vec<_> =
        (0..starts()).map(|_| start(folder.path(), as_first).spawn().unwrap()).collect();
    for child in &mut children {
        let mut said = Vec::new();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let up = lines.inspect(|line| said.push(line.clone())).any(|line| line.contains("listening on "));
        assert!(up, "{said:#?}");
    }
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let key = std::fs::read_to_string(folder.path().join("first-key")).unwrap();
    known::know(&key);
    let mut files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.retain(|name| !name.starts_with("taskgate.db") && !name.starts_with("audit-head"));
    files.sort();
    assert_eq!(files, ["first-key", "secret.key"], "nothing is left aside");
    assert_eq!(listed(folder.path()).matches("first key").count(), 1);
}

fn listed(folder: &Path) -> String {
    String::from_utf8(command(folder).args(["keys", "list"]).output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn a_first_key_that_cannot_be_written_is_handed_over_by_the_next_start() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let path = folder.path().join("first-key");
    std::fs::create_dir_all(path.join("in-the-way")).unwrap();
    for _ in 0..2 {
        let failed = command(folder.path()).env("MCP_PORT", "0").output().unwrap();
        let said = String::from_utf8_lossy(&failed.stderr).into_owned();
        assert_eq!(failed.status.code(), Some(1), "{said}");
        assert!(said.contains(path.to_str().unwrap()) && said.contains("TASKGATE_DATA_DIR"), "{said}");
    }
    std::fs::remove_dir_all(&path).unwrap();
    let gateway = Gateway::on(Arc::clone(&folder), &[("MCP_AUTH_TOKENS", "")]);
    let key = std::fs::read_to_string(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(gateway.caller_with(&key).tool("list_tasks", json!({})).await.unwrap()["total"], 8);
    assert_eq!(listed(folder.path()).matches("first key").count(), 1, "no key is stored that nobody has");
}

#[test]
fn where_a_key_comes_from_elsewhere_the_start_says_so_until_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let mut gateway = command(folder.path())
            .env("MCP_PORT", "0")
            .env("TASKGATE_COMMAND", "docker exec gate taskgate")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(gateway.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.into_iter().any(|line| line.contains("listening on ")));
        gateway
    };
    let mut gateway = start();
    let printed = BufReader::new(gateway.stdout.take().unwrap()).lines().map(Result::unwrap);
    let until_last: Vec<_> = printed.take_while(|line| !line.starts_with("Other clients")).collect();
    gateway.kill().unwrap();
    gateway.wait().unwrap();
    let said = until_last.join("\n");
    assert!(said.contains("    docker exec gate taskgate keys create\n"), "{said}");
    assert!(
        said.contains("client-config claude-code --key YOUR_KEY") && !said.contains("first-key"),
        "{said}"
    );
    assert!(!folder.path().join("first-key").exists() && !listed(folder.path()).contains("live"));
    let made = command(folder.path()).args(["keys", "create"]).output().unwrap();
    known::know(String::from_utf8(made.stdout).unwrap().trim());
    let mut gateway = start();
    gateway.kill().unwrap();
    assert_eq!(gateway.wait_with_output().unwrap().stdout, b"");
}

#[test]
fn a_folder_that_cannot_be_used_is_named_whole_with_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for arguments in [&["stdio"][..], &["serve"], &["keys", "list"], &["tasks", "list"], &["agents", "list"]]
    {
        for secret in ["", "4be1907fd3a65c28e0b7d41f9a3c6528f7e0b9d1"] {
            let output = command(folder.path())
                .args(arguments)
                .env("TASKGATE_DATA_DIR", "file/data")
                .env("MCP_SECRET_KEY", secret)
                .env("MCP_PORT", "0")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            let whole = folder.path().join("file/data");
            assert!(said.contains(whole.to_str().unwrap()) && said.contains("TASKGATE_DATA_DIR"), "{said}");
            assert!(said.contains("cannot be written by user "), "{said}");
        }
    }
}

#[test]
fn a_client_that_starts_taskgate_is_told_the_program_and_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    for client in ["claude-code", "claude-desktop", "cursor", "vscode"] {
        let output = command(folder.path())
            .args(["client-config", client, "--stdio"])
            .env("TASKGATE_DATA_DIR", "my data")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let whole = folder.path().canonicalize().unwrap().join("my data");
        assert!(text.contains(BINARY) && text.contains(whole.to_str().unwrap()), "{client}: {text}");
        if client != "claude-code" {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    }
    let with_redis = command(folder.path())
        .args(["client-config", "cursor", "--stdio"])
        .envs([("REDIS_URL", "redis://127.0.0.1:1"), ("MCP_SECRET_KEY", "Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj1QaE")])
        .output()
        .unwrap();
    let said = String::from_utf8(with_redis.stderr).unwrap();
    assert_eq!(with_redis.status.code(), Some(1), "{said}");
    assert!(with_redis.stdout.is_empty() && said.contains("MCP_SECRET_KEY_FILE"), "{said}");
}
