//! A fetch takes as few requests as GitHub's cursors force, and whatever ends it early says where it goes on.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::setup::{fetch, gateway, long_pull, operations};
use crate::support::{Caller, github::FakeGithub};

/// Every text, page by page, and how many pages it took.
async fn all_bodies(caller: &Caller, mut arguments: Value) -> (Vec<String>, usize) {
    let (mut bodies, mut pages) = (Vec::new(), 0);
    loop {
        let called = fetch(caller, arguments.clone()).await;
        let (got, end) = (called.bodies(), called.end());
        assert!(!got.is_empty() || end["complete"] == true, "{called:?}");
        bodies.extend(got);
        pages += 1;
        assert_eq!(end["untrusted"], true);
        assert_eq!(end["complete"] == true, end["next_cursor"].is_null(), "{end}");
        if end["complete"] == true {
            return (bodies, pages);
        }
        assert!(pages < 300, "{end}");
        arguments["cursor"] = end["next_cursor"].clone();
    }
}

#[tokio::test]
async fn a_thousand_comments_take_no_more_round_trips_than_paging_forces() {
    let github = FakeGithub::start();
    let lengths = [250, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 50];
    let texts = github.change(|world| long_pull(world, &lengths));
    assert_eq!(texts.len(), 1_000);
    let gateway = gateway(&github);
    github.take_time(Duration::from_millis(100));
    let begun = Instant::now();
    let called = fetch(&gateway.caller(), json!({"output": "json", "max_chars": 1_000_000})).await;
    let took = begun.elapsed();
    assert_eq!(called.bodies(), texts);
    assert_eq!(called.end()["complete"], true);
    // The page of threads, and two more pages of the long one: each needs the cursor of the one before.
    assert_eq!(operations(&github), ["Discussion", "ThreadComments", "ThreadComments"]);
    println!("1,000 comments at 100 ms a round trip took {took:?}");
}

#[tokio::test]
async fn pages_and_long_threads_are_read_beside_each_other() {
    let github = FakeGithub::start();
    let texts = github.change(|world| long_pull(world, &[150, 150, 150, 150, 1, 1]));
    let gateway = gateway(&github);
    github.take_time(Duration::from_millis(100));
    let called =
        fetch(&gateway.caller(), json!({"output": "json", "per_page": 2, "max_chars": 1_000_000})).await;
    assert_eq!(called.bodies(), texts);
    let heard = operations(&github);
    assert_eq!(heard.len(), 7, "{heard:?}");
    let most = github.most_at_once();
    assert!((2..=4).contains(&most), "{most} at once");
}

#[tokio::test]
async fn every_cap_leads_on_and_loses_nothing() {
    let github = FakeGithub::start();
    let texts = github.change(|world| {
        let mut texts = long_pull(world, &[3, 130, 1, 260, 2]);
        for number in 0..5 {
            world.review(0, "hubot", "COMMENTED", &format!("Summary {number}"));
            world.review(0, "hubot", "APPROVED", "");
        }
        texts.extend((0..5).map(|number| format!("Summary {number}")));
        for number in 0..3 {
            texts.push(format!("Remark {number}"));
            world.say(0, "hubot", texts.last().unwrap());
        }
        texts
    });
    let gateway = gateway(&github);
    let caller = gateway.caller();
    for arguments in [
        json!({}),
        json!({"max_comments": 100}),
        json!({"max_pages": 1}),
        json!({"max_pages": 2, "per_page": 1}),
        json!({"max_chars": 4_000}),
        json!({"max_chars": 20_000, "max_comments": 100, "max_pages": 1, "per_page": 2}),
    ] {
        let mut asked = arguments.clone();
        asked["output"] = json!("json");
        asked["include_conversation"] = json!(true);
        let (got, pages) = all_bodies(&caller, asked).await;
        assert_eq!(got, texts, "{arguments} in {pages} pages");
    }
}

#[tokio::test]
async fn an_answer_is_cut_at_a_threads_end_and_inside_one_only_when_it_alone_is_too_long() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[3, 130, 1]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    let first = fetch(&caller, json!({"output": "json", "max_comments": 100})).await;
    let threads: BTreeSet<_> = first.items().iter().map(|item| item["thread_id"].to_string()).collect();
    assert_eq!((first.items().len(), threads.len()), (3, 1), "the second thread does not fit");
    assert_eq!(
        (&first.end()["complete"], &first.end()["stopped_by"]),
        (&json!(false), &json!("max_comments"))
    );
    let cursor = first.end()["next_cursor"].clone();
    let second = fetch(&caller, json!({"output": "json", "max_comments": 100, "cursor": cursor})).await;
    assert_eq!(second.items().len(), 100, "it alone is longer than all that is asked for");
    let cursor = second.end()["next_cursor"].clone();
    let third = fetch(&caller, json!({"output": "json", "max_comments": 100, "cursor": cursor})).await;
    assert_eq!(third.items().len(), 31);
    let short = fetch(&caller, json!({"max_chars": 1_000})).await;
    assert!(short.texts[0].chars().count() < 1_100, "{}", short.texts[0].len());
    assert!(short.texts[0].ends_with("More comments follow: go on with `next_cursor`.\n"));
    assert_eq!(short.end()["stopped_by"], "max_chars");
    let other = short.end()["next_cursor"].clone();
    let of_another =
        fetch(&caller, json!({"pr_url": "https://github.com/o/r/pull/8", "cursor": other})).await;
    assert_eq!(of_another.error().0, "invalid_arguments");
}

#[tokio::test]
async fn what_was_read_is_given_again_for_the_next_page_without_a_request() {
    let github = FakeGithub::start();
    let texts = github.change(|world| long_pull(world, &[30, 30, 30]));
    let gateway = gateway(&github);
    let (bodies, pages) = all_bodies(&gateway.caller(), json!({"output": "json", "max_chars": 5_000})).await;
    assert!(bodies == texts && pages > 3, "{pages}");
    assert_eq!(operations(&github), ["Discussion"]);
}

#[tokio::test]
async fn memory_is_bounded_whatever_is_asked_for() {
    let github = FakeGithub::start();
    github.change(|world| {
        long_pull(world, &[100; 40]);
        for comment in &mut world.comments {
            comment.text.body = "x".repeat(5_000);
        }
    });
    let gateway = gateway(&github);
    let before = gateway.memory_kib();
    let called = fetch(&gateway.caller(), json!({"max_comments": 100_000, "per_page": 10})).await;
    assert_eq!((&called.end()["complete"], called.end()["comments"].as_u64()), (&json!(false), Some(11)));
    let grown = gateway.peak_memory_kib() - before;
    assert!(grown < 120 * 1024, "{grown} KiB more");
    println!("20 MB of comments took {grown} KiB");
}
