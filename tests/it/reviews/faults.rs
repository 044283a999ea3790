//! Whatever goes wrong at GitHub is said, with its cause and when to try again. None of it is "no comments", and what was
//! read before it is not lost.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::setup::{Called, fetch, gateway, gateway_with, long_pull, operations};
use crate::support::{
    Gateway,
    github::{FakeGithub, Fault},
};

/// A GitHub with pull request 7, and a gateway that tries nothing again.
fn impatient() -> (FakeGithub, Gateway) {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[2, 2]));
    let gateway = gateway_with(&github, &[("HTTP_MAX_RETRIES", "0")]);
    (github, gateway)
}

async fn failing(fault: Fault) -> (Called, usize) {
    let (github, gateway) = impatient();
    github.fail(1, &fault);
    let called = fetch(&gateway.caller(), json!({"output": "both"})).await;
    assert!(called.texts.iter().all(|text| !text.contains("No comments")), "{called:?}");
    (called, github.heard().len())
}

#[tokio::test]
async fn each_failure_is_told_with_its_cause_at_once() {
    let far = "4102444800";
    let spent = Fault::primary_limit(403, far.parse().unwrap());
    let graphql = |kind: &str| Fault::graphql(&json!([{"type": kind, "message": "no such luck"}]));
    let sso = Fault::answer(
        403,
        &[("x-github-sso", "required; url=https://github.com/orgs/o/sso?x=1")],
        &json!({"message": "Resource protected by organization SAML enforcement."}),
    );
    for (name, fault, code, said) in [
        ("401", Fault::status(401), "github_unauthorized", "does not take this token"),
        ("403", Fault::permission(), "github_refused", "Resource not accessible by personal access token"),
        ("sso", sso, "github_refused", "https://github.com/orgs/o/sso?x=1"),
        (
            "404",
            graphql("NOT_FOUND"),
            "pull_request_not_found",
            "does not exist, or the GitHub token does not see it",
        ),
        ("primary", spent, "github_rate_limited", "try again in"),
        ("secondary", Fault::secondary_limit(403, Some("77")), "github_rate_limited", "try again in 77 s"),
        (
            "secondary 429",
            Fault::secondary_limit(429, Some("77")),
            "github_rate_limited",
            "try again in 77 s",
        ),
        ("500", Fault::status(500), "github_unavailable", "status 500"),
        ("query", graphql("INTERNAL"), "github_unavailable", "no such luck"),
        ("forbidden", graphql("FORBIDDEN"), "github_refused", "no such luck"),
        ("truncated", Fault::Truncated, "github_unavailable", "makes no sense"),
        ("dropped", Fault::Drop, "github_unavailable", "cannot be reached"),
    ] {
        let (called, heard) = failing(fault).await;
        let (got, text) = called.error();
        assert_eq!(got, code, "{name}: {text}");
        assert!(text.contains(said), "{name}: {text}");
        assert_eq!(heard, 1, "{name}");
        let waits =
            matches!(code, "github_rate_limited") || (code == "github_unavailable" && name != "query");
        assert_eq!(called.end()["retry_after_seconds"].is_u64(), waits, "{name}: {}", called.end());
    }
}

#[tokio::test]
async fn null_data_and_nonsense_are_failures() {
    let answer = |body: Value| Fault::answer(200, &[], &body);
    for (body, code) in [
        (json!({"data": null}), "github_unavailable"),
        (json!({"data": {"repository": null}}), "pull_request_not_found"),
        (json!({"data": {"repository": {"pullRequest": null}}}), "pull_request_not_found"),
        (json!({"data": {"repository": []}}), "github_unavailable"),
        (json!([]), "github_unavailable"),
        (json!({}), "github_unavailable"),
    ] {
        let (called, _) = failing(answer(body.clone())).await;
        assert_eq!(called.error().0, code, "{body}");
    }
}

#[tokio::test]
async fn one_odd_item_never_fails_the_rest_and_is_counted() {
    let node = |id: &str, body: Value| json!({"cursor": id, "node": {"id": id, "body": body, "author": {"login": null}}});
    let comments = json!({"totalCount": 2, "pageInfo": {"hasNextPage": false}, "edges": [node("C1", json!("kept")), node("C2", json!({"x": 1}))]});
    let threads = json!({"pageInfo": {"hasNextPage": false}, "edges": [
        {"cursor": "1", "node": {"id": "T1", "path": " ", "comments": comments}},
        {"cursor": "2", "node": null},
        null,
        {"cursor": "4", "node": {"id": 5}},
    ]});
    let reviews = json!({"pageInfo": {"hasNextPage": false}, "edges": []});
    let body =
        json!({"data": {"repository": {"pullRequest": {"reviewThreads": threads, "reviews": reviews}}}});
    let (called, _) = failing(Fault::answer(200, &[], &body)).await;
    let items = called.items();
    assert_eq!(items.len(), 1);
    let shown = ["body", "path", "line"].map(|name| items[0][name].clone());
    assert_eq!(shown, [json!("kept"), json!("unknown"), json!(0)]);
    assert_eq!(items[0]["user"]["login"], "unknown");
    assert_eq!((&called.end()["unreadable"], &called.end()["complete"]), (&json!(4), &json!(false)));
}

#[tokio::test]
async fn a_page_that_is_too_much_is_asked_for_in_halves() {
    for fault in [
        Fault::status(502),
        Fault::status(504),
        Fault::graphql(&json!([{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "x"}])),
    ] {
        let (github, gateway) = impatient();
        github.fail(2, &fault);
        let called = fetch(&gateway.caller(), json!({"output": "json"})).await;
        assert_eq!(called.items().len(), 4);
        let sizes: Vec<_> =
            github.heard().iter().map(|heard| heard.variables["size"].as_u64().unwrap()).collect();
        assert_eq!(sizes, [100, 50, 25], "{fault:?}");
        github.fail(4, &fault);
        let failed = fetch(&gateway.caller(), json!({"per_page": 8})).await;
        assert_eq!(failed.error().0, "github_unavailable");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_no_more_than_twice() {
    let github = FakeGithub::start();
    github.change(|world| long_pull(world, &[2]));
    let gateway = gateway(&github);
    let caller = gateway.caller();
    for (fault, count) in [(Fault::status(503), 2), (Fault::Drop, 1), (Fault::Truncated, 1), (Fault::Cut, 1)]
    {
        github.fail(count, &fault);
        let called = fetch(&caller, json!({"per_page": 90 + count})).await;
        assert!(!called.failed, "{fault:?}: {called:?}");
        assert_eq!(github.heard().len(), count + 1, "{fault:?}");
        super::setup::forget(&gateway, &caller).await;
    }
    github.fail(3, &Fault::status(503));
    assert_eq!(fetch(&caller, json!({"per_page": 50})).await.error().0, "github_unavailable");
    assert_eq!(github.heard().len(), 3);
}

#[tokio::test]
async fn what_was_read_before_a_failure_is_given_with_where_it_goes_on() {
    let (github, gateway) = impatient();
    let caller = gateway.caller();
    for (fault, says) in [
        (Fault::status(500), "status 500"),
        (Fault::graphql(&json!([{"type": "INTERNAL", "message": "no such luck"}])), "no such luck"),
        // The last one: until then nothing is sent.
        (Fault::secondary_limit(403, Some("33")), "try again in 33 s"),
    ] {
        // The first page arrives; the second does not.
        github.fail_on("Discussion", 1, &Fault::Late(Duration::from_millis(1)));
        github.fail_on("Discussion", 1, &fault);
        let called = fetch(&caller, json!({"output": "json", "per_page": 1})).await;
        let end = called.end();
        assert_eq!((called.items().len(), &end["complete"]), (2, &json!(false)), "{end}");
        assert!(end["stopped_by"].as_str().unwrap().contains(says), "{end}");
        github.mend();
        let rest = json!({"output": "json", "per_page": 1, "cursor": end["next_cursor"]});
        if !says.contains("33 s") {
            let called = fetch(&caller, rest).await;
            assert_eq!((called.items().len(), &called.end()["complete"]), (2, &json!(true)));
        }
    }
    let (github, gateway) = impatient();
    github.fail_on("Discussion", 1, &Fault::Late(Duration::from_millis(1)));
    github.fail_on("Discussion", 1, &Fault::status(401));
    let called = fetch(&gateway.caller(), json!({"per_page": 1})).await;
    assert_eq!(called.error().0, "github_unauthorized", "who may not read is given nothing");
}

#[tokio::test]
async fn a_call_takes_ten_seconds_at_most() {
    let (github, gateway) = impatient();
    let caller = gateway.caller();
    github.fail_on("Discussion", 1, &Fault::Late(Duration::from_millis(1)));
    github.fail_on("Discussion", 1, &Fault::Hang);
    let begun = Instant::now();
    let called = fetch(&caller, json!({"output": "json", "per_page": 1})).await;
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(9) && took < Duration::from_millis(10_900), "{took:?}");
    assert_eq!((called.items().len(), &called.end()["complete"]), (2, &json!(false)));
    assert!(called.end()["stopped_by"].as_str().unwrap().contains("in time"), "{}", called.end());
    assert_eq!(operations(&github).len(), 2);
}

#[tokio::test]
async fn a_key_without_a_token_is_told_how_to_add_one_and_nothing_is_sent() {
    let github = FakeGithub::start();
    let gateway = Gateway::with(&[("GITHUB_API_URL", &github.url)]);
    for (name, arguments) in [
        ("fetch_pr_review_comments", json!({"pr_url": super::setup::URL})),
        ("resolve_open_pr_url", json!({"owner": "o", "repo": "r", "branch": "b"})),
        ("list_open_pull_requests", json!({"owner": "o", "repo": "r"})),
        ("reply_to_review_comment", json!({"pr_url": super::setup::URL, "thread_id": "T", "body": "b"})),
        ("resolve_review_thread", json!({"thread_id": "T"})),
        ("unresolve_review_thread", json!({"thread_id": "T"})),
    ] {
        let (code, text) = super::setup::call(&gateway.caller(), name, arguments).await.error();
        assert_eq!(code, "github_token_missing", "{name}");
        assert!(text.contains("PATCH /admin/tokens"), "{text}");
    }
    assert_eq!(github.heard().len(), 0);
}
