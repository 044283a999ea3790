//! Webhooks of GitHub: what is not signed does nothing, what is signed is taken once and lasts.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Gateway, WEBHOOK_SECRET, http, rows, webhook_signature};

const COMMENT: &str = include_str!("../../data/webhooks/pull_request_review_comment.json");
const THREAD: &str = include_str!("../../data/webhooks/pull_request_review_thread.json");
const CONVERSATION: &str = include_str!("../../data/webhooks/issue_comment.json");
const LABELED: &str = include_str!("../../data/webhooks/issues_labeled.json");
const DELETED: &str = include_str!("../../data/webhooks/issues_deleted.json");
const ITEM: &str = include_str!("../../data/webhooks/projects_v2_item.json");
const PING: &str = include_str!("../../data/webhooks/ping.json");
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

fn gateway() -> Gateway {
    Gateway::with(&[("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET)])
}

/// A delivery, as GitHub sends it.
struct Delivery<'a> {
    event: &'a str,
    id: &'a str,
    kind: &'a str,
    body: String,
}

impl Delivery<'_> {
    async fn send(&self, gateway: &Gateway) -> Answer {
        self.send_with(gateway, &[("X-Hub-Signature-256", &webhook_signature(WEBHOOK_SECRET, &self.body))])
            .await
    }

    async fn send_with(&self, gateway: &Gateway, headers: &[(&str, &str)]) -> Answer {
        let mut request = http()
            .post(format!("{}/webhooks/github", gateway.base))
            .header("X-GitHub-Event", self.event)
            .header("X-GitHub-Delivery", self.id)
            .header("Content-Type", self.kind)
            .body(self.body.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    async fn status(&self, gateway: &Gateway) -> String {
        let answer = self.send(gateway).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["status"].as_str().unwrap().to_owned()
    }
}

fn delivery<'a>(event: &'a str, id: &'a str, body: &str) -> Delivery<'a> {
    Delivery { event, id, kind: JSON, body: body.to_owned() }
}

/// Subjects and names of the stored events about pull requests.
fn events(gateway: &Gateway) -> Vec<(String, String)> {
    let database = rusqlite::Connection::open(gateway.database()).unwrap();
    let sql = "SELECT subject, action FROM events WHERE kind = 'pull_request' ORDER BY sequence";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_github_sends_is_taken_once_in_either_encoding() {
    let gateway = gateway();
    let comment = delivery("pull_request_review_comment", "d-1", COMMENT);
    assert_eq!(comment.status(&gateway).await, "accepted");
    assert_eq!(comment.status(&gateway).await, "repeated");
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", THREAD).finish();
    let thread = Delivery { kind: FORM, ..delivery("pull_request_review_thread", "d-2", &form) };
    assert_eq!(thread.status(&gateway).await, "accepted");
    let mut on_pull_request: Value = serde_json::from_str(CONVERSATION).unwrap();
    on_pull_request["issue"]["pull_request"] =
        json!({"html_url": "https://github.com/Codertocat/Hello-World/pull/1"});
    let conversation = delivery("issue_comment", "d-3", &on_pull_request.to_string());
    assert_eq!(conversation.status(&gateway).await, "accepted");
    let expected = [
        ("github.com/codertocat/hello-world#2", "pull_request_review_comment"),
        ("github.com/octo-org/octo-repo#118", "pull_request_review_thread"),
        ("github.com/codertocat/hello-world#1", "issue_comment"),
    ]
    .map(|(subject, name)| (subject.to_owned(), name.to_owned()));
    assert_eq!(events(&gateway), expected);
}

#[tokio::test]
async fn what_is_about_no_pull_request_of_a_known_host_is_ignored() {
    let gateway = gateway();
    let before = rows(&gateway.database());
    assert_eq!(delivery("ping", "p", PING).status(&gateway).await, "pong");
    assert_eq!(delivery("push", "a", "{}").status(&gateway).await, "ignored");
    assert_eq!(delivery("issue_comment", "b", CONVERSATION).status(&gateway).await, "ignored");
    for url in ["https://evil.example/o/r/pull/1", "https://github.com/o/r/issues/1", "1"] {
        let body = json!({"pull_request": {"html_url": url}}).to_string();
        assert_eq!(delivery("pull_request", "c", &body).status(&gateway).await, "ignored", "{url}");
    }
    assert_eq!(rows(&gateway.database()), before);
}

/// A gateway whose board is at a GitHub that does not answer.
fn board_at_github() -> Gateway {
    Gateway::with(&[
        ("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("GITHUB_API_URL", "http://127.0.0.1:1"),
        ("GITHUB_TOKEN", "ghp_tokenOfTheBoard0123456789abcdef"),
        ("GITHUB_OWNER", "codertocat"),
        ("GITHUB_REPO", "hello-world"),
        ("GITHUB_PROJECT_NUMBER", "1"),
    ])
}

/// Subjects of the stored events about tasks, and versions in seconds.
fn touched(gateway: &Gateway) -> Vec<(String, i64)> {
    let database = rusqlite::Connection::open(gateway.database()).unwrap();
    let sql =
        "SELECT subject, version / 1000 FROM events WHERE kind = 'task' AND action = '' ORDER BY sequence";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_touches_tasks_of_the_board_is_taken_once_and_heard_of_by_all() {
    let gateway = board_at_github();
    let labeled = delivery("issues", "d-1", LABELED);
    assert_eq!(labeled.status(&gateway).await, "accepted");
    assert_eq!(labeled.status(&gateway).await, "repeated");
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", DELETED).finish();
    let deleted = Delivery { kind: FORM, ..delivery("issues", "d-2", &form) };
    assert_eq!(deleted.status(&gateway).await, "accepted");
    assert_eq!(delivery("projects_v2_item", "d-3", ITEM).status(&gateway).await, "accepted");
    let issue = &serde_json::from_str::<Value>(LABELED).unwrap()["issue"];
    let mut other = issue.clone();
    other["node_id"] = json!("I_other");
    let tie =
        json!({"action": "blocked_by_added", "blocked_issue": issue, "blocking_issue": other}).to_string();
    assert_eq!(delivery("issue_dependencies", "d-4", &tie).status(&gateway).await, "accepted");
    let first = "MDU6SXNzdWU0NDQ1MDAwNDE=";
    let expected =
        [(first, 1_557_933_618), (first, 0), ("I_kwDOCG5vGM5La0aB", 0), (first, 0), ("I_other", 0)];
    assert_eq!(touched(&gateway), expected.map(|(id, version)| (id.to_owned(), version)));
}

#[tokio::test]
async fn what_touches_no_task_of_the_board_is_ignored() {
    let (there, here) = (board_at_github(), gateway());
    let before = rows(&there.database());
    let elsewhere = LABELED.replace("Codertocat/Hello-World", "Codertocat/Other");
    let of_a_draft = ITEM.replace("\"Issue\"", "\"DraftIssue\"");
    for (event, body) in [
        ("issues", elsewhere.as_str()),
        ("issues", "{}"),
        ("projects_v2_item", &of_a_draft),
        ("issue_comment", CONVERSATION),
        ("label", LABELED),
    ] {
        assert_eq!(delivery(event, "d", body).status(&there).await, "ignored", "{event}");
    }
    assert_eq!(rows(&there.database()), before);
    assert_eq!(
        delivery("issues", "d", LABELED).status(&here).await,
        "ignored",
        "the board is the built-in one"
    );
    let unreadable = delivery("issues", "d", "not json").send(&there).await;
    assert_eq!((unreadable.status.as_u16(), &unreadable.json()["field"]), (422, &json!("body")));
}

#[tokio::test]
async fn what_is_not_signed_is_refused_and_an_address_that_keeps_trying_is_locked() {
    let gateway = gateway();
    let before = rows(&gateway.database());
    let real = delivery("pull_request_review_comment", "d", COMMENT);
    let right = webhook_signature(WEBHOOK_SECRET, &real.body);
    let others = webhook_signature("another-secret-for-tests-0123456789", &real.body);
    let bare = right.trim_start_matches("sha256=");
    for headers in [
        vec![],
        vec![("X-Hub-Signature-256", "")],
        vec![("X-Hub-Signature-256", "sha256=")],
        vec![("X-Hub-Signature-256", bare)],
        vec![("X-Hub-Signature", "sha1=0123456789012345678901234567890123456789")],
        vec![("X-Hub-Signature", &*right)],
        vec![("X-Hub-Signature-256", &*right), ("X-Hub-Signature-256", &*right)],
        vec![("X-Hub-Signature-256", &*others)],
    ] {
        let answer = real.send_with(&gateway, &headers).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (401, &json!("unauthenticated")),
            "{headers:?}"
        );
    }
    let changed = Delivery {
        body: real.body.replace("Codertocat", "Malloryto"),
        ..delivery("pull_request_review_comment", "d", "")
    };
    for number in 2..=10 {
        let answer = changed.send_with(&gateway, &[("X-Hub-Signature-256", &right)]).await;
        assert_eq!(answer.status, 401, "the {number}th that proves wrong");
    }
    let locked = real.send(&gateway).await;
    assert_eq!((locked.status.as_u16(), &locked.json()["code"]), (429, &json!("rate_limited")));
    assert!(locked.headers.contains_key("retry-after"));
    assert_eq!(rows(&gateway.database()), before);
}

#[tokio::test]
async fn what_is_signed_and_cannot_be_read_says_so() {
    let gateway = gateway();
    let before = rows(&gateway.database());
    let named = |name: &'static str, kind, body: &str| {
        (name, Delivery { kind, ..delivery("pull_request", "d", body) })
    };
    let long = "x".repeat(101);
    for (field, delivery) in [
        named("body", JSON, "not json"),
        named("body", JSON, "[]"),
        named("body", JSON, &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
        named("body", FORM, "payload=%7B"),
        named("body", FORM, "other=%7B%7D"),
        named("Content-Type", "text/plain", "{}"),
        ("X-GitHub-Delivery", delivery("pull_request", &long, "{}")),
        ("X-GitHub-Event", delivery("", "d", "{}")),
    ] {
        let answer = delivery.send(&gateway).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["field"]), (422, &json!(field)), "{answer:?}");
    }
    assert_eq!(rows(&gateway.database()), before);
}

#[tokio::test]
async fn a_body_may_have_5_mib_here_and_1_elsewhere() {
    let gateway = gateway();
    let url = "https://github.com/o/r/pull/1";
    let of = |bytes: usize| {
        let body = json!({"pull_request": {"html_url": url}, "rest": ""}).to_string();
        body.replace("\"rest\":\"\"", &format!("\"rest\":\"{}\"", "x".repeat(bytes - body.len())))
    };
    let largest = delivery("pull_request", "large", &of(5 * 1024 * 1024));
    assert_eq!(largest.status(&gateway).await, "accepted");
    let larger = delivery("pull_request", "larger", &of(5 * 1024 * 1024 + 1)).send(&gateway).await;
    assert_eq!(larger.status, 413, "{larger:?}");
    assert!(larger.text.contains("5 MiB"), "{larger:?}");
    let elsewhere = gateway.caller().request(Method::POST, "/mcp").body(of(1024 * 1024 + 1));
    assert_eq!(elsewhere.send().await.unwrap().status(), 413);
}

#[tokio::test]
async fn a_delivery_that_was_answered_is_known_after_a_crash() {
    let gateway = gateway();
    let comment = delivery("pull_request_review_comment", "d-1", COMMENT);
    assert_eq!(comment.status(&gateway).await, "accepted");
    gateway.signal("-KILL");
    let again = Gateway::on(Arc::clone(&gateway.folder), &[("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET)]);
    assert_eq!(comment.status(&again).await, "repeated");
    assert_eq!(events(&again).len(), 1);
}

#[tokio::test]
async fn a_store_that_does_not_take_it_is_a_503_within_two_seconds_and_it_can_be_sent_again() {
    let gateway = gateway();
    let database = rusqlite::Connection::open(gateway.database()).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let comment = delivery("pull_request_review_comment", "d-1", COMMENT);
    let answer = comment.send(&gateway).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (503, &json!("store_busy")), "{answer:?}");
    assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
    database.execute_batch("ROLLBACK").unwrap();
    comment.status(&gateway).await;
    assert_eq!(events(&gateway).len(), 1);
}

#[tokio::test]
async fn without_a_secret_there_is_no_such_page() {
    let gateway = Gateway::start();
    let real = delivery("pull_request_review_comment", "d", COMMENT);
    for path in ["/webhooks/github", "/nothing"] {
        for method in [Method::POST, Method::GET] {
            let request = http().request(method, format!("{}{path}", gateway.base)).body(real.body.clone());
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["code"]),
                (404, &json!("not_found")),
                "{path}"
            );
        }
    }
    assert_eq!(real.send(&gateway).await.status, 404);
}
