//! A database that is gone, under an agent that holds a task at GitHub: the next gateway learns of it from the board.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Gateway, github::FakeGithub, within_two_seconds};

const LEASE_SECONDS: &str = "2";

fn gateway(github: &FakeGithub, token: &str, secret: &str) -> Gateway {
    Gateway::with(&[
        ("GITHUB_OWNER", "octo"),
        ("GITHUB_REPO", "app"),
        ("GITHUB_API_URL", &github.url),
        ("GITHUB_TOKEN", token),
        ("MCP_SECRET_KEY", secret),
        ("TASKGATE_LEASE_SECONDS", LEASE_SECONDS),
    ])
}

async fn ask(gateway: &Gateway, agent: &str, wait_seconds: u8) -> Value {
    let wish = json!({"agent_id": agent, "wait_seconds": wait_seconds});
    gateway.caller().tool("request_next_task", wish).await.unwrap()
}

/// A gateway at which `ana` took the one task that no person has, and when; it is gone, and so is its database.
async fn lost(github: &FakeGithub, token: &str, secret: &str) -> (Value, Instant) {
    github.change(|world| {
        world.file_issue("octo/app", "taskgate-bot", "to do");
        let with_person = world.file_issue("octo/app", "taskgate-bot", "a person's");
        world.label_issue(with_person, "bob", "in-progress");
    });
    let gateway = gateway(github, token, secret);
    gateway.caller().agent("ana").await;
    let granted = ask(&gateway, "ana", 5).await;
    let granted_at = Instant::now();
    assert_eq!(granted["task"]["name"], "to do", "{granted}");
    within_two_seconds("the board is told of it", async || {
        github.change(|world| world.issue_comments(0)).iter().any(|text| text.contains(" holds "))
    })
    .await;
    (granted, granted_at)
}

#[tokio::test]
async fn what_an_agent_held_is_offered_again_after_its_lease_and_told_to_the_next() {
    let (github, secret) = (FakeGithub::start(), "tXv3Gk0w4Jm1Zq8sLr5cYb2nHd7pFa9e");
    let token = github.token("taskgate-bot");
    let (granted, granted_at) = lost(&github, &token, secret).await;
    let gateway = gateway(&github, &token, secret);
    within_two_seconds("it is learned from the board", async || {
        gateway.log_contains("no record told of a claim, the board did")
    })
    .await;
    gateway.caller().agent("cleo").await;
    let next = ask(&gateway, "cleo", 20).await;
    assert_eq!(next["task"]["id"], granted["task"]["id"], "{next}");
    let after = granted_at.elapsed();
    assert!(after > Duration::from_secs(6), "within what the board was told, after {after:?}");
    assert!(
        next["task"]["claim_generation"].as_i64() > granted["task"]["claim_generation"].as_i64(),
        "{next}"
    );
    assert!(next["task"]["instructions"].as_str().unwrap().contains("Agent ana held it"), "{next}");
    let none = ask(&gateway, "cleo", 0).await;
    assert_eq!(none["task"]["already_assigned"], true, "{none}");
}

#[tokio::test]
async fn under_another_secret_key_every_task_in_progress_is_a_persons() {
    let github = FakeGithub::start();
    let token = github.token("taskgate-bot");
    lost(&github, &token, "tXv3Gk0w4Jm1Zq8sLr5cYb2nHd7pFa9e").await;
    let gateway = gateway(&github, &token, "a9Fp7dHn2bYc5rLs8qZm1wJ4kG0v3XtE");
    gateway.caller().agent("cleo").await;
    let none = ask(&gateway, "cleo", 12).await;
    assert_eq!(none["success"], false, "{none}");
}
