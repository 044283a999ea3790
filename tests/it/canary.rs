//! Known secrets go through everything that could keep or show them: afterwards none is found in logs, answers, files, listings or
//! documents, in no spelling.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::json;

use crate::{
    admin::send,
    support::{Answer, Caller, Gateway, command, create_key},
};

const GITHUB: &str = "ghp_canaryCANARYcanary0123456789";
const ADMIN: &str = "canary-admin-token-0123456789-abcdef";
const STATIC: &str = "canary-static-key-0123456789-abcdef";
const SECRET: &str = "canary-secret-key-0123456789-abcdefghij";
const SMTP: &str = "smtp://mailer:canary-mail-password@127.0.0.1:1";

/// A gateway whose every line is kept.
fn gateway(folder: &Arc<tempfile::TempDir>, filter: &str) -> (Gateway, Arc<Mutex<String>>) {
    let mut command = command(folder.path());
    command.envs([
        ("MCP_PORT", "0"),
        ("MCP_ADMIN_TOKEN", ADMIN),
        ("MCP_AUTH_TOKENS", STATIC),
        ("MCP_SECRET_KEY", SECRET),
        ("SMTP_URL", SMTP),
        ("SMTP_FROM", "taskgate@example.com"),
        ("GITHUB_API_URL", "http://127.0.0.1:1"),
        ("RUST_LOG", filter),
        ("RATE_LIMIT_ENABLED", "false"),
    ]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let log = Arc::<Mutex<String>>::default();
    let mut address = None;
    while address.is_none() {
        let line = lines.next().expect("the gateway says where it listens");
        address =
            line.split_once("listening on ").and_then(|(_, rest)| rest.split(": ").next()).map(str::to_owned);
        log.lock().unwrap().push_str(&line);
    }
    let address = address.unwrap();
    let kept = Arc::clone(&log);
    std::thread::spawn(move || lines.for_each(|line| kept.lock().unwrap().push_str(&(line + "\n"))));
    (Gateway { child, base: format!("http://{address}"), address, folder: Arc::clone(folder) }, log)
}

/// A text in every spelling it could leak in.
fn spellings(secret: &str) -> Vec<String> {
    let hex = taskgate::model::hex(secret.as_bytes());
    let digits = hex.to_uppercase();
    let url: String = (0..secret.len()).map(|at| ["%", &digits[at * 2..at * 2 + 2]].concat()).collect();
    let mut all = vec![secret.to_owned(), hex.clone(), hex.to_uppercase(), url.clone(), url.to_lowercase()];
    // Base64 of a part of a longer text looks different at each of three places in it.
    for shift in 0..3 {
        let text = STANDARD.encode([&b"xxx"[..shift], secret.as_bytes()].concat());
        all.push(text[shift + 1..text.len() - 4].to_owned());
    }
    all
}

#[tokio::test]
async fn no_known_secret_is_found_where_it_does_not_belong() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let (gateway, log) = gateway(&folder, "trace");
    let admin = gateway.caller_with(ADMIN);
    let mut answers: Vec<Answer> = Vec::new();
    let body =
        json!({"github_token": GITHUB, "user_id": "alice@example.com", "expires_in": 3600}).to_string();
    let request =
        admin.request(Method::POST, "/admin/tokens").header("Idempotency-Key", "once").body(body.clone());
    let made = send(request).await;
    let key = made.json()["mcp_key"].as_str().unwrap().to_owned();
    let at_the_command_line = create_key(folder.path(), &["--user", "bob"]);
    let caller = gateway.caller_with(&key);
    speak(&gateway, &key, &mut answers).await;
    work(&gateway.caller_with(STATIC), &mut answers).await;
    work(&caller, &mut answers).await;
    let rotated = send(caller.request(Method::POST, "/api/me/rotate")).await;
    let new_key = rotated.json()["mcp_key"].as_str().unwrap().to_owned();
    answers.push(send(admin.request(Method::DELETE, &format!("/admin/tokens/{new_key}"))).await);
    answers.push(send(gateway.caller_with(&new_key).request(Method::GET, "/api/me")).await);
    gateway.signal("-TERM");
    let mut gateway = gateway;
    gateway.child.wait().unwrap();
    let mut places = vec![(String::from("the log"), log.lock().unwrap().clone().into_bytes())];
    places.extend(answers.iter().map(|answer| (format!("{answer:?}"), format!("{answer:?}").into_bytes())));
    for entry in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        places.push((entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap()));
    }
    let settings = command(folder.path())
        .arg("config")
        .envs([
            ("MCP_ADMIN_TOKEN", ADMIN),
            ("MCP_AUTH_TOKENS", STATIC),
            ("MCP_SECRET_KEY", SECRET),
            ("SMTP_URL", SMTP),
        ])
        .output()
        .unwrap();
    places.push((String::from("taskgate config"), [settings.stdout, settings.stderr].concat()));
    assert!(places.len() > 30 && places[0].1.len() > 10_000, "{} places", places.len());
    for secret in
        [GITHUB, ADMIN, STATIC, SECRET, "canary-mail-password", &key, &new_key, &at_the_command_line]
    {
        for spelling in spellings(secret) {
            for (name, bytes) in &places {
                let found = bytes.windows(spelling.len()).any(|window| window == spelling.as_bytes());
                assert!(!found, "`{spelling}` is in {name}");
            }
        }
    }
}

/// Secrets where they belong and where they do not.
async fn speak(gateway: &Gateway, key: &str, answers: &mut Vec<Answer>) {
    let (admin, caller) = (gateway.caller_with(ADMIN), gateway.caller_with(key));
    let body = json!({"github_token": GITHUB, "user_id": "alice@example.com"}).to_string();
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
        answers.push(send(who.request(method, &path).body(sent)).await);
    }
}

/// An agent's day, with things that fail.
async fn work(caller: &Caller, answers: &mut Vec<Answer>) {
    let agent = format!("agent-{}", answers.len());
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
        answers.push(caller.modern("tools/call", json!({"name": tool, "arguments": arguments})).await);
    }
}
