//! A full disk: what has to be audited is refused, and reading goes on. Root alone may mount the small one, so it is run
//! only where it is asked for, as `tests/run` does.

use std::{path::Path, process::Command, sync::Arc};

use reqwest::Method;
use serde_json::json;

use crate::support::{ADMIN, Gateway, admin, send};

/// A small file system, gone with this.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(folder.path()).status();
        assert!(mounted.unwrap().success(), "only root can mount a small disk");
        Self(folder)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(self.0.path()).status();
    }
}

fn fill(folder: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(folder.join("ballast")).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
}

#[tokio::test]
#[ignore = "root alone can mount a small disk"]
async fn a_full_disk_refuses_what_must_be_audited_and_reading_goes_on() {
    let disk = SmallDisk::new();
    let folder = Arc::new(tempfile::tempdir_in(disk.0.path()).unwrap());
    let gateway = Gateway::on(folder.clone(), &[("MCP_ADMIN_TOKEN", ADMIN)]);
    let make =
        || send(admin(&gateway).request(Method::POST, "/admin/tokens").body(r#"{"user_id": "alice"}"#));
    let list = || async {
        let answer = send(admin(&gateway).request(Method::GET, "/admin/tokens?user_id=alice")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["tokens"].as_array().unwrap().len()
    };
    let made = make().await.json();
    let holder = gateway.caller_with(made["mcp_key"].as_str().unwrap());
    fill(disk.0.path());
    let mut refused = None;
    let mut known = list().await;
    // What was already taken from the disk may be written once more.
    for _ in 0..200 {
        let answer = make().await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
        known += 1;
    }
    let refused = refused.expect("a full disk refuses");
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (503, &json!("store_failed")),
        "{refused:?}"
    );
    assert_eq!(list().await, known, "what was refused is not there");
    gateway.logs("database or disk is full").await;
    let mut failure = None;
    for number in 0..200 {
        let task = json!({"title": format!("task {number}"), "description": "x".repeat(10_000)});
        failure = failure.or(holder.tool("create_task", task).await.err());
    }
    let failure = failure.expect("a full disk takes no more tasks");
    assert_eq!(failure["code"], "store_failed");
    assert!(failure["retry_after_seconds"].as_u64().is_some_and(|seconds| seconds > 0), "{failure}");
    assert!(failure["error"].as_str().unwrap().contains("is full"), "{failure}");
    let line = gateway.log_line("a tool call failed in the store").await;
    let key = made["mcp_key"].as_str().unwrap();
    assert_eq!((&line["user"], &line["key"]), (&json!("alice"), &json!(key[..8])), "{line}");
    assert!(line["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
    let path = format!("/admin/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(send(admin(&gateway).request(Method::DELETE, &path)).await.status, 503);
    assert_eq!(send(holder.request(Method::GET, "/api/me")).await.status, 200, "it was not revoked");
    assert!(holder.tool("list_tasks", json!({})).await.is_ok());
    assert_eq!(send(admin(&gateway).request(Method::GET, "/admin/audit")).await.status, 200);
    std::fs::remove_file(disk.0.path().join("ballast")).unwrap();
    assert_eq!(
        send(admin(&gateway).request(Method::DELETE, &path)).await.status,
        200,
        "it goes on without a restart"
    );
}
