//! Secrets at rest: what is sealed opens only as it was sealed, and a new secret key takes over without a failed call.

use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{ADMIN, Gateway, admin, command, send};

const OLD: &str = "8c1e5b7fd2a94e06b3d7f1c85a2e9b40d6f3a7c1";
const NEW: &str = "e4b9027ad6c35f81a09e4d7b2c68f513790bd5e2";

async fn with_token(gateway: &Gateway, user: &str) -> (String, String) {
    let body = json!({"github_token": format!("ghp_{user}"), "user_id": user}).to_string();
    let made = send(admin(gateway).request(Method::POST, "/admin/tokens").body(body)).await.json();
    (made["id"].as_str().unwrap().to_owned(), made["mcp_key"].as_str().unwrap().to_owned())
}

fn reseal(folder: &std::path::Path, secrets: &[(&str, &str)]) -> (bool, String) {
    let output = command(folder).args(["keys", "reseal"]).envs(secrets.iter().copied()).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test]
async fn after_a_rotation_keys_go_on_and_the_old_secret_key_is_needed_no_more() {
    let folder = {
        let gateway = Gateway::with(&[("MCP_SECRET_KEY", OLD), ("MCP_ADMIN_TOKEN", ADMIN)]);
        gateway.folder.clone()
    };
    let before = Gateway::on(folder.clone(), &[("MCP_SECRET_KEY", OLD), ("MCP_ADMIN_TOKEN", ADMIN)]);
    let (_, key) = with_token(&before, "alice").await;
    drop(before);
    let both = [("MCP_SECRET_KEY", NEW), ("MCP_SECRET_KEY_OLD", OLD), ("MCP_ADMIN_TOKEN", ADMIN)];
    let during = Gateway::on(folder.clone(), &both);
    let path = format!("/admin/tokens/{key}");
    let found = send(admin(&during).request(Method::GET, &path)).await;
    assert_eq!(found.json()["user_id"], "alice", "the key itself still names it");
    for _ in 0..20 {
        let answer = send(during.caller_with(&key).request(Method::GET, "/api/me")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let audit = || async {
        let page = send(admin(&during).request(Method::GET, "/admin/audit?action=key.reseal")).await.json();
        !page["records"].as_array().unwrap().is_empty()
    };
    crate::support::within_two_seconds("the token is sealed anew in the background", audit).await;
    drop(during);
    let (verified, said) = {
        let output = command(folder.path()).args(["audit", "verify"]).envs(both).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(verified, "{said}");
    let after = Gateway::on(folder.clone(), &[("MCP_SECRET_KEY", NEW), ("MCP_ADMIN_TOKEN", ADMIN)]);
    assert_eq!(send(after.caller_with(&key).request(Method::GET, "/api/me")).await.status, 200);
    let (whole, said) = reseal(folder.path(), &[("MCP_SECRET_KEY", NEW)]);
    assert!(whole && said.starts_with("0 GitHub tokens sealed anew, 0 do not open"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_under_load_fails_no_call() {
    let before = Gateway::with(&[("MCP_SECRET_KEY", OLD), ("MCP_ADMIN_TOKEN", ADMIN)]);
    let folder = before.folder.clone();
    let mut keys = Vec::new();
    for number in 0..100 {
        keys.push(with_token(&before, &format!("user-{number}")).await.1);
    }
    drop(before);
    let both = [("MCP_SECRET_KEY", NEW), ("MCP_SECRET_KEY_OLD", OLD), ("MCP_ADMIN_TOKEN", ADMIN)];
    let gateways = [Gateway::on(folder.clone(), &both), Gateway::on(folder, &both)];
    // Each key several times at once, while it is hashed anew and its token sealed anew.
    for keys in keys.chunks(10) {
        let mut calls = tokio::task::JoinSet::new();
        for (key, gateway) in
            keys.iter().flat_map(|key| gateways.iter().cycle().take(8).map(move |g| (key, g)))
        {
            let caller = gateway.caller_with(key);
            calls.spawn(async move { send(caller.request(Method::GET, "/api/me")).await });
        }
        for answer in calls.join_all().await {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn swapped_cut_and_flipped_ciphertexts_do_not_open_and_are_audited() {
    let gateway = Gateway::with(&[("MCP_SECRET_KEY", OLD), ("MCP_ADMIN_TOKEN", ADMIN)]);
    let (alice, _) = with_token(&gateway, "alice").await;
    let (bob, _) = with_token(&gateway, "bob").await;
    let folder = gateway.folder.clone();
    let sealed = "SELECT sealed_github_token FROM keys WHERE id = ?1";
    let earlier: Vec<u8> =
        Connection::open(gateway.database()).unwrap().query_row(sealed, [&alice], |row| row.get(0)).unwrap();
    let body = json!({"github_token": "ghp_alice_the_second"}).to_string();
    let path = format!("/admin/tokens/{alice}");
    assert_eq!(send(admin(&gateway).request(Method::PATCH, &path).body(body)).await.status, 200);
    drop(gateway);
    let secrets = [("MCP_SECRET_KEY", NEW), ("MCP_SECRET_KEY_OLD", OLD)];
    for (name, damage) in [
        (
            "swapped",
            format!(
                "UPDATE keys SET sealed_github_token = (SELECT sealed_github_token FROM keys WHERE id = '{bob}') WHERE id = '{alice}'"
            ),
        ),
        (
            "cut",
            format!(
                "UPDATE keys SET sealed_github_token = substr(sealed_github_token, 1, 30) WHERE id = '{alice}'"
            ),
        ),
        (
            "flipped",
            format!(
                "UPDATE keys SET sealed_github_token = CAST(substr(sealed_github_token, 1, 30)
                    || iif(substr(sealed_github_token, 31, 1) = X'00', X'01', X'00')
                    || substr(sealed_github_token, 32) AS BLOB) WHERE id = '{alice}'"
            ),
        ),
        (
            "of before",
            format!(
                "UPDATE keys SET sealed_github_token = X'{}' WHERE id = '{alice}'",
                taskgate::model::hex(&earlier)
            ),
        ),
        ("sent elsewhere", format!("UPDATE keys SET github_host = 'ghe.example.com' WHERE id = '{alice}'")),
        ("without its host", format!("UPDATE keys SET github_host = NULL WHERE id = '{alice}'")),
        ("emptied", format!("UPDATE keys SET sealed_github_token = X'' WHERE id = '{alice}'")),
    ] {
        let copy = tempfile::tempdir().unwrap();
        for file in ["taskgate.db", "taskgate.db-wal"] {
            let _ = std::fs::copy(folder.path().join(file), copy.path().join(file));
        }
        let database = copy.path().join("taskgate.db");
        Connection::open(&database).unwrap().execute_batch(&damage).unwrap();
        let (whole, said) = reseal(copy.path(), &secrets);
        assert!(!whole && said.contains("1 GitHub tokens sealed anew, 1 do not open"), "{name}: {said}");
        let audited = "SELECT COUNT(*) FROM audit WHERE action = 'key.token_unreadable' AND target = ?1";
        let count: i64 =
            Connection::open(&database).unwrap().query_row(audited, [&alice], |row| row.get(0)).unwrap();
        assert_eq!(count, 1, "{name}");
    }
}
