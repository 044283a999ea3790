//! Settings from `.env`, files and environments as they really are: nothing that was given is lost in silence.

use std::{
    ffi::OsStr,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::support::{BINARY, command, create_key};

const SECRET: &str = "Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj1QaE";

/// What came of a command: its exit code, and all it said.
fn said(command: &mut Command) -> (i32, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = [stdout, stderr].concat();
    (status.code().unwrap(), String::from_utf8_lossy(&text).into_owned())
}

fn private(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// `taskgate config` in a folder with that `.env`.
fn config_of(env_file: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    private(&folder.path().join(".env"), env_file);
    said(command(folder.path()).arg("config"))
}

#[test]
fn every_line_of_the_env_file_is_taken_or_is_a_fault() {
    let (code, text) = config_of(
        "\u{feff}MCP_PORT=9001\r\nexport RATE_LIMIT_BURST = 7 # seven\r\nTASKGATE_TRUSTED_PROXIES=10.0.0.1, 10.0.0.2\n\
         TASKGATE_ALLOWED_HOSTS=\"a.example, b.example\"\nTASKGATE_EVENT_LOG='it # $HOME'\nCORS_ALLOW_ORIGINS=\n",
    );
    assert_eq!(code, 0, "{text}");
    for line in [
        "MCP_PORT=9001  # .env",
        "RATE_LIMIT_BURST=7  # .env",
        "TASKGATE_TRUSTED_PROXIES=10.0.0.1, 10.0.0.2  # .env",
        "TASKGATE_ALLOWED_HOSTS=a.example, b.example  # .env",
        "TASKGATE_EVENT_LOG=it # $HOME  # .env",
        "CORS_ALLOW_ORIGINS=  # default",
    ] {
        assert!(text.contains(line), "{line} is missing: {text}");
    }
    let (code, text) =
        config_of("some words\nMCP_PORT='9001\nRATE_LIMIT_BURST=7\nMCP_HOST=\"a\" b\nMCP_MODE=#x\n");
    assert_eq!(code, 78, "{text}");
    for line in [1, 2, 4, 5] {
        assert!(text.contains(&format!("# fault: .env:{line}: ")), "line {line}: {text}");
    }
    assert!(text.contains("RATE_LIMIT_BURST=7  # .env"), "what follows an open quote is read: {text}");
}

#[test]
fn an_env_file_that_is_a_link_to_nothing_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("settings-of-the-team", folder.path().join(".env")).unwrap();
    let (code, text) = said(command(folder.path()).arg("config"));
    assert!(code == 78 && text.contains("# fault: .env: cannot be read: "), "{text}");
}

#[test]
fn a_secret_in_the_env_file_is_not_expanded() {
    let folder = tempfile::tempdir().unwrap();
    let key = "qT7$$vZ2-${HOME}-$PATH-m9XwK4rB8nLd6s";
    private(&folder.path().join(".env"), format!("MCP_SECRET_KEY={key}\n"));
    create_key(folder.path(), &["--description", "made under it"]);
    // The same key from the environment reads what was made under it.
    std::fs::remove_file(folder.path().join(".env")).unwrap();
    let (code, text) = said(command(folder.path()).args(["audit", "verify"]).env("MCP_SECRET_KEY", key));
    assert_eq!(code, 0, "{text}");
    assert!(!folder.path().join("secret.key").exists());
}

#[test]
fn the_env_file_of_another_folder_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    private(&folder.path().join(".env"), "MCP_PORT=9001\n");
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    let (code, text) = said(command(&below).arg("config"));
    assert!(code == 0 && text.contains("MCP_PORT=8080  # default"), "{text}");
    std::fs::create_dir(below.join(".env")).unwrap();
    let (code, text) = said(command(&below).arg("config"));
    assert!(code == 0 && text.contains("# warning: .env: is a folder"), "{text}");
}

#[test]
fn a_mark_before_a_text_is_no_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    private(&at("gate.toml"), "\u{feff}MCP_PORT = 9001\n");
    private(&at("key"), format!("\u{feff}{SECRET}\n"));
    private(&at("token"), "\u{feff}ghp_token\n");
    let with_mark = |command: &mut Command| {
        said(command.env("TASKGATE_CONFIG", at("gate.toml")).env("MCP_SECRET_KEY_FILE", at("key")))
    };
    let (code, text) = with_mark(command(folder.path()).arg("config"));
    assert!(code == 0 && text.contains("MCP_PORT=9001  # file"), "{text}");
    let make = ["keys", "create", "--github-token-file", "token"];
    let (code, text) = with_mark(command(folder.path()).args(make));
    assert_eq!(code, 0, "{text}");
    // Without the mark it is the same secret.
    private(&at("key"), SECRET);
    let (code, text) = with_mark(command(folder.path()).args(["audit", "verify"]));
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_variable_that_is_no_text_stops_only_if_it_is_ours() {
    let folder = tempfile::tempdir().unwrap();
    let bad = OsStr::from_bytes(b"caf\xe9");
    let config = |name: &OsStr| said(command(folder.path()).arg("config").env(name, bad));
    for name in ["LOCATION", "TASKGATED", "HOST"].map(OsStr::new).into_iter().chain([bad]) {
        let (code, text) = config(name);
        assert_eq!(code, 0, "{name:?}: {text}");
    }
    for name in ["MCP_ADMIN_TOKEN", "MCP_PORT", "TASKGATE_DATA_DIR", "MCP_SECRET_KEY_FILE"] {
        let (code, text) = config(OsStr::new(name));
        assert!(code == 78 && text.contains(&format!("# fault: {name}: is not UTF-8")), "{name}: {text}");
    }
}

#[test]
fn a_wrong_value_is_told_with_the_place_it_is_from() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    private(&at("gate.toml"), "RATE_LIMIT_BURST = \"many\"\nCORS_ENABLED = \"maybe\"\n");
    private(&at(".env"), "TASKGATE_STORE=paper\nCORS_ENABLED=perhaps\n");
    private(&at("token"), "short\u{7}");
    let given = [
        ("TASKGATE_CONFIG", "gate.toml"),
        ("TASKGATE_LEASE_SECONDS", "10m"),
        ("PORT", "http"),
        ("MCP_ADMIN_TOKEN_FILE", "token"),
    ];
    let (code, text) = said(command(folder.path()).args(["--host", "nowhere", "config"]).envs(given));
    assert_eq!(code, 78, "{text}");
    for (key, place) in [
        ("MCP_HOST", "the command line"),
        ("TASKGATE_LEASE_SECONDS", "the environment"),
        ("MCP_PORT", "PORT of the environment"),
        ("TASKGATE_STORE", ".env"),
        ("CORS_ENABLED", ".env"),
        ("RATE_LIMIT_BURST", "gate.toml"),
        ("MCP_ADMIN_TOKEN", "token"),
    ] {
        let start = format!("# fault: {key}: ");
        let fault =
            text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{key}: {text}"));
        assert!(fault.ends_with(&format!(" (from {place})")), "{fault}");
    }
    let (_, text) = said(command(folder.path()).args(["--host", "0.0.0.0", "config"]));
    let missing = text.lines().find(|line| line.starts_with("# fault: MCP_SECRET_KEY: ")).unwrap();
    assert!(!missing.contains("(from "), "nobody gave it: {missing}");
}

#[test]
fn a_port_that_kubernetes_sets_is_left_to_the_next_source() {
    let folder = tempfile::tempdir().unwrap();
    let url = "tcp://10.43.1.2:8080";
    for (variables, expected) in [
        (vec![("MCP_PORT", url)], "MCP_PORT=8080  # default"),
        (vec![("MCP_PORT", url), ("PORT", "9002")], "MCP_PORT=9002  # environment"),
        (vec![("MCP_PORT", url), ("PORT", url)], "MCP_PORT=8080  # default"),
        (vec![("MCP_PORT", url), ("TASKGATE_CONFIG", "gate.toml")], "MCP_PORT=9003  # file"),
    ] {
        private(&folder.path().join("gate.toml"), "MCP_PORT = 9003\n");
        let (code, text) = said(command(folder.path()).arg("config").envs(variables.clone()));
        assert!(code == 0 && text.contains(expected), "{variables:?}: {text}");
        assert!(text.contains("# warning: MCP_PORT: "), "{variables:?}: {text}");
    }
}

#[test]
fn what_was_meant_otherwise_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value, expected) in [
        ("TASKGATE_LEASE_SECOND", "60", "did you mean TASKGATE_LEASE_SECONDS?"),
        ("TASKGATE_NO_SUCH", "1", "there is no such setting"),
        ("MCP_AUTH_TOKEN", "x", "did you mean MCP_AUTH_TOKENS?"),
        ("CORS_ALLOWED_ORIGINS", "x", "did you mean CORS_ALLOW_ORIGINS?"),
        ("MCP_ADMIN_TOKEN", "\"a-token-in-quotes-wK4rB8nLd6s\"", "is given in quotes"),
        ("TASKGATE_DATA_DIR", "'/tmp/x'", "is given in quotes"),
        ("MCP_ADMIN_TOKEN", "a-token-in-use-wK4rB8nLd6s   # mine", "goes on after a `#`"),
        ("SMTP_URL", "smtp://me:hush@mail.example.com", "in clear"),
        ("TASKGATE_TRUSTED_PROXIES", "0.0.0.0/0", "trusts everybody"),
        ("TASKGATE_PUBLIC_URL", "https://gate.example/mcp", "/mcp/mcp"),
        ("RUST_LOG", "verbose", "logs nothing"),
        ("RUST_LOG", "hyper=debug,h2=info", "logs nothing"),
        ("RUST_LOG", "taskgateway=debug", "logs nothing"),
        ("RUST_LOG", ",", "logs nothing"),
    ] {
        let mut config = command(folder.path());
        config.arg("config").env(name, value).env("SMTP_FROM", "a@example.com");
        config.env("SMTP_URL", if name == "SMTP_URL" { value } else { "smtps://mail.example.com" });
        let (code, text) = said(&mut config);
        let mut warnings = text.lines().filter(|line| line.starts_with(&format!("# warning: {name}: ")));
        assert!(code == 0 && warnings.any(|line| line.contains(expected)), "{name}: {text}");
        assert!(!text.contains("hush") && !text.contains("a-token-in"), "{text}");
    }
    for filter in ["DEBUG", "off", "2", "hyper=debug, warn", "taskgate::access=off,info", "taskgate"] {
        let (code, text) = said(command(folder.path()).arg("config").env("RUST_LOG", filter));
        assert!(code == 0 && !text.contains("# warning"), "{filter}: {text}");
    }
    for name in ["TASKGATE_SERVICE_HOST", "TASKGATE_PORT_80_TCP", "MCP_SESSION_TTL", "MCP_SERVICE_PORT"] {
        let (code, text) = said(command(folder.path()).arg("config").env(name, "tcp://10.0.0.1:80"));
        assert!(code == 0 && !text.contains("# warning"), "{name}: {text}");
    }
}

/// Addresses of subscribers with a secret that is good.
fn with_signer(addresses: &str) -> Vec<(&'static str, &str)> {
    let secret = ("TASKGATE_BOARD_WEBHOOK_SECRET", "hush-Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj");
    vec![("TASKGATE_BOARD_WEBHOOK_URL", addresses), secret]
}

#[test]
fn what_can_have_no_effect_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    for (pairs, key) in [
        (vec![("SMTP_FROM", "taskgate@example.com")], "SMTP_FROM"),
        (vec![("SMTP_URL", "smtps://mail.example.com"), ("SMTP_FROM", "me@")], "SMTP_FROM"),
        (vec![("SMTP_URL", "smtp://"), ("SMTP_FROM", "a@example.com")], "SMTP_URL"),
        (vec![("SMTP_URL", "smtps://h?tls=no"), ("SMTP_FROM", "a@example.com")], "SMTP_URL"),
        (vec![("TASKGATE_BOARD_WEBHOOK_URL", "https://h.example/hush")], "TASKGATE_BOARD_WEBHOOK_URL"),
        (
            vec![("TASKGATE_BOARD_WEBHOOK_SECRET", "hush-Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj")],
            "TASKGATE_BOARD_WEBHOOK_SECRET",
        ),
        (with_signer("https://h.example/hush,https://h.example/hush"), "TASKGATE_BOARD_WEBHOOK_URL"),
        (with_signer("https://h.example/hush,,"), "TASKGATE_BOARD_WEBHOOK_URL"),
        (with_signer("http://me:hush@h.example/"), "TASKGATE_BOARD_WEBHOOK_URL"),
        (with_signer("ftp://h.example/hush"), "TASKGATE_BOARD_WEBHOOK_URL"),
        (vec![("TASKGATE_MAX_STREAMS", "30000")], "TASKGATE_MAX_STREAMS"),
        (vec![("TASKGATE_MAX_CONNECTIONS_PER_ADDRESS", "30000")], "TASKGATE_MAX_CONNECTIONS_PER_ADDRESS"),
        (
            vec![("TASKGATE_MAX_STREAMS", "10"), ("TASKGATE_MAX_STREAMS_PER_PRINCIPAL", "11")],
            "TASKGATE_MAX_STREAMS_PER_PRINCIPAL",
        ),
        (vec![("RUST_LOG", "taskgate=loud")], "RUST_LOG"),
        (vec![("MCP_ADMIN_TOKEN", "   # for administrators alone")], "MCP_ADMIN_TOKEN"),
        (vec![("MCP_ADMIN_TOKEN", "line\none-wK4rB8nLd6s-m9XqT7vZ2")], "MCP_ADMIN_TOKEN"),
        (vec![("MCP_AUTH_TOKENS", "u5JtR9wXe2KzM7bQ4vNy8Hc3,,")], "MCP_AUTH_TOKENS"),
        (vec![("TASKGATE_LEASE_SECONDS", "10m")], "TASKGATE_LEASE_SECONDS"),
        (vec![("GH_HOST", "https://github.example.com")], "GH_HOST"),
        (vec![("GH_HOST", "api.github.com")], "GH_HOST"),
        (vec![("GITHUB_API_URL", "https://me:hush@github.example.com")], "GITHUB_API_URL"),
        (vec![("GITHUB_GRAPHQL_URL", "https://github.example.com/api/graphql")], "GITHUB_GRAPHQL_URL"),
        (vec![("TASKGATE_SHARE_GITHUB_TOKEN", "true")], "TASKGATE_SHARE_GITHUB_TOKEN"),
        (vec![("GITHUB_APP_ID", "1")], "GITHUB_APP_ID"),
        (vec![("GITHUB_APP_INSTALLATION_ID", "1")], "GITHUB_APP_INSTALLATION_ID"),
        (vec![("GITHUB_APP_PRIVATE_KEY", "hush")], "GITHUB_APP_PRIVATE_KEY"),
        (vec![("HTTPS_PROXY", "socks5://me:hush@proxy.example")], "HTTPS_PROXY"),
        (vec![("https_proxy", "http://proxy.example/hush")], "HTTPS_PROXY"),
        (vec![("TASKGATE_CA_FILE", "/nowhere/ca.pem")], "TASKGATE_CA_FILE"),
        (vec![("TASKGATE_CA_FILE", "/etc/hostname")], "TASKGATE_CA_FILE"),
        (vec![("HTTP_TIMEOUT", "301")], "HTTP_TIMEOUT"),
        (vec![("HTTP_CONNECT_TIMEOUT", "0")], "HTTP_CONNECT_TIMEOUT"),
    ] {
        let (code, text) = said(command(folder.path()).arg("config").envs(pairs.clone()));
        assert!(code == 78 && text.contains(&format!("# fault: {key}: ")), "{pairs:?}: {text}");
        assert!(!text.contains("hush"), "{text}");
    }
}

#[test]
fn a_line_of_a_file_that_can_have_no_effect_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    for text in [
        "TASKGATE_CONFIG = \"other.toml\"",
        "TASKGATE_ALLOWED_HOSTS = [\"a.example\", 5]",
        "TASKGATE_ALLOWED_HOSTS = [\"a.example,b.example\"]",
        "MCP_PORT = { port = 1 }",
        "[gate]\nMCP_PORT = 1",
    ] {
        private(&folder.path().join("gate.toml"), text);
        let (code, said) = said(command(folder.path()).arg("config").env("TASKGATE_CONFIG", "gate.toml"));
        assert!(code == 78 && said.contains("# fault: "), "{text}: {said}");
    }
}

/// Those of a board at GitHub, one of them as it is given.
fn board_at_github(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("GITHUB_TOKEN", "a-token-in-use-wK4rB8nLd6s"),
        ("GITHUB_OWNER", "octo"),
        ("GITHUB_REPO", "app"),
        (name, value),
    ]
}

#[test]
fn a_board_that_cannot_be_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    for (pairs, key) in [
        (vec![("KANBAN_PROVIDER", "paper")], "KANBAN_PROVIDER"),
        (vec![("KANBAN_PROVIDER", "github"), ("GITHUB_REPO", "octo/app")], "KANBAN_PROVIDER"),
        (vec![("GITHUB_OWNER", "octo")], "GITHUB_OWNER"),
        (vec![("GITHUB_REPO", "octo/app")], "GITHUB_REPO"),
        (board_at_github("GITHUB_OWNER", "octo cat"), "GITHUB_OWNER"),
        (board_at_github("GITHUB_PROJECT_NUMBER", "one"), "GITHUB_PROJECT_NUMBER"),
        (board_at_github("GITHUB_OFFER", "some"), "GITHUB_OFFER"),
        (vec![("TASKGATE_BOARD_STATUSES", "soon=Next")], "TASKGATE_BOARD_STATUSES"),
    ] {
        let (code, text) = said(command(folder.path()).arg("config").envs(pairs.clone()));
        assert!(code == 78 && text.contains(&format!("# fault: {key}: ")), "{pairs:?}: {text}");
    }
    for pairs in [
        board_at_github("GITHUB_PROJECT_NUMBER", "5"),
        vec![("GITHUB_TOKEN", "a-token-in-use-wK4rB8nLd6s"), ("GITHUB_REPO", "octo/app")],
    ] {
        let (code, text) = said(command(folder.path()).arg("config").envs(pairs.clone()));
        assert_eq!(code, 0, "{pairs:?}: {text}");
    }
}

#[test]
fn a_file_with_secrets_is_for_nobody_else_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (name, text, is_fault) in [
        ("gate.toml", "MCP_ADMIN_TOKEN = \"a-token-wK4rB8nLd6s-m9XqT7vZ2\"\n", true),
        ("gate.toml", "MCP_PORT = 9001\n", false),
    ] {
        private(&at(name), text);
        let config = || said(command(folder.path()).arg("config").env("TASKGATE_CONFIG", at(name)));
        assert_eq!(config().0, 0, "{text}");
        std::fs::set_permissions(at(name), std::fs::Permissions::from_mode(0o644)).unwrap();
        let (code, said) = config();
        assert_eq!((code, said.contains("can be read by others")), (if is_fault { 78 } else { 0 }, is_fault));
    }
    private(&at(".env"), "MCP_ADMIN_TOKEN=a-token-wK4rB8nLd6s-m9XqT7vZ2\n");
    std::fs::set_permissions(at(".env"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, text) = said(command(folder.path()).arg("config"));
    assert!(code == 0 && text.contains("# warning: .env: holds secrets"), "{text}");
}

#[test]
fn a_secret_everybody_reads_is_refused_to_who_cannot_write_it_too() {
    // Another user is needed, and a binary that user may run.
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "a-token-wK4rB8nLd6s-m9XqT7vZ2").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut config = command(folder.path());
    config.arg("config").env("MCP_ADMIN_TOKEN_FILE", &path);
    if is_root
        && Command::new(BINARY).arg("--version").uid(65_534).output().is_ok_and(|ran| ran.status.success())
    {
        config.uid(65_534);
    }
    let (code, text) = said(&mut config);
    assert!(code == 78 && text.contains("can be read by others"), "{text}");
}

#[test]
fn nobody_is_told_of_a_pipe_that_was_closed_early() {
    let folder = tempfile::tempdir().unwrap();
    create_key(folder.path(), &["--description", "one"]);
    let closed = |arguments: &[&str]| {
        let mut child = command(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        (status.code(), String::from_utf8(stderr).unwrap())
    };
    for arguments in [
        &["tasks", "list"][..],
        &["keys", "list"],
        &["keys", "expiring", "--within", "3650d"],
        &["audit", "verify"],
        &["config"],
        &["client-config", "cursor"],
    ] {
        assert_eq!(closed(arguments), (Some(0), String::new()), "{arguments:?}");
    }
    let (code, text) = closed(&["keys", "create"]);
    assert!(code == Some(1) && text.contains("could not be shown"), "a key is not lost in silence: {text}");
}
