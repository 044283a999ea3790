//! What a repeat of a reply is, and what is not; and that a write is sent once whatever becomes of its answer.

use serde_json::{Value, json};

use super::desk::{Desk, fetch, url};
use crate::support::{
    Caller,
    github::{Fault, thread_id},
};

fn one_thread(desk: &Desk) -> String {
    desk.github.change(|world| {
        let pull = world.open("octo/app", 7, "fix");
        let thread = world.thread(pull, "src/a.rs", 3);
        world.comment(thread, "hubot", "please change");
        thread_id(thread)
    })
}

fn comments(desk: &Desk) -> usize {
    desk.github.change(|world| world.comments.len())
}

async fn reply(caller: &Caller, arguments: Value) -> Result<Value, Value> {
    let mut all = json!({"pr_url": url("octo/app", 7), "body": "Done, see abc123."});
    all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    caller.tool("reply_to_review_comment", all).await
}

#[tokio::test]
async fn a_reply_is_written_once_however_often_it_is_said_within_ten_minutes() {
    let desk = Desk::open();
    let (mona, hubot) = (desk.person("mona").await, desk.person("hubot").await);
    let thread = one_thread(&desk);
    let said = reply(&mona, json!({"thread_id": thread})).await.unwrap();
    assert_eq!((&said["already"], &said["thread_id"], comments(&desk)), (&json!(false), &json!(thread), 2));
    assert!(said["url"].as_str().unwrap().starts_with(&url("octo/app", 7)), "{said}");
    for body in ["Done, see abc123.", " Done, see abc123.\r\n"] {
        let again = reply(&mona, json!({"thread_id": thread, "body": body})).await.unwrap();
        assert_eq!((&again["already"], &again["comment_id"]), (&json!(true), &said["comment_id"]));
    }
    assert_eq!(comments(&desk), 2);
    reply(&hubot, json!({"thread_id": thread})).await.unwrap();
    reply(&mona, json!({"thread_id": thread, "body": "And another."})).await.unwrap();
    assert_eq!(comments(&desk), 4, "somebody else's words, and other words, are no repeat");
    desk.github.change(|world| {
        for comment in &mut world.comments {
            comment.text.created_at = String::from("2026-01-05T09:00:00Z");
        }
    });
    reply(&mona, json!({"thread_id": thread})).await.unwrap();
    assert_eq!(comments(&desk), 5, "after ten minutes it is no repeat");
    let shown = fetch(&mona, json!({"pr_url": url("octo/app", 7), "output": "json"})).await.unwrap();
    assert_eq!(shown.items().len(), 5, "what was written is seen at once");
}

#[tokio::test]
async fn a_pending_review_keeps_a_reply_from_vanishing_into_it() {
    let desk = Desk::open();
    let (mona, hubot) = (desk.person("mona").await, desk.person("hubot").await);
    let thread = one_thread(&desk);
    desk.github.change(|world| world.review(0, "mona", "PENDING", ""));
    let told = reply(&mona, json!({"thread_id": thread})).await.unwrap_err();
    assert_eq!(told["code"], "pending_review", "{told}");
    assert!(told["error"].as_str().unwrap().contains("Nothing was written"), "{told}");
    assert_eq!(comments(&desk), 1);
    assert!(!desk.asked().contains(&String::from("Reply")), "nothing is sent");
    reply(&hubot, json!({"thread_id": thread})).await.unwrap();
    desk.github.change(|world| world.reviews.clear());
    reply(&mona, json!({"thread_id": thread})).await.unwrap();
    assert_eq!(comments(&desk), 3);
}

#[tokio::test]
async fn what_is_no_thread_of_that_pull_request_is_not_answered() {
    let desk = Desk::open();
    let mona = desk.person("mona").await;
    let thread = one_thread(&desk);
    desk.github.change(|world| {
        world.open("octo/app", 8, "other");
        let private = world.open("octo/secret", 1, "x");
        let repo = world.pulls[private].repo;
        world.repos[repo].readers = Some(["hubot".to_owned()].into());
        let hidden = world.thread(private, "src/a.rs", 3);
        world.comment(hidden, "hubot", "hidden");
    });
    for wrong in [
        json!({"thread_id": thread, "pr_url": url("octo/app", 8)}),
        json!({"thread_id": thread_id(1)}),
        json!({"thread_id": "PRRT_none"}),
        json!({"thread_id": "PRRC_kwDO0000"}),
        json!({"comment_id": "PRRC_none"}),
        json!({"comment_id": 4711}),
        json!({"thread_id": thread, "comment_id": 1000}),
        json!({}),
        json!({"thread_id": thread, "body": " \n"}),
        json!({"thread_id": thread, "body": ""}),
        json!({"thread_id": thread, "body": "x".repeat(65_537)}),
        json!({"thread_id": thread, "pr_url": "https://gitlab.com/octo/app/pull/7"}),
    ] {
        let told = reply(&mona, wrong.clone()).await.unwrap_err();
        assert_eq!(told["code"], "invalid_arguments", "{wrong}: {told}");
    }
    assert_eq!(comments(&desk), 2);
}

#[tokio::test]
async fn a_write_is_sent_once_whatever_becomes_of_it() {
    for (name, fault, is_written) in [
        ("lost before", Fault::Drop, false),
        ("lost after", Fault::DropAfter, true),
        ("cut", Fault::Cut, true),
        ("truncated", Fault::Truncated, true),
        ("502", Fault::status(502), false),
    ] {
        let desk = Desk::open();
        let mona = desk.person("mona").await;
        let thread = one_thread(&desk);
        desk.github.fail_on("Reply", 1, &fault);
        let said = reply(&mona, json!({"thread_id": thread})).await;
        let sent = desk.asked().iter().filter(|asked| *asked == "Reply").count();
        assert_eq!((sent, comments(&desk)), (1, 1 + usize::from(is_written)), "{name}: {said:?}");
        if let Err(told) = &said {
            assert!(!is_written, "{name}: it stands at the thread's end: {told}");
            assert!(told["error"].as_str().unwrap().contains("look before"), "{name}: {told}");
        }
        reply(&mona, json!({"thread_id": thread})).await.unwrap();
        assert_eq!(comments(&desk), 2, "{name}: said again it is there once");
    }
}
