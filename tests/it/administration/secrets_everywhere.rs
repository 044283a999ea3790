//! Secrets go through everything that could keep or show them, where they belong and where they do not. As in every test, the
//! gateway's log and files and each answer are searched for them ([`known`](crate::support::known)); here `taskgate config` and
//! `Debug` output are too.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use taskgate::{
    auth::{ApiKey, GithubToken, KeyPatch, NewKey},
    config::{Flags, Settings, SettingsReader},
    model::UnixMillis,
    secrets::SecretKey,
};

use crate::support::{Caller, Gateway, command, known, send};

/// Whose key it is.
pub const USER: &str = "alice@example.com";
const GITHUB: &str = "ghp_canaryCANARYcanary0123456789";
const ADMIN: &str = "canary-admin-token-0123456789-abcdef";
pub const STATIC: &str = "canary-static-key-0123456789-abcdef";
const SECRET: &str = "canary-7fd1c09be352a84e6b1f93d0c7a2e85b";
const OLD_SECRET: &str = "canary-e05b3c8a91d74f62c6b0d8f51a3e7924";
const WORKSPACE: &str = "ghp_canaryWORKSPACE0123456789abcdef";
const PROXY_PASSWORD: &str = "canary-proxy-password";
const MAIL_PASSWORD: &str = "canary-mail-password";
const HOOK_TOKEN: &str = "canary-hook-token";
/// Every setting that is or holds a secret.
pub const SETTINGS: [(&str, &str); 14] = [
    ("MCP_ADMIN_TOKEN", ADMIN),
    ("TASKGATE_METRICS_TOKEN", "canary-metrics-3b9d0f6a71c2e845"),
    ("MCP_AUTH_TOKENS", STATIC),
    ("MCP_SECRET_KEY", SECRET),
    ("MCP_SECRET_KEY_OLD", OLD_SECRET),
    ("GITHUB_TOKEN", WORKSPACE),
    ("LINEAR_API_KEY", "lin_api_canaryCANARYcanary0123456789"),
    ("LINEAR_CLIENT_SECRET", "canary-client-secret-5b8d1e7f20c94a36"),
    ("HTTPS_PROXY", "http://proxy:canary-proxy-password@127.0.0.1:1"),
    ("SMTP_URL", "smtp://mailer:canary-mail-password@127.0.0.1:1"),
    ("SMTP_FROM", "taskgate@example.com"),
    ("TASKGATE_ON_EXPIRY_URL", "http://127.0.0.1:1/canary-hook-token"),
    (
        "TASKGATE_BOARD_WEBHOOK_URL",
        "http://board:canary-hook-token@127.0.0.1:1/,http://127.0.0.1:1/canary-hook-token?canary-hook-token",
    ),
    ("TASKGATE_BOARD_WEBHOOK_SECRET", "canary-signer-5d0e7b1c94fa38e26b7d"),
];

pub fn know_all() {
    known::know_settings(SETTINGS);
    [GITHUB, PROXY_PASSWORD, MAIL_PASSWORD, HOOK_TOKEN].into_iter().for_each(known::know);
}

#[tokio::test]
async fn no_known_secret_is_found_where_it_does_not_belong() {
    know_all();
    let settings = [&SETTINGS[..], &[("GITHUB_API_URL", "http://127.0.0.1:1")]].concat();
    let gateway = Gateway::with(&settings);
    let made = command(gateway.folder.path())
        .args(["keys", "create", "--user", "bob"])
        .envs(SETTINGS)
        .output()
        .unwrap();
    known::know(String::from_utf8(made.stdout).unwrap().trim());
    live_through_a_day(&gateway).await;
    let said = command(gateway.folder.path()).arg("config").envs(SETTINGS).output().unwrap();
    known::assert_none_in("taskgate config", &[said.stdout, said.stderr].concat());
    gateway.signal("-TERM");
    crate::support::within_two_seconds("it says goodbye", || async { gateway.log_contains("stopped") }).await;
    assert!(gateway.log_contains("\"level\":\"TRACE\""), "everything is logged");
}

/// A gateway with those settings under which a key is made, used, changed, and revoked.
pub async fn live_through_a_day(gateway: &Gateway) {
    let admin = gateway.caller_with(ADMIN);
    let body = json!({"github_token": GITHUB, "user_id": USER, "expires_in": 3600}).to_string();
    let request = admin.request(Method::POST, "/admin/tokens").header("Idempotency-Key", "once").body(body);
    let key = send(request).await.json()["mcp_key"].as_str().unwrap().to_owned();
    let caller = gateway.caller_with(&key);
    speak(gateway, &key).await;
    work(&gateway.caller_with(STATIC), "one").await;
    work(&caller, "two").await;
    let rotated = send(caller.request(Method::POST, "/api/me/rotate")).await;
    let new_key = rotated.json()["mcp_key"].as_str().unwrap().to_owned();
    send(admin.request(Method::DELETE, &format!("/admin/tokens/{new_key}"))).await;
    send(gateway.caller_with(&new_key).request(Method::GET, "/api/me")).await;
}

#[test]
fn what_holds_a_secret_does_not_print_it() {
    know_all();
    let environment = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let loaded = Settings::load(SettingsReader::new(Flags::new(), environment), false);
    assert!(loaded.settings.secrets.admin_token.is_some() && loaded.settings.notice.webhook.is_some());
    let secret = SecretKey::new(SECRET.into(), Some(OLD_SECRET.into()));
    let key = ApiKey::generate();
    known::know(key.expose());
    let token = SecretString::from(GITHUB);
    let github_token = Some(GithubToken { token, host: String::from("github.com") });
    let new = NewKey { github_token: github_token.clone(), ..NewKey::default() };
    let (record, effects) = key.record(&secret, new.clone(), "admin", UnixMillis(0));
    let patch = KeyPatch { github_token: Some(github_token), ..KeyPatch::default() };
    let audit = secret.audit_key();
    for text in [
        format!("{:?} {:#?}", loaded.settings, loaded.settings),
        format!("{secret:?} {key:?} {new:?} {record:?} {effects:?} {patch:?} {audit:?}"),
    ] {
        known::assert_none_in("Debug output", text.as_bytes());
    }
}

#[test]
fn the_key_of_a_github_app_is_not_shown() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap().serialize_pem();
    key.lines().filter(|line| !line.starts_with('-')).for_each(known::know);
    let settings = [
        ("GITHUB_APP_ID", "1"),
        ("GITHUB_APP_INSTALLATION_ID", "2"),
        ("GITHUB_APP_PRIVATE_KEY", key.as_str()),
    ];
    let environment = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let loaded = Settings::load(SettingsReader::new(Flags::new(), environment), false);
    assert!(loaded.settings.github.app.is_some());
    known::assert_none_in("Debug output", format!("{loaded:?}").as_bytes());
    let folder = tempfile::tempdir().unwrap();
    let said = command(folder.path()).arg("config").envs(settings).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    known::assert_none_in("taskgate config", &[said.stdout, said.stderr].concat());
}

#[test]
fn the_credentials_of_a_planka_are_not_shown() {
    let board =
        [("KANBAN_PROVIDER", "planka"), ("PLANKA_BASE_URL", "http://planka:1"), ("PLANKA_BOARD_ID", "7")];
    for credential in [
        &[("PLANKA_API_KEY", "canaryKY_0123456789abcdef")][..],
        &[("PLANKA_AGENT_EMAIL", "agent@example.com"), ("PLANKA_AGENT_PASSWORD", "canary-planka-password")],
    ] {
        let settings = [&board[..], credential].concat();
        known::know_settings(settings.iter().copied());
        let environment = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let loaded = Settings::load(SettingsReader::new(Flags::new(), environment.collect()), false);
        assert_eq!(loaded.faults, []);
        known::assert_none_in("Debug output", format!("{loaded:?}").as_bytes());
        let folder = tempfile::tempdir().unwrap();
        let said = command(folder.path()).arg("config").envs(settings.iter().copied()).output().unwrap();
        assert!(said.status.success(), "{said:?}");
        known::assert_none_in("taskgate config", &[said.stdout, said.stderr].concat());
    }
}

#[tokio::test]
async fn a_crash_leaves_no_core_file_and_nobody_else_reads_its_memory() {
    use std::os::unix::{fs::MetadataExt, process::CommandExt, process::ExitStatusExt};
    // A user that is not root, whose own processes could otherwise read each other.
    const NOBODY: u32 = 65_534;
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let binary = folder.path().join("taskgate");
    std::fs::copy(crate::support::BINARY, &binary).unwrap();
    let mut crashed = Vec::new();
    for program in [format!("exec {} serve", binary.display()), String::from("exec sleep 60")] {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("ulimit -c unlimited; {program}")]).uid(NOBODY).gid(NOBODY);
        command.env("TASKGATE_DATA_DIR", folder.path()).env("MCP_PORT", "0").current_dir(folder.path());
        let mut child =
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let begun = || async { folder.path().join("taskgate.db").exists() };
        crate::support::within_two_seconds("it starts", begun).await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let of = |file: &str| format!("/proc/{}/{file}", child.id());
        let reader = std::fs::metadata(of("environ")).unwrap().uid();
        let core_bytes = std::fs::read_to_string(of("limits")).unwrap();
        let core_bytes = core_bytes.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let has_core = !core_bytes.split_whitespace().any(|word| word == "0");
        rustix::process::kill_process(
            rustix::process::Pid::from_child(&child),
            rustix::process::Signal::ABORT,
        )
        .unwrap();
        crashed.push((reader, has_core, child.wait().unwrap().core_dumped()));
    }
    assert_eq!(crashed[0], (0, false, false), "the gateway");
    assert_eq!((crashed[1].0, crashed[1].1), (NOBODY, true), "any other process, so that this test can fail");
}

#[test]
fn what_is_wrong_with_a_secret_is_said_without_it() {
    let wrong = [
        ("MCP_SECRET_KEY", "canary-short"),
        ("MCP_SECRET_KEY_OLD", "canary-shorter"),
        ("MCP_AUTH_TOKENS", "canary-a,canary-b\u{1}"),
        ("SMTP_URL", "ftp://mailer:canary-mail-password@127.0.0.1:1"),
        ("TASKGATE_ON_EXPIRY_URL", "gopher://127.0.0.1/canary-hook-token"),
        ("TASKGATE_BOARD_WEBHOOK_URL", "https://h.example/canary-hook-token,canary-hook-token"),
        ("TASKGATE_BOARD_WEBHOOK_SECRET", "canary-short-too"),
        ("MCP_HOST", "0.0.0.0"),
    ];
    known::know_settings(wrong);
    know_all();
    let environment = wrong.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let loaded = Settings::load(SettingsReader::new(Flags::new(), environment), false);
    assert!(loaded.faults.len() >= 4, "{:?}", loaded.faults);
    known::assert_none_in("faults", format!("{:?} {:?}", loaded.faults, loaded.warnings).as_bytes());
    let folder = tempfile::tempdir().unwrap();
    let said = command(folder.path()).arg("config").envs(wrong).output().unwrap();
    known::assert_none_in("taskgate config", &[said.stdout, said.stderr].concat());
}

/// Secrets where they belong and where they do not.
async fn speak(gateway: &Gateway, key: &str) {
    let (admin, caller) = (gateway.caller_with(ADMIN), gateway.caller_with(key));
    let body = json!({"github_token": GITHUB, "user_id": USER}).to_string();
    let bad =
        json!({"github_token": format!("{GITHUB} "), "description": key, "scopes": [key], "unknown": 1})
            .to_string();
    let verify = json!({"github_token": GITHUB, "verify": true}).to_string();
    for (who, method, path, sent) in [
        (&admin, Method::GET, "/admin/tokens".to_owned(), String::new()),
        (&admin, Method::GET, format!("/admin/tokens/{key}"), String::new()),
        (&admin, Method::PATCH, format!("/admin/tokens/{key}"), body),
        (&admin, Method::GET, format!("/admin/tokens/{key}/nothing"), String::new()),
        (&admin, Method::GET, format!("/admin/tokens/%6dcp_{}", &key[4..]), String::new()),
        (&admin, Method::GET, format!("/{key}/x?token={key}&k={GITHUB}"), String::new()),
        (&admin, Method::POST, "/admin/tokens".to_owned(), bad),
        (&admin, Method::POST, "/admin/tokens".to_owned(), verify),
        (&admin, Method::POST, "/admin/tokens".to_owned(), format!("\"{GITHUB}\"")),
        (&admin, Method::GET, "/admin/audit".to_owned(), String::new()),
        (&admin, Method::GET, "/admin/audit?format=csv".to_owned(), String::new()),
        (&admin, Method::GET, format!("/admin/audit?limit={GITHUB}"), String::new()),
        (&admin, Method::GET, "/admin/usage".to_owned(), String::new()),
        (&admin, Method::GET, "/sessions".to_owned(), String::new()),
        (&admin, Method::GET, "/".to_owned(), String::new()),
        (&admin, Method::GET, "/openapi.json".to_owned(), String::new()),
        (&admin, Method::POST, "/mcp".to_owned(), format!("{{\"jsonrpc\": \"2.0\", \"{GITHUB}\"")),
        (&caller, Method::GET, "/api/me".to_owned(), String::new()),
        (&caller, Method::GET, "/admin/tokens".to_owned(), String::new()),
        (&caller, Method::POST, "/mcp".to_owned(), format!("{{\"{GITHUB}\": 1}}")),
        (&gateway.caller_with(GITHUB), Method::GET, "/api/me".to_owned(), String::new()),
        (&gateway.caller_with(SECRET), Method::GET, "/admin/tokens".to_owned(), String::new()),
    ] {
        send(who.request(method, &path).body(sent)).await;
    }
}

/// An agent's day, with things that fail.
async fn work(caller: &Caller, agent: &str) {
    let register = json!({"agent_id": agent, "name": "n", "role": "r", "skills": []});
    for (tool, arguments) in [
        ("register_agent", register),
        ("request_next_task", json!({"agent_id": agent})),
        ("report_task_progress", json!({"agent_id": agent, "task_id": "none", "status": "in_progress"})),
        ("get_task", json!({"task_id": "T-99"})),
        ("list_tasks", json!({})),
        ("get_project_status", json!({})),
        ("no_such_tool", json!({})),
    ] {
        caller.modern("tools/call", json!({"name": tool, "arguments": arguments})).await;
    }
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    const SECRET: &str = "a-secret-only-this-test-knows";
    known::know(SECRET);
    let found = |text: String| {
        std::panic::catch_unwind(|| known::assert_none_in("a log", format!("at {text}, 200 OK").as_bytes()))
            .is_err()
    };
    assert!(!found(String::from("nothing")));
    assert!(found(SECRET.to_owned()));
    assert!(found(taskgate::model::hex(SECRET.as_bytes())));
    for before in ["", "k", "ke", "key"] {
        assert!(found(STANDARD.encode(format!("{before}{SECRET}, and more"))));
    }
    let url: Vec<_> = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect();
    assert!(found(format!("%{}", url.join("%"))));
    known::know_shown(r#"{"id":"1","mcp_key":"mcp_shown-once-and-never-again","user_id":"u"}"#);
    assert!(found(String::from("mcp_shown-once-and-never-again")));
}
