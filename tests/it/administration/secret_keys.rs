//! The secret key: lost, exchanged, rotated while several processes run, and the secrets that open the gateway.

use std::{path::Path, process::Output, sync::Arc};

use reqwest::Method;
use serde_json::json;

use crate::support::{ADMIN, Gateway, admin, command, create_key, send};

const FIRST: &str = "4be1907fd3a65c28e0b7d41f9a3c6528f7e0b9d1";
const NEXT: &str = "c3a85f1e7d0b9426af518c7e30d9b264e1f7a05c";
const OTHER: &str = "917ce05db2f8a3461d0c7be95f83a2647c1d0eb8";

fn run(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> (Output, String) {
    let output = command(folder).args(arguments).envs(settings.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

async fn opens(gateway: &Gateway, key: &str) {
    for _ in 0..15 {
        let answer = send(gateway.caller_with(key).request(Method::GET, "/api/me")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn a_lost_secret_key_is_not_made_anew_and_nothing_is_done_without_it() {
    let gateway = Gateway::start();
    let folder = Arc::clone(&gateway.folder);
    drop(gateway);
    let key = create_key(folder.path(), &[]);
    let path = folder.path().join("secret.key");
    let kept = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    for arguments in
        [vec!["serve"], vec!["keys", "create"], vec!["keys", "list"], vec!["audit", "verify"], vec!["stdio"]]
    {
        for settings in [&[("MCP_PORT", "0")][..], &[("MCP_PORT", "0"), ("MCP_SECRET_KEY", OTHER)]] {
            let (output, said) = run(folder.path(), &arguments, settings);
            assert_eq!(output.status.code(), Some(1), "{arguments:?} {settings:?}: {said}");
            assert!(said.contains("MCP_SECRET_KEY") && said.contains("secret.key"), "{arguments:?}: {said}");
            assert!(said.contains(folder.path().to_str().unwrap()), "{arguments:?}: {said}");
            assert!(output.stdout.is_empty() && !path.exists(), "{arguments:?}");
        }
    }
    std::fs::write(&path, kept).unwrap();
    let (verified, said) = run(folder.path(), &["audit", "verify"], &[]);
    assert!(verified.status.success(), "{said}");
    opens(&Gateway::on(folder, &[]), &key).await;
}

#[test]
fn a_database_of_before_tells_its_secret_key_by_its_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..12 {
        create_key(folder.path(), &[]);
    }
    let forget = || {
        let database = rusqlite::Connection::open(folder.path().join("taskgate.db")).unwrap();
        database.execute("DELETE FROM facts WHERE name = 'secret_check'", []).unwrap();
    };
    forget();
    let (refused, said) = run(folder.path(), &["keys", "list"], &[("MCP_SECRET_KEY", OTHER)]);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    let rotating = [("MCP_SECRET_KEY_OLD_FILE", "secret.key"), ("MCP_SECRET_KEY", NEXT)];
    for settings in [&[][..], &rotating, &[("MCP_SECRET_KEY", NEXT)]] {
        let (done, said) = run(folder.path(), &["keys", "list"], settings);
        assert!(done.status.success(), "{settings:?}: {said}");
    }
    let (refused, said) = run(folder.path(), &["keys", "list"], &[]);
    assert_eq!(refused.status.code(), Some(1), "{said}");
}

#[tokio::test]
async fn a_rolling_rotation_refuses_no_key_on_any_process() {
    let with = |key, old: Option<&'static str>| {
        let mut settings = vec![("MCP_SECRET_KEY", key), ("MCP_ADMIN_TOKEN", ADMIN)];
        settings.extend(old.map(|old| ("MCP_SECRET_KEY_OLD", old)));
        settings
    };
    let one = Gateway::with(&with(FIRST, None));
    let folder = Arc::clone(&one.folder);
    let two = Gateway::on(Arc::clone(&folder), &with(FIRST, None));
    let make = async |gateway: &Gateway| {
        let made = send(admin(gateway).request(Method::POST, "/admin/tokens")).await.json();
        made["mcp_key"].as_str().unwrap().to_owned()
    };
    let mut keys = vec![make(&one).await];
    opens(&two, &keys[0]).await;
    drop(one);
    let one = Gateway::on(Arc::clone(&folder), &with(NEXT, Some(FIRST)));
    keys.extend([make(&one).await, make(&two).await]);
    for gateway in [&one, &two, &one] {
        let rotated =
            send(gateway.caller_with(&keys[0]).request(Method::POST, "/api/me/rotate")).await.json();
        let renewed = rotated["mcp_key"].as_str().unwrap().to_owned();
        let replaced = std::mem::replace(&mut keys[0], renewed);
        keys.truncate(3);
        keys.push(replaced);
        for key in &keys {
            opens(&one, key).await;
            opens(&two, key).await;
        }
    }
    drop((one, two));
    let after = Gateway::on(folder, &with(NEXT, None));
    for key in &keys[..3] {
        opens(&after, key).await;
    }
}

#[tokio::test]
async fn sessions_go_on_through_a_rotation_in_two_steps() {
    let with = |key, old| [("MCP_SECRET_KEY", key), ("MCP_SECRET_KEY_OLD", old), ("MCP_ADMIN_TOKEN", ADMIN)];
    let one = Gateway::with(&with(FIRST, NEXT));
    let folder = Arc::clone(&one.folder);
    let two = Gateway::on(Arc::clone(&folder), &with(FIRST, NEXT));
    let mut before = one.caller();
    before.initialize("2025-11-25", json!({})).await;
    drop(one);
    let one = Gateway::on(folder, &with(NEXT, FIRST));
    let mut after = one.caller();
    after.initialize("2025-11-25", json!({})).await;
    for gateway in [&one, &two] {
        for session in [&before, &after] {
            let mut caller = gateway.caller();
            caller.session.clone_from(&session.session);
            let answer = caller.legacy("ping", json!({})).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
    let body = json!({"github_token": "ghp_of_alice_for_tests"}).to_string();
    send(admin(&two).request(Method::POST, "/admin/tokens").body(body)).await;
    let resealed = async || {
        let page = send(admin(&one).request(Method::GET, "/admin/audit?action=key.reseal")).await.json();
        page["records"].as_array().unwrap().len()
    };
    let output = run(two.folder.path(), &["keys", "reseal"], &with(NEXT, FIRST)).0;
    assert!(output.stdout.starts_with(b"1 GitHub tokens sealed anew"), "{output:?}");
    assert_eq!(resealed().await, 1, "the process with the key before does not seal it back");
}

#[tokio::test]
async fn a_replaced_text_gets_no_new_key_by_a_guessed_idempotency_key() {
    let gateway = Gateway::with(&[("MCP_ADMIN_TOKEN", ADMIN)]);
    let stolen = create_key(gateway.folder.path(), &[]);
    let rotate = |key: &str| {
        let caller = gateway.caller_with(key);
        send(caller.request(Method::POST, "/api/me/rotate").header("Idempotency-Key", "1"))
    };
    let rotated = rotate(&stolen).await;
    assert_eq!(rotate(&stolen).await.text, rotated.text, "a lost answer is given again");
    let renewed = rotated.json()["mcp_key"].as_str().unwrap().to_owned();
    opens(&gateway, &renewed).await;
    let refused = rotate(&stolen).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &json!("forbidden")), "{refused:?}");
    assert_eq!(rotate(&renewed).await.text, rotated.text, "its holder has it anyway");
    opens(&gateway, &renewed).await;
}

#[test]
fn a_weak_secret_starts_on_loopback_alone_and_is_not_said() {
    let folder = tempfile::tempdir().unwrap();
    for weak in ["x", "changeme", "0123456789abcdef0123456789abcdef", "your-admin-token-goes-here"] {
        for name in ["MCP_ADMIN_TOKEN", "MCP_AUTH_TOKENS"] {
            let settings =
                [("MCP_HOST", "0.0.0.0"), ("MCP_PORT", "0"), ("MCP_SECRET_KEY", FIRST), (name, weak)];
            let (output, said) = run(folder.path(), &["serve"], &settings);
            assert_eq!(output.status.code(), Some(78), "{name}={weak}: {said}");
            assert!(said.contains(name) && (weak.len() == 1 || !said.contains(weak)), "{said}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}
