//! A person at GitHub is heard of at once where a webhook tells, and not before where none does.

use serde_json::{Value, json};

use crate::support::{
    Gateway, WEBHOOK_SECRET,
    github::{FakeGithub, World},
    http, webhook_signature, within_two_seconds,
};

/// A gateway that asks for changes once an hour.
fn gateway(github: &FakeGithub) -> Gateway {
    let token = github.token("taskgate-bot");
    Gateway::with(&[
        ("GITHUB_OWNER", "octo"),
        ("GITHUB_REPO", "app"),
        ("GITHUB_API_URL", &github.url),
        ("GITHUB_TOKEN", &token),
        ("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ("TASKGATE_BOARD_REFRESH_SECONDS", "3600"),
    ])
}

/// What a person does, and what GitHub sends of it.
async fn told(github: &FakeGithub, gateway: &Gateway, change: impl FnOnce(&mut World)) {
    github.deliveries();
    github.change(change);
    for (number, delivery) in github.deliveries().into_iter().enumerate() {
        let body = delivery.body.to_string();
        let request = http()
            .post(format!("{}/webhooks/github", gateway.base))
            .header("X-GitHub-Event", delivery.event)
            .header(
                "X-GitHub-Delivery",
                format!("{}-{}-{number}", delivery.body["action"], delivery.body["issue"]["updated_at"]),
            )
            .header("Content-Type", "application/json")
            .header("X-Hub-Signature-256", webhook_signature(WEBHOOK_SECRET, &body));
        assert_eq!(request.body(body).send().await.unwrap().status(), 200);
    }
}

async fn tasks(gateway: &Gateway) -> Value {
    gateway.caller().tool("list_tasks", json!({})).await.unwrap()
}

#[tokio::test]
async fn what_a_person_does_at_github_is_known_when_the_webhook_has_told_of_it() {
    let github = FakeGithub::start();
    github.change(|world| world.file_issue("octo/app", "taskgate-bot", "first"));
    let gateway = gateway(&github);
    let has = async |text: &str| tasks(&gateway).await.to_string().contains(text);
    within_two_seconds("the board is read", async || has("first").await).await;
    github.change(|world| world.label_issue(0, "ana", "blocked"));
    assert!(!has("\"status\":\"blocked\"").await, "nobody has told of it");
    told(&github, &gateway, |world| world.edit_issue(0, "ana", Some("first, by another name"), None)).await;
    within_two_seconds("the change is known", async || {
        has("first, by another name").await && has("\"status\":\"blocked\"").await
    })
    .await;
    told(&github, &gateway, |world| _ = world.file_issue("octo/app", "taskgate-bot", "second")).await;
    within_two_seconds("what was opened is known", async || has("second").await).await;
    told(&github, &gateway, |world| world.delete_issue(0, "ana")).await;
    within_two_seconds("what was deleted is gone", async || !has("first, by another name").await).await;
    told(&github, &gateway, |world| _ = world.file_issue("octo/tools", "ana", "elsewhere")).await;
    assert!(!has("elsewhere").await, "another repository's");
}
