//! Which open pull request is meant, by REST.

use serde_json::{Value, json};

use super::setup::{Called, call, gateway};
use crate::support::{
    Caller,
    github::{FakeGithub, Fault},
};

async fn resolve(caller: &Caller, arguments: Value) -> Called {
    let mut all = json!({"owner": "o", "repo": "r"});
    all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    call(caller, "resolve_open_pr_url", all).await
}

fn world(github: &FakeGithub) {
    github.change(|world| {
        world.open("o/r", 12, "feature/fix");
        world.open("o/r", 9, "bug#123");
        world.open("o/r", 15, "fork:feature/fix");
        world.open("o/r", 11, "a+b c&d");
        world.open("o/r", 20, "fork:only-there");
        let closed = world.open("o/r", 3, "old");
        world.pulls[closed].state = "CLOSED";
        world.pulls[0].updated_at = String::from("2026-06-01T00:00:00Z");
        world.repo("o/empty");
    });
}

#[tokio::test]
async fn each_strategy_finds_its_own() {
    let github = FakeGithub::start();
    world(&github);
    let gateway = gateway(&github);
    let caller = gateway.caller();
    for (arguments, number) in [
        (json!({"branch": "feature/fix"}), 12),
        (json!({"branch": "bug#123"}), 9),
        (json!({"branch": "a+b c&d", "select_strategy": "error"}), 11),
        (json!({"branch": "fork:feature/fix"}), 15),
        (json!({"branch": "only-there"}), 20),
        (json!({"select_strategy": "latest"}), 12),
        (json!({"select_strategy": "first"}), 9),
        (json!({"select_strategy": "first", "branch": "feature/fix"}), 9),
        (json!({"branch": "feature/fix", "host": "GitHub.com"}), 12),
    ] {
        let called = resolve(&caller, arguments.clone()).await;
        assert_eq!(called.texts, [format!("https://github.com/o/r/pull/{number}")], "{arguments}");
    }
    let paths: Vec<_> = github.heard().into_iter().map(|heard| heard.path).collect();
    assert!(
        paths[0].contains("head=o%3Afeature%2Ffix") && paths[1].contains("head=o%3Abug%23123"),
        "{paths:?}"
    );
    assert!(paths[2].contains("head=o%3Aa%2Bb+c%26d"), "{paths:?}");
}

#[tokio::test]
async fn none_and_several_are_said_and_several_are_listed() {
    let github = FakeGithub::start();
    world(&github);
    github.change(|world| {
        world.open("o/r", 31, "one:same");
        world.open("o/r", 32, "two:same");
        world.open("o/r", 33, "twice");
        world.open("o/r", 34, "twice");
    });
    let gateway = gateway(&github);
    let caller = gateway.caller();
    for (arguments, code, said) in [
        (
            json!({"branch": "gone", "select_strategy": "error"}),
            "pull_request_not_found",
            "No open PR found for branch 'gone' in o/r",
        ),
        (json!({"branch": "gone"}), "pull_request_not_found", "No open PR found for branch 'gone' in o/r"),
        (
            json!({"branch": "b", "repo": "empty"}),
            "pull_request_not_found",
            "No open PRs found for o/empty (current branch: b)",
        ),
        (
            json!({"select_strategy": "latest", "repo": "empty"}),
            "pull_request_not_found",
            "No open PRs found for o/empty",
        ),
        (
            json!({"select_strategy": "latest", "repo": "none"}),
            "pull_request_not_found",
            "No open PRs found for o/none: the repository does not exist, or the GitHub token does not see it",
        ),
        (
            json!({"branch": "same"}),
            "invalid_arguments",
            "several open PRs found for branch 'same' in o/r: https://github.com/o/r/pull/32, https://github.com/o/r/pull/31. Give the pr_url of one, or another select_strategy",
        ),
        (
            json!({"branch": "twice", "select_strategy": "error"}),
            "invalid_arguments",
            "several open PRs found for branch 'twice' in o/r: https://github.com/o/r/pull/34, https://github.com/o/r/pull/33. Give the pr_url of one, or another select_strategy",
        ),
    ] {
        let error = resolve(&caller, arguments.clone()).await.error();
        assert_eq!(error, (code.to_owned(), said.to_owned()), "{arguments}");
    }
    github.heard();
    let (code, text) = resolve(&caller, json!({"branch": "b", "host": "ghe.example.com"})).await.error();
    assert!(code == "invalid_arguments" && text.contains("GH_HOST"), "{text}");
    assert_eq!(github.heard().len(), 0);
    github.fail(1, &Fault::permission());
    assert_eq!(resolve(&caller, json!({"branch": "b"})).await.error().0, "github_refused");
}

#[tokio::test]
async fn a_fetch_finds_the_pull_request_of_a_branch() {
    let github = FakeGithub::start();
    world(&github);
    github.change(|world| {
        let thread = world.thread(0, "a.rs", 1);
        world.comment(thread, "hubot", "found");
    });
    let gateway = gateway(&github);
    let arguments = json!({"owner": "o", "repo": "r", "branch": "feature/fix", "output": "json"});
    let called = call(&gateway.caller(), "fetch_pr_review_comments", arguments).await;
    assert_eq!(
        (called.bodies(), &called.end()["pr_url"]),
        (vec![String::from("found")], &json!("https://github.com/o/r/pull/12"))
    );
}

#[tokio::test]
async fn open_pull_requests_are_listed_newest_change_first() {
    let github = FakeGithub::start();
    world(&github);
    let gateway = gateway(&github);
    let caller = gateway.caller();
    let list = async |arguments: Value| {
        let mut all = json!({"owner": "o", "repo": "r"});
        all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
        call(&caller, "list_open_pull_requests", all).await.end()
    };
    let numbers = |end: &Value| -> Vec<u64> {
        end["pull_requests"].as_array().unwrap().iter().map(|pull| pull["number"].as_u64().unwrap()).collect()
    };
    let all = list(json!({})).await;
    assert_eq!(
        (numbers(&all), &all["complete"], &all["untrusted"]),
        (vec![12, 20, 11, 15, 9], &json!(true), &json!(true))
    );
    assert_eq!(all["pull_requests"][3]["head"], "fork:feature/fix");
    let two = list(json!({"limit": 2})).await;
    assert_eq!((numbers(&two), &two["complete"]), (vec![12, 20], &json!(false)));
    assert_eq!(numbers(&list(json!({"branch": "fork:feature/fix"})).await), [15]);
}
