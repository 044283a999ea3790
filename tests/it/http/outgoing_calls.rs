//! What goes out: GitHub is asked whose a token is, and somebody is told that a key ends soon.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener as StdListener,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State, http::HeaderMap, routing::any};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{admin, send, with_admin, within_two_seconds};

type Heard = Arc<Mutex<Vec<(String, String)>>>;

#[expect(clippy::disallowed_methods, reason = "it ends with the test")]
/// A server that remembers what it was sent (authorization, body) and answers with that status and body.
async fn stand_in(status: u16, body: &'static str) -> (String, Heard) {
    let heard = Heard::default();
    let answer = move |State(heard): State<Heard>, headers: HeaderMap, sent: String| async move {
        let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        heard.lock().unwrap().push((authorization.unwrap_or_default(), sent));
        let status = axum::http::StatusCode::from_u16(status).unwrap();
        (status, [("location", "http://127.0.0.1:1/elsewhere")], body)
    };
    let router = Router::new().fallback(any(answer)).with_state(Arc::clone(&heard));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::task::spawn(async move { axum::serve(listener, router).await });
    (base, heard)
}

#[tokio::test]
async fn a_token_is_verified_where_github_is_said_to_be_and_its_owner_kept() {
    let (github, heard) = stand_in(200, r#"{"data": {"viewer": {"login": "octocat"}}}"#).await;
    let gateway = with_admin(&[("GITHUB_API_URL", &github)]);
    let make =
        |body: Value| send(admin(&gateway).request(Method::POST, "/admin/tokens").body(body.to_string()));
    let made = make(json!({"github_token": "ghp_real", "verify": true})).await.json();
    assert_eq!(made["github_login"], "octocat");
    let path = format!("/admin/tokens/{}", made["id"].as_str().unwrap());
    let shown = send(admin(&gateway).request(Method::GET, &path)).await.json();
    assert_eq!(shown["github_host"], "github.com");
    assert_eq!(heard.lock().unwrap()[0].0, "Bearer ghp_real");
    make(json!({"github_token": "ghp_other"})).await;
    assert_eq!(heard.lock().unwrap().len(), 1, "nobody is asked who is not to be");
    let nothing = make(json!({"verify": true})).await;
    assert_eq!((nothing.status.as_u16(), &nothing.json()["field"]), (422, &json!("verify")));
}

#[tokio::test]
async fn a_token_that_github_does_not_take_makes_no_key_and_goes_nowhere_else() {
    for status in [401, 302, 501] {
        let (github, heard) = stand_in(status, "ghp_wrong is what you sent").await;
        let gateway = with_admin(&[("GITHUB_API_URL", &github)]);
        let body = json!({"github_token": "ghp_wrong", "verify": true, "user_id": "alice"}).to_string();
        let refused = send(admin(&gateway).request(Method::POST, "/admin/tokens").body(body)).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (422, &json!("github_token_refused")));
        assert!(!refused.text.contains("ghp_wrong"), "{refused:?}");
        let listed = send(admin(&gateway).request(Method::GET, "/admin/tokens?user_id=alice")).await.json();
        assert_eq!(listed["tokens"], json!([]));
        assert_eq!(heard.lock().unwrap().len(), 1, "no redirect is followed");
    }
}

/// Takes one mail; answers its text.
fn mail_sink() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (sender, mails) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let (mut out, mut lines) = (socket.try_clone().unwrap(), BufReader::new(socket).lines());
        out.write_all(b"220 sink\r\n").unwrap();
        let (mut text, mut in_data) = (String::new(), false);
        while let Some(Ok(line)) = lines.next() {
            let answer = match line.as_str() {
                "." if in_data => {
                    in_data = false;
                    sender.send(text.clone()).unwrap();
                    "250 taken\r\n"
                }
                _ if in_data => {
                    text.push_str(&line);
                    text.push('\n');
                    continue;
                }
                "DATA" => {
                    in_data = true;
                    "354 go on\r\n"
                }
                "QUIT" => "221 bye\r\n",
                line if line.starts_with("RCPT") => {
                    text.push_str(line);
                    text.push('\n');
                    "250 ok\r\n"
                }
                _ => "250 ok\r\n",
            };
            out.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, mails)
}

#[tokio::test]
async fn what_a_dead_process_was_about_to_tell_is_told() {
    let (hook, heard) = stand_in(204, "").await;
    let gateway = with_admin(&[]);
    for user in ["alice", "bob"] {
        let body = json!({"user_id": user, "expires_in": 86_400}).to_string();
        send(admin(&gateway).request(Method::POST, "/admin/tokens").body(body)).await;
    }
    let folder = gateway.folder.clone();
    drop(gateway);
    // One is being told by a process that may still live, the other's time is over.
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
    let database = rusqlite::Connection::open(folder.path().join("taskgate.db")).unwrap();
    for (user, until) in [("alice", now - 1), ("bob", now + 60_000)] {
        let begun = "UPDATE keys SET telling_until = ?2 WHERE user_id = ?1";
        assert_eq!(database.execute(begun, (user, until)).unwrap(), 1);
    }
    drop(database);
    let _gateway = crate::support::Gateway::on(folder, &[("TASKGATE_ON_EXPIRY_URL", &hook)]);
    within_two_seconds("the webhook is called", || async { !heard.lock().unwrap().is_empty() }).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 1);
    assert!(heard[0].1.contains("alice"), "{heard:?}");
}

#[tokio::test]
async fn somebody_is_told_once_by_webhook_and_mail_that_a_key_ends_soon() {
    let (hook, heard) = stand_in(204, "").await;
    let (smtp, mails) = mail_sink();
    let gateway = with_admin(&[]);
    let make =
        |body: Value| send(admin(&gateway).request(Method::POST, "/admin/tokens").body(body.to_string()));
    let soon = make(json!({"user_id": "alice@example.com", "expires_in": 86_400})).await.json();
    make(json!({"user_id": "bob@example.com", "expires_in": 8 * 86_400})).await;
    let id = soon["id"].as_str().unwrap().to_owned();
    let folder = gateway.folder.clone();
    drop(gateway);
    let told = [
        ("MCP_ADMIN_TOKEN", crate::support::ADMIN),
        ("TASKGATE_ON_EXPIRY_URL", &hook),
        ("SMTP_URL", &smtp),
        ("SMTP_FROM", "taskgate@example.com"),
    ];
    let gateway = crate::support::Gateway::on(folder.clone(), &told);
    within_two_seconds("the webhook is called", || async { !heard.lock().unwrap().is_empty() }).await;
    let notice: Value = serde_json::from_str(&heard.lock().unwrap()[0].1).unwrap();
    assert_eq!((&notice["event"], &notice["key_id"]), (&json!("key.expiring"), &json!(id)));
    let mail =
        tokio::task::spawn_blocking(move || mails.recv_timeout(std::time::Duration::from_secs(5)).unwrap());
    let mail = mail.await.unwrap();
    assert!(
        mail.contains("RCPT TO:<alice@example.com>") && mail.contains("Subject: A taskgate key ends soon"),
        "{mail}"
    );
    let key = soon["mcp_key"].as_str().unwrap();
    assert!(!mail.contains(key) && !notice.to_string().contains(key));
    let path = format!("/admin/audit?target={id}&action=key.notice");
    let actions = || async {
        let page = send(admin(&gateway).request(Method::GET, &path)).await.json();
        page["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["action"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    within_two_seconds("the outcome is audited", || async {
        actions().await == ["key.notice_sent", "key.notice"]
    })
    .await;
    let expiring =
        crate::support::command(folder.path()).args(["keys", "expiring", "--within", "7d"]).output().unwrap();
    let listed = String::from_utf8(expiring.stdout).unwrap();
    assert!(listed.contains(&id) && !listed.contains("bob"), "{listed}");
    drop(gateway);
    let gateway = crate::support::Gateway::on(folder, &told);
    send(admin(&gateway).request(Method::GET, "/admin/tokens")).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(heard.lock().unwrap().len(), 1, "once for each key");
}
