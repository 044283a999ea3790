//! `POST /api/fetch-comments`: the answer of the server before this one, with a status that is true.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Gateway, KEY, create_key,
    github::{FakeGithub, Fault},
    http,
};

const PR: &str = "https://github.com/octo/app/pull/7";

/// A gateway whose workspace shares a token, and its GitHub with one thread.
fn start() -> (FakeGithub, Gateway) {
    let (github, token) = FakeGithub::with_one_thread();
    let gateway = Gateway::with(&[
        ("GITHUB_API_URL", &github.url),
        ("GITHUB_TOKEN", &token),
        ("TASKGATE_SHARE_GITHUB_TOKEN", "true"),
    ]);
    (github, gateway)
}

async fn ask(gateway: &Gateway, key: &str, body: impl ToString) -> Answer {
    let request = gateway.caller_with(key).request(Method::POST, "/api/fetch-comments");
    Answer::of(request.body(body.to_string()).send().await.unwrap()).await
}

/// A refusal with every field the page answers with.
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["code"]), (status, &json!(code)), "{answer:?}");
    assert_eq!((&body["success"], body.get("data")), (&json!(false), Some(&Value::Null)), "{body}");
    assert!(body["error"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
}

#[tokio::test]
async fn the_forms_are_those_of_before_and_a_curl_without_a_content_type_works() {
    let (_github, gateway) = start();
    let curl = std::process::Command::new("curl")
        .args(["-sS", &format!("{}/api/fetch-comments", gateway.base)])
        .args(["-H", &format!("Authorization: Bearer {KEY}")])
        .args(["-d", &json!({"pr_url": PR}).to_string()])
        .output()
        .unwrap();
    let body: Value = serde_json::from_slice(&curl.stdout).unwrap();
    assert_eq!(
        (&body["success"], &body["error"], &body["complete"]),
        (&json!(true), &Value::Null, &json!(true))
    );
    assert_eq!(body["data"][0]["body"], "Why not a map?", "{body}");
    assert_eq!((&body["data"][0]["user"]["login"], &body["data"][0]["line"]), (&json!("hubot"), &json!(3)));
    let markdown = ask(&gateway, KEY, json!({"pr_url": PR, "output": "markdown"})).await.json();
    let text = markdown["data"].as_str().unwrap();
    assert!(text.starts_with("# Pull Request Review Comments") && text.contains("Why not a map?"), "{text}");
    let both = ask(&gateway, KEY, json!({"owner": "octo", "repo": "app", "branch": "fix", "output": "both"}))
        .await
        .json();
    assert_eq!(both["data"]["json"], body["data"]);
    assert_eq!(both["data"]["markdown"], markdown["data"]);
}

#[tokio::test]
async fn every_refusal_has_its_status_and_every_field() {
    let (github, gateway) = start();
    let asked = json!({"pr_url": PR});
    for (body, status, code) in [
        (json!({"pr_url": "https://github.com/octo/app/issues/7"}), 400, "invalid_arguments"),
        (json!({"pr_url": PR, "max_comments": 5}), 400, "invalid_arguments"),
        (json!({"pr_url": PR, "output": "yaml"}), 400, "invalid_arguments"),
        (json!({"pr_url": PR, "made_up": 1}), 422, "invalid_field"),
        (json!([]), 422, "invalid_field"),
        (json!({"pr_url": "https://github.com/octo/app/pull/8"}), 404, "pull_request_not_found"),
    ] {
        assert_refused(&ask(&gateway, KEY, body).await, status, code);
    }
    assert_refused(&ask(&gateway, "", &asked).await, 401, "unauthenticated");
    assert_refused(&ask(&gateway, "wrong", &asked).await, 401, "unauthenticated");
    let board = create_key(gateway.folder.path(), &["--user", "u", "--scopes", "board:read"]);
    assert_refused(&ask(&gateway, &board, &asked).await, 403, "insufficient_scope");
    github.fail(1, &Fault::permission());
    assert_refused(&ask(&gateway, KEY, &asked).await, 403, "github_refused");
    github.fail(1, &Fault::secondary_limit(429, Some("30")));
    let limited = ask(&gateway, KEY, &asked).await;
    assert_refused(&limited, 429, "github_rate_limited");
    assert!(limited.headers.contains_key("retry-after"), "{limited:?}");
}

#[tokio::test]
async fn a_failing_github_is_a_502_and_a_used_up_rate_a_429_with_every_field() {
    let (github, gateway) = start();
    github.fail(3, &Fault::status(500));
    assert_refused(
        &ask(&gateway, KEY, json!({"pr_url": PR, "max_retries": 0})).await,
        502,
        "github_unavailable",
    );
    github.mend();
    let gateway = Gateway::with(&[
        ("RATE_LIMIT_ENABLED", "true"),
        ("RATE_LIMIT_REQUESTS_PER_MINUTE", "1"),
        ("RATE_LIMIT_BURST", "0"),
    ]);
    let first = ask(&gateway, KEY, json!({"pr_url": PR})).await;
    assert_refused(&first, 403, "github_token_missing");
    assert_eq!(first.headers["x-ratelimit-limit"], "1");
    let second = ask(&gateway, KEY, json!({"pr_url": PR})).await;
    assert_refused(&second, 429, "rate_limited");
    assert!(second.headers.contains_key("retry-after"));
    assert!(http().get(format!("{}/api/fetch-comments", gateway.base)).send().await.unwrap().status() == 405);
}
