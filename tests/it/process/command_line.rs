//! Starting, keys, settings, health: what people type.

use std::{os::unix::fs::PermissionsExt, process::Stdio, sync::Arc};

use serde_json::json;

use crate::support::{Gateway, command, create_key};

#[tokio::test]
async fn the_first_start_makes_a_board_and_one_key_in_a_private_file() {
    let gateway = Gateway::with(&[("MCP_AUTH_TOKENS", "")]);
    let path = gateway.folder.path().join("first-key");
    let key = std::fs::read_to_string(&path).unwrap();
    for file in ["first-key", "secret.key", "taskgate.db"] {
        let mode = std::fs::metadata(gateway.folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(gateway.caller_with(&key).tool("list_tasks", json!({})).await.unwrap()["total"], 8);
    let folder = Arc::clone(&gateway.folder);
    drop(gateway);
    std::fs::remove_file(&path).unwrap();
    let again = Gateway::on(folder, &[("MCP_AUTH_TOKENS", "")]);
    assert!(!path.exists(), "one first key, ever");
    assert_eq!(again.caller_with(&key).tool("list_tasks", json!({})).await.unwrap()["total"], 8);
}

#[test]
fn faults_are_named_at_once_and_exit_78() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path())
        .args(["serve", "--host", "0.0.0.0"])
        .env("MCP_PORT", "99999")
        .env("RATE_LIMIT_BURST", "lots")
        .env("TASKGATE_STORE", "floppy")
        .env("TASKGATE_BOARD_REFRESH_SECONDS", "0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
    let text = String::from_utf8(output.stderr).unwrap();
    for key in
        ["MCP_PORT", "RATE_LIMIT_BURST", "TASKGATE_STORE", "TASKGATE_BOARD_REFRESH_SECONDS", "MCP_SECRET_KEY"]
    {
        assert!(text.contains(key), "{key} is missing: {text}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn config_shows_settings_and_hides_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = "MCP_PORT = 9999\nRATE_LIMIT_BURST = 3\nNO_SUCH = 1\nmcp_host = 1\nMCP_MOED = 1\nPORT = 1\nMCP_ADMIN_TOKEN = 1e5\n";
    std::fs::write(folder.path().join("gate.toml"), file).unwrap();
    let output = command(folder.path())
        .arg("config")
        .env("TASKGATE_CONFIG", "gate.toml")
        .env("RATE_LIMIT_BURST", "4")
        .env("MCP_AUTH_TOKENS", "hush-hush")
        .env("CORS_ALLOW_ORIGINS", "https://a.example,https://me:hush-hush@b.example")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("MCP_PORT=9999  # file") && text.contains("RATE_LIMIT_BURST=4  # environment"),
        "{text}"
    );
    assert!(text.contains("MCP_AUTH_TOKENS=(secret)") && !text.contains("hush-hush"), "{text}");
    for fault in [
        "NO_SUCH: no such setting (in gate.toml)",
        "mcp_host: no such setting, did you mean MCP_HOST? (in gate.toml)",
        "MCP_MOED: no such setting, did you mean MCP_MODE? (in gate.toml)",
        "PORT: no such setting, did you mean MCP_PORT? (in gate.toml)",
        "MCP_ADMIN_TOKEN: expected a secret in quotes (in gate.toml)",
        "CORS_ALLOW_ORIGINS: `(hidden: it holds a user or password)` never matches",
    ] {
        assert!(text.contains(&format!("# fault: {fault}")), "{fault}: {text}");
    }
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn keys_are_made_listed_without_themselves_and_revoked_once() {
    let folder = tempfile::tempdir().unwrap();
    let key = create_key(folder.path(), &["--user", "bob", "--description", "laptop", "--expires", "30d"]);
    let keys = |arguments: &[&str]| command(folder.path()).arg("keys").args(arguments).output().unwrap();
    let listed = String::from_utf8(keys(&["list"]).stdout).unwrap();
    assert!(
        listed.contains("bob")
            && listed.contains("laptop")
            && listed.contains(&key[..8])
            && !listed.contains(&key)
    );
    let id = listed
        .lines()
        .find(|line| line.contains("bob"))
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    assert!(keys(&["revoke", &id]).status.success());
    let second = keys(&["revoke", &id]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8(second.stderr).unwrap().contains("no live key"));
    for bad in [vec!["create", "--scopes", "root"], vec!["create", "--expires", "soon"]] {
        assert_eq!(keys(&bad).status.code(), Some(1), "{bad:?}");
    }
}

#[test]
fn healthcheck_and_client_config_say_what_they_should() {
    let gateway = Gateway::start();
    let port = gateway.address.rsplit(':').next().unwrap().to_owned();
    let healthy = |port: &str| {
        command(gateway.folder.path())
            .arg("healthcheck")
            .env("MCP_PORT", port)
            .stderr(Stdio::null())
            .status()
            .unwrap()
    };
    assert!(healthy(&port).success());
    assert!(!healthy("1").success());
    let stdio = command(gateway.folder.path()).arg("healthcheck").env("MCP_MODE", "stdio").status();
    assert!(stdio.unwrap().success(), "nothing listens, and nothing is wrong");
    for arguments in [&["healthcheck"][..], &["client-config", "cursor"]] {
        let output = command(gateway.folder.path()).args(arguments).env("MCP_PORT", "0").output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && text.contains("set MCP_PORT"), "{arguments:?}: {text}");
    }
    for client in ["claude-code", "claude-desktop", "cursor", "vscode"] {
        let output = command(gateway.folder.path())
            .args(["client-config", client, "--key", "mcp_k"])
            .env("TASKGATE_PUBLIC_URL", "https://gate.example/x")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains("https://gate.example/x/mcp") && text.contains("Bearer mcp_k"),
            "{client}: {text}"
        );
        if client != "claude-code" {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    }
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    create_key(folder.path(), &[]);
    let database = folder.path().join("taskgate.db");
    rusqlite::Connection::open(&database).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let output = command(folder.path()).args(["keys", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("schema version 999"));
}

#[test]
fn a_key_has_the_same_bounds_at_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, long) = (folder.path().join("empty"), folder.path().join("long"));
    std::fs::write(&empty, "").unwrap();
    std::fs::write(&long, "x".repeat(400)).unwrap();
    let (empty, long) = (empty.display().to_string(), long.display().to_string());
    for (arguments, field) in [
        (["--user", "eve\nFAKE-ROW"], "--user"),
        (["--description", "a\u{1b}[2J"], "--description"),
        (["--github-token-file", &empty], "--github-token-file"),
        (["--github-token-file", &long], "--github-token-file"),
        (["--expires", "99999999d"], "--expires"),
        (["--rate-limit", "0"], "--rate-limit"),
    ] {
        let output = command(folder.path()).args(["keys", "create"]).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(field), "{arguments:?}: {said}");
    }
    let listed = command(folder.path()).args(["keys", "list"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 1, "only the header");
}
