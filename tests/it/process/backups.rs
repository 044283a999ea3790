//! A backup, made beside a running gateway, and a gateway on what was restored from it.

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use reqwest::Method;
use serde_json::json;

use crate::support::{ADMIN, Gateway, admin, command, create_key, send};

fn back_up(folder: &Path, file: &str) -> (bool, String) {
    let output = command(folder).args(["backup", file]).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test]
async fn a_gateway_goes_on_from_a_backup_that_was_made_beside_it() {
    let gateway = Gateway::with(&[("MCP_ADMIN_TOKEN", ADMIN)]);
    let body = json!({"user_id": "alice"}).to_string();
    let made = send(admin(&gateway).request(Method::POST, "/admin/tokens").body(body)).await.json();
    let key = made["mcp_key"].as_str().unwrap().to_owned();
    let caller = gateway.caller_with(&key);
    caller.agent("worker").await;
    let taken = caller.tool("request_next_task", json!({"agent_id": "worker"})).await.unwrap();
    let writing = async {
        for _ in 0..40 {
            caller.tool("heartbeat", json!({"agent_id": "worker"})).await.unwrap();
        }
    };
    let folder = gateway.folder.path();
    let copying = async {
        // As a head is kept every few seconds, one from before the copy is of a record that is in it.
        let kept = tempfile::tempdir().unwrap();
        create_key(folder, &["--user", "bob"]);
        for file in ["secret.key", "audit-head"] {
            std::fs::copy(folder.join(file), kept.path().join(file)).unwrap();
        }
        let path = kept.path().join("taskgate.db");
        let (done, said) = back_up(folder, path.to_str().unwrap());
        assert!(done && said.contains("secret.key"), "{said}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(kept.path()).unwrap().count(), 3, "and nothing else was left there");
        kept
    };
    let ((), kept) = tokio::join!(writing, copying);
    let revoked = format!("/admin/tokens/{}", made["id"].as_str().unwrap());
    send(admin(&gateway).request(Method::DELETE, &revoked)).await;
    assert_eq!(caller.legacy("ping", json!({})).await.status, 401);
    drop(gateway);
    let verified = command(kept.path()).args(["audit", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let restored = Gateway::on(Arc::new(kept), &[("MCP_ADMIN_TOKEN", ADMIN)]);
    let caller = restored.caller_with(&key);
    let again = caller.tool("request_next_task", json!({"agent_id": "worker"})).await.unwrap();
    assert_eq!(again["task"]["already_assigned"], true, "a revocation after the backup is undone");
    assert_eq!(again["task"]["id"], taken["task"]["id"]);
}

#[test]
fn a_backup_replaces_nothing_and_leaves_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    create_key(folder, &["--user", "a"]);
    std::fs::write(folder.join("precious"), "precious").unwrap();
    std::os::unix::fs::symlink("nowhere", folder.join("link")).unwrap();
    std::fs::create_dir(folder.join("folder")).unwrap();
    let before = std::fs::read_dir(folder).unwrap().count();
    for (file, says) in [
        ("precious", "is there already: name another file"),
        ("link", "is there already: name another file"),
        ("taskgate.db", "is there already: name another file"),
        ("folder", "is a folder"),
        (".", "is a folder"),
        ("no/such/folder", "cannot be written"),
    ] {
        let (done, said) = back_up(folder, file);
        assert!(!done && said.contains(says), "{file}: {said}");
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), before);
    assert_eq!(std::fs::read_to_string(folder.join("precious")).unwrap(), "precious");
    let memory = command(folder).args(["backup", "m"]).env("TASKGATE_STORE", "memory").output().unwrap();
    assert!(String::from_utf8_lossy(&memory.stderr).contains("keeps no file"));
    let elsewhere = tempfile::tempdir().unwrap();
    let (done, said) = back_up(elsewhere.path(), "x");
    assert!(!done && said.contains("there is no taskgate.db"), "{said}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0, "nothing is made where nothing was");
}

#[test]
fn a_backup_to_standard_output_is_a_whole_one_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    create_key(folder.path(), &["--user", "a"]);
    let output = command(folder.path()).args(["backup", "-"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.any(|name| name.to_string_lossy().starts_with("backup")));
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.db");
    std::fs::write(&copy, output.stdout).unwrap();
    let keys = |path: &std::path::Path| {
        let database = rusqlite::Connection::open(path).unwrap();
        database.query_row("SELECT count(*) FROM keys", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(keys(&copy), keys(&folder.path().join("taskgate.db")));
}

#[tokio::test]
async fn what_finds_no_room_says_so_and_leaves_nothing() {
    let gateway = Gateway::with(&[("MCP_ADMIN_TOKEN", ADMIN), ("RATE_LIMIT_ENABLED", "false")]);
    let folder = gateway.folder.path();
    for _ in 0..150 {
        assert_eq!(send(admin(&gateway).request(Method::POST, "/admin/tokens")).await.status, 200);
    }
    for (arguments, kibibytes) in [("backup copy", "40"), ("audit archive copy --keep 1", "20")] {
        // What the command itself notes in the database begins at the front of its log, within the bound.
        let database = rusqlite::Connection::open(gateway.database()).unwrap();
        database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        let output = std::process::Command::new("bash")
            .args(["-c", "trap '' XFSZ; ulimit -f $1; exec \"$0\" $2"])
            .arg(command(folder).get_program())
            .args([kibibytes, arguments])
            .env("TASKGATE_DATA_DIR", folder)
            .current_dir(folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("copy is not there"), "{arguments}: {said}");
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = entries.filter(|name| name.to_string_lossy().starts_with("copy")).collect();
        assert!(left.is_empty(), "{arguments}: {left:?}");
    }
    let verified = command(folder).args(["audit", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

#[test]
fn a_restored_copy_that_others_can_read_is_made_private() {
    let folder = tempfile::tempdir().unwrap();
    create_key(folder.path(), &["--user", "a"]);
    let database = folder.path().join("taskgate.db");
    std::fs::set_permissions(&database, PermissionsExt::from_mode(0o644)).unwrap();
    let output = command(folder.path()).args(["keys", "list"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("others could read"), "{said}");
    assert_eq!(std::fs::metadata(&database).unwrap().permissions().mode() & 0o777, 0o600);
}
