//! Watching a pull request, in both eras: only what one's own token reads, told of at once when GitHub says that it changed.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, Gateway, WEBHOOK_SECRET, first_event, github::FakeGithub, http, webhook_signature,
};

const URI: &str = "taskgate://pr/Octo/App/7/comments";

fn start() -> (FakeGithub, Gateway) {
    let (github, token) = FakeGithub::with_one_thread();
    let gateway = Gateway::with(&[
        ("GITHUB_API_URL", &github.url),
        ("GITHUB_TOKEN", &token),
        ("TASKGATE_SHARE_GITHUB_TOKEN", "true"),
        ("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET),
    ]);
    (github, gateway)
}

/// GitHub says that a pull request changed.
async fn changed(gateway: &Gateway, id: &str, number: u32) {
    let url = format!("https://github.com/octo/app/pull/{number}");
    let body = json!({"pull_request": {"html_url": url}}).to_string();
    let request = http()
        .post(format!("{}/webhooks/github", gateway.base))
        .header("X-Hub-Signature-256", webhook_signature(WEBHOOK_SECRET, &body))
        .header("X-GitHub-Event", "pull_request_review_comment")
        .header("X-GitHub-Delivery", id)
        .header("Content-Type", "application/json");
    let answer = Answer::of(request.body(body).send().await.unwrap()).await;
    assert_eq!(answer.json()["status"], "accepted", "{answer:?}");
}

/// The next notice on a stream, if one comes within a second.
async fn notice(stream: &mut Response) -> Option<Value> {
    loop {
        let chunk = tokio::time::timeout(Duration::from_secs(1), stream.chunk()).await.ok()?;
        let text = String::from_utf8(chunk.unwrap()?.to_vec()).unwrap();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).find(|data| !data.is_empty());
        let message: Value = data.map(|data| serde_json::from_str(data).unwrap()).unwrap_or_default();
        if message["method"] == "notifications/resources/updated" {
            return Some(message["params"]["uri"].clone());
        }
    }
}

async fn session(gateway: &Gateway) -> (Caller, Response) {
    let mut caller = gateway.caller();
    caller.initialize("2025-11-25", json!({})).await;
    let request = caller.in_session(Method::GET).header("Accept", "text/event-stream");
    let mut stream = request.send().await.unwrap();
    first_event(&mut stream).await;
    (caller, stream)
}

#[tokio::test]
async fn a_session_that_watches_is_told_within_a_second_in_its_own_spelling() {
    let (_github, gateway) = start();
    let (caller, mut stream) = session(&gateway).await;
    let read = caller.legacy("resources/read", json!({"uri": URI})).await.json();
    assert!(read["result"]["contents"][0]["text"].as_str().unwrap().contains("Why not a map?"), "{read}");
    assert_eq!(caller.legacy("resources/subscribe", json!({"uri": URI})).await.json()["result"], json!({}));
    changed(&gateway, "1", 8).await;
    changed(&gateway, "2", 7).await;
    assert_eq!(notice(&mut stream).await, Some(json!(URI)));
    assert_eq!(notice(&mut stream).await, None, "the other pull request is not watched");
    caller.legacy("resources/unsubscribe", json!({"uri": URI})).await;
    changed(&gateway, "3", 7).await;
    assert_eq!(notice(&mut stream).await, None);
}

#[tokio::test]
async fn a_listening_call_is_told_and_gets_what_it_may_watch_alone() {
    let (_github, gateway) = start();
    let uris =
        json!([URI, "taskgate://pr/octo/app/99/comments", "taskgate://pr/evil.example/octo/app/7/comments"]);
    let request = gateway
        .caller()
        .modern_request("subscriptions/listen", json!({"notifications": {"resourceSubscriptions": uris}}))
        .header("Accept", "application/json, text/event-stream");
    let mut stream = request.send().await.unwrap();
    let mut acknowledged = String::new();
    while !acknowledged.contains("acknowledged") {
        acknowledged.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
    }
    assert!(
        acknowledged.contains(URI) && !acknowledged.contains("99") && !acknowledged.contains("evil"),
        "{acknowledged}"
    );
    changed(&gateway, "1", 7).await;
    assert_eq!(notice(&mut stream).await, Some(json!(URI)));
}

#[tokio::test]
async fn what_ones_token_does_not_read_cannot_be_watched_or_read() {
    let (github, gateway) = start();
    github.change(|world| world.repos[0].readers = Some(std::iter::once(String::from("alice")).collect()));
    let (caller, mut stream) = session(&gateway).await;
    for method in ["resources/subscribe", "resources/read"] {
        let refused = caller.legacy(method, json!({"uri": URI})).await.json();
        assert_eq!(refused["error"]["code"], -32002, "{method}: {refused}");
        let other =
            caller.legacy(method, json!({"uri": "taskgate://pr/evil.example/o/r/1/comments"})).await.json();
        assert!(other["error"]["data"]["code"].is_string(), "{method}: {other}");
    }
    changed(&gateway, "1", 7).await;
    assert_eq!(notice(&mut stream).await, None);
}
