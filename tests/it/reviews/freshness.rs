//! What was read is given again without a request for some seconds; after that one light query tells what changed, and that
//! alone is read again.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::setup::{call, fetch, gateway, gateway_with, long_pull, operations};
use crate::support::{
    Caller, Gateway,
    github::{FakeGithub, Fault, thread_id},
    pass_seconds,
};

async fn bodies(caller: &Caller) -> Vec<String> {
    fetch(caller, json!({"output": "json", "include_conversation": true, "max_chars": 1_000_000}))
        .await
        .bodies()
}

/// Lets what was read grow old.
async fn later(gateway: &Gateway, caller: &Caller) {
    pass_seconds(gateway, caller, 30).await;
}

#[tokio::test]
async fn a_repeat_makes_no_call_and_a_later_one_a_light_query() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[40, 130, 3]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    let first = bodies(&caller).await;
    assert_eq!(operations(&github), ["Discussion", "ThreadComments"]);
    assert_eq!(bodies(&caller).await, first);
    assert_eq!(operations(&github), [""; 0]);
    later(&gateway, &caller).await;
    assert_eq!(bodies(&caller).await, first);
    assert_eq!(operations(&github), ["Changes"]);
    assert_eq!(bodies(&caller).await, first);
    assert_eq!(operations(&github), [""; 0]);
}

#[tokio::test]
async fn what_changed_is_seen_and_alone_is_read_again() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[2, 130, 1]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    bodies(&caller).await;
    operations(&github);

    github.change(|world| world.resolve(1, Some("hubot")));
    later(&gateway, &caller).await;
    let shown =
        fetch(&caller, json!({"output": "json", "include_conversation": true, "max_chars": 1_000_000})).await;
    let of_thread = shown.items().into_iter().filter(|item| item["thread_id"] == json!(thread_id(1)));
    let of_thread: Vec<_> = of_thread.collect();
    assert_eq!(of_thread.len(), 130);
    assert!(of_thread.iter().all(|item| item["is_resolved"] == true && item["resolved_by"] == "hubot"));
    assert_eq!(operations(&github), ["Changes", "Threads", "ThreadComments"]);

    github.change(|world| {
        world.comments[0].text.body = String::from("edited");
        world.comments[0].text.updated_at = world.minute();
        world.comment(2, "hubot", "added");
        let thread = world.thread(0, "new.rs", 1);
        world.comment(thread, "hubot", "new thread");
        world.review(0, "hubot", "APPROVED", "Fine now");
        world.say(0, "hubot", "a remark");
    });
    later(&gateway, &caller).await;
    let texts = bodies(&caller).await;
    for text in ["edited", "added", "new thread", "Fine now", "a remark"] {
        assert_eq!(texts.iter().filter(|known| *known == text).count(), 1, "{text}");
    }
    assert_eq!(texts.len(), 133 + 4);
    let mut heard = operations(&github);
    heard.sort();
    assert_eq!(heard, ["Changes", "Discussion", "Threads"], "the page is of remarks alone");

    github.change(|world| {
        let gone = world.comments.iter().position(|comment| comment.text.body == "new thread").unwrap();
        world.comments.remove(gone);
    });
    later(&gateway, &caller).await;
    assert_eq!(bodies(&caller).await.len(), 136);
    assert_eq!(operations(&github), ["Changes"]);
}

#[tokio::test]
async fn a_reply_and_a_resolved_thread_are_seen_at_once() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[1, 1]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    bodies(&caller).await;
    let thread = thread_id(0);
    let reply = json!({"pr_url": super::setup::URL, "thread_id": thread, "body": "Done."});
    assert!(!call(&caller, "reply_to_review_comment", reply).await.failed);
    assert!(bodies(&caller).await.contains(&String::from("Done.")));
    assert!(!call(&caller, "resolve_review_thread", json!({"thread_id": thread})).await.failed);
    let shown = fetch(&caller, json!({"output": "json", "include_resolved": false})).await;
    assert_eq!(shown.items().len(), 1, "{shown:?}");
}

#[tokio::test]
async fn many_who_ask_at_once_are_one_request_and_one_who_leaves_takes_nothing_from_the_others() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[5]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    github.take_time(Duration::from_millis(600));
    let (leaver, mut first) = (caller.clone(), JoinSet::new());
    first.spawn(async move { fetch(&leaver, json!({"output": "json"})).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut others = JoinSet::new();
    for _ in 0..20 {
        let caller = caller.clone();
        others.spawn(async move { fetch(&caller, json!({"output": "json"})).await.items().len() });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    first.abort_all();
    assert_eq!(others.join_all().await, [5; 20]);
    assert_eq!(operations(&github), ["Discussion"]);
}

#[tokio::test]
async fn a_failure_is_kept_for_nobody_and_hides_nothing_old() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[5]));
    let gateway = gateway_with(&github, &[("HTTP_MAX_RETRIES", "0")]);
    let caller = gateway.caller();
    github.fail(1, &Fault::status(500));
    assert_eq!(fetch(&caller, json!({})).await.error().0, "github_unavailable");
    assert!(!fetch(&caller, json!({})).await.failed);
    later(&gateway, &caller).await;
    github.fail(1, &Fault::status(500));
    assert_eq!(fetch(&caller, json!({})).await.error().0, "github_unavailable", "nothing old in its place");
    assert!(!fetch(&caller, json!({})).await.failed);
}

#[tokio::test]
async fn what_was_read_from_a_later_place_on_stays_what_follows_it() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[1, 2, 3]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    let asked = |cursor: &serde_json::Value| json!({"output": "json", "per_page": 1, "max_pages": 1, "cursor": cursor});
    let first = fetch(&caller, asked(&json!(null))).await;
    let second = fetch(&caller, asked(&first.end()["next_cursor"])).await;
    let third = fetch(&caller, asked(&second.end()["next_cursor"])).await;
    assert_eq!((third.items().len(), &third.end()["complete"]), (3, &json!(true)));
    later(&gateway, &caller).await;
    assert_eq!(fetch(&caller, asked(&second.end()["next_cursor"])).await.bodies(), third.bodies());
}
