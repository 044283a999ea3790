//! Replies and resolved threads: written once, noted, and never where they do not belong.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::setup::{Called, URL, call, gateway, long_pull, operations};
use crate::support::{
    Caller, Gateway,
    github::{FakeGithub, Fault, thread_id},
    with_admin,
};

async fn reply(caller: &Caller, arguments: Value) -> Called {
    let mut all = json!({"pr_url": URL, "thread_id": thread_id(0), "body": "Done in abc123."});
    for (name, value) in arguments.as_object().unwrap() {
        all[name] = value.clone();
    }
    call(caller, "reply_to_review_comment", all).await
}

fn start() -> (FakeGithub, Gateway) {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[2, 3]));
    let gateway = gateway(&github);
    (github, gateway)
}

fn said_by_mona(github: &FakeGithub) -> Vec<String> {
    let of_mona = |text: &crate::support::github::Text| text.author.as_deref() == Some("mona");
    github.change(|world| {
        let comments = world.comments.iter().filter(|comment| of_mona(&comment.text));
        comments.map(|comment| comment.text.body.clone()).collect()
    })
}

#[tokio::test]
async fn a_reply_is_written_once_however_often_it_is_sent() {
    let (github, gateway) = start();
    let caller = gateway.caller();
    let first = reply(&caller, json!({})).await.end();
    assert_eq!((&first["success"], &first["already"]), (&json!(true), &json!(false)));
    assert_eq!(first["thread_id"], thread_id(0));
    assert!(
        first["url"].as_str().unwrap().starts_with("https://github.com/o/r/pull/7#discussion_r"),
        "{first}"
    );
    let again = reply(&caller, json!({"body": "Done in abc123.\r\n"})).await.end();
    assert_eq!((&again["already"], &again["comment_id"]), (&json!(true), &first["comment_id"]));
    let other = reply(&caller, json!({"body": "And more."})).await.end();
    assert_eq!(other["already"], false);
    assert_eq!(said_by_mona(&github), ["Done in abc123.", "And more."]);
}

#[tokio::test]
async fn many_at_once_write_one() {
    let (github, gateway) = start();
    github.take_time(std::time::Duration::from_millis(50));
    let caller = gateway.caller();
    let mut replies = JoinSet::new();
    for _ in 0..8 {
        let caller = caller.clone();
        replies.spawn(async move { reply(&caller, json!({})).await.end() });
    }
    let mut new = 0;
    while let Some(one) = replies.join_next().await {
        let end = one.unwrap();
        assert_eq!(end["success"], true, "{end}");
        new += usize::from(end["already"] == false);
    }
    assert_eq!((new, said_by_mona(&github).len()), (1, 1));
}

#[tokio::test]
async fn a_thread_is_found_by_any_id_of_a_comment_and_a_pull_request_by_its_parts() {
    let (github, gateway) = start();
    let caller = gateway.caller();
    let listed = super::setup::fetch(&caller, json!({"output": "json"})).await.items();
    let of_second = listed.iter().find(|item| item["thread_id"] == json!(thread_id(1))).unwrap();
    for (number, id) in
        [of_second["id"].clone(), of_second["rest_id"].clone(), json!(of_second["rest_id"].to_string())]
            .into_iter()
            .enumerate()
    {
        let parts = json!({
            "pr_url": null, "owner": "O", "repo": "R", "number": 7,
            "thread_id": null, "comment_id": id, "body": format!("Reply {number}"),
        });
        let end = reply(&caller, parts).await.end();
        assert_eq!((&end["success"], &end["thread_id"]), (&json!(true), &json!(thread_id(1))), "{end}");
    }
    assert_eq!(said_by_mona(&github).len(), 3);
    let (code, text) = reply(&caller, json!({"thread_id": null, "comment_id": "PRRC_none"})).await.error();
    assert!(code == "invalid_arguments" && text.contains("rest_id"), "{text}");
}

#[tokio::test]
async fn nothing_is_written_where_it_does_not_belong() {
    let (github, gateway) = start();
    let caller = gateway.caller();
    github.change(|world| {
        let other = world.open("o/r", 8, "other");
        let thread = world.thread(other, "x.rs", 1);
        world.comment(thread, "hubot", "of another");
    });
    for (arguments, said) in [
        (json!({"thread_id": thread_id(2)}), "no such thread"),
        (json!({"thread_id": "PRRT_none"}), "no such thread"),
        (json!({"thread_id": null}), "give either thread_id or comment_id"),
        (json!({"comment_id": "x"}), "give either thread_id or comment_id"),
        (json!({"body": " \n"}), "body: expected text"),
        (json!({"body": ""}), "body: expected 1 to 65536 characters, got 0"),
        (json!({"body": "x".repeat(65_537)}), "body: expected 1 to 65536 characters, got 65537"),
        (json!({"pr_url": null, "owner": "o", "repo": "r"}), "give pr_url, or owner, repo and number"),
        (json!({"pr_url": "https://ghe.example.com/o/r/pull/7"}), "GH_HOST"),
    ] {
        let (code, text) = reply(&caller, arguments.clone()).await.error();
        assert_eq!(code, "invalid_arguments", "{arguments}: {text}");
        assert!(text.contains(said), "{arguments}: {text}");
    }
    github.change(|world| world.review(0, "mona", "PENDING", ""));
    let (code, text) = reply(&caller, json!({})).await.error();
    assert_eq!(code, "pending_review", "{text}");
    assert!(text.contains("Nothing was written"), "{text}");
    assert_eq!(said_by_mona(&github), [""; 0]);
    assert!(!operations(&github).contains(&String::from("Reply")));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_looked_for_before_anything_is_said() {
    let (github, gateway) = start();
    let caller = gateway.caller();
    github.fail_on("Reply", 1, &Fault::DropAfter);
    let landed = reply(&caller, json!({})).await.end();
    assert_eq!(landed["success"], true, "{landed}");
    assert_eq!(operations(&github), ["ThreadEnd", "Reply", "ThreadEnd"]);
    github.fail_on("Reply", 1, &Fault::status(502));
    let (code, text) = reply(&caller, json!({"body": "Other."})).await.error();
    assert!(code == "github_unavailable" && text.contains("not known"), "{text}");
    assert_eq!(
        operations(&github),
        ["ThreadEnd", "Reply", "ThreadEnd"],
        "a write is never sent twice by itself"
    );
    assert_eq!(reply(&caller, json!({"body": "Other."})).await.end()["already"], false);
    assert_eq!(said_by_mona(&github), ["Done in abc123.", "Other."]);
}

#[tokio::test]
async fn a_thread_is_resolved_and_opened_again_and_a_repeat_is_success() {
    let (github, gateway) = start();
    let caller = gateway.caller();
    for (name, resolved) in [
        ("resolve_review_thread", true),
        ("resolve_review_thread", true),
        ("unresolve_review_thread", false),
        ("unresolve_review_thread", false),
    ] {
        let end = call(&caller, name, json!({"thread_id": thread_id(1)})).await.end();
        assert_eq!(end, json!({"success": true, "thread_id": thread_id(1), "is_resolved": resolved}));
        assert_eq!(github.change(|world| world.threads[1].is_resolved), resolved);
    }
    let (code, text) =
        call(&caller, "resolve_review_thread", json!({"thread_id": "PRRT_none"})).await.error();
    assert!(code == "invalid_arguments" && text.contains("no such thread"), "{text}");
}

#[tokio::test]
async fn a_refusal_names_the_permissions_that_can_be_missing() {
    let (github, gateway) = start();
    let caller = gateway.caller();
    github.change(|world| world.tokens.values_mut().for_each(|token| token.writes_contents = false));
    let (code, text) =
        call(&caller, "resolve_review_thread", json!({"thread_id": thread_id(0)})).await.error();
    assert_eq!(code, "github_refused");
    assert!(text.contains("Pull requests: write") && text.contains("Contents: write"), "{text}");
    assert!(!reply(&caller, json!({})).await.failed, "a reply needs no write access to contents");
    github.change(|world| world.tokens.values_mut().for_each(|token| token.writes_pull_requests = false));
    let (code, text) = reply(&caller, json!({"body": "x"})).await.error();
    assert!(code == "github_refused" && text.contains("Pull requests: write"), "{text}");
}

#[tokio::test]
async fn answers_are_audited_and_need_their_scope() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[1]));
    let token = github.token("mona");
    let gateway = with_admin(&[
        ("GITHUB_API_URL", github.url.as_str()),
        ("GITHUB_TOKEN", &token),
        ("TASKGATE_SHARE_GITHUB_TOKEN", "true"),
    ]);
    let reader = crate::support::create_key(gateway.folder.path(), &["--user", "bob", "--scopes", "pr:read"]);
    let reader = gateway.caller_with(&reader);
    assert_eq!(reply(&reader, json!({})).await.error().0, "insufficient_scope");
    assert_eq!(github.heard().len(), 0);
    assert!(!super::setup::fetch(&reader, json!({})).await.failed);
    let caller = gateway.caller();
    reply(&caller, json!({})).await;
    call(&caller, "resolve_review_thread", json!({"thread_id": thread_id(0)})).await;
    let admin = crate::support::admin(&gateway);
    let audit =
        crate::support::send(admin.request(reqwest::Method::GET, "/admin/audit?action=review")).await.json();
    let text = audit.to_string();
    for part in ["review.reply", "review.resolve", "github.com/o/r#7"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
