//! Limits are obeyed and told with their wait, refusals are told at once, and what may pass is tried three times at most.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::desk::{Desk, fetch, url};
use crate::support::{Caller, github::Fault};

fn two_threads(desk: &Desk) {
    desk.github.change(|world| {
        let pull = world.open("octo/app", 7, "fix");
        for index in 0..2 {
            let thread = world.thread(pull, "src/a.rs", 3);
            world.comment(thread, "hubot", &format!("comment {index}"));
        }
    });
}

async fn failure(caller: &Caller, arguments: Value) -> Value {
    let mut all = json!({"pr_url": url("octo/app", 7)});
    all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    fetch(caller, all).await.unwrap_err()
}

#[tokio::test]
async fn each_refusal_is_told_at_once_with_what_to_do() {
    let desk = Desk::open();
    let mona = desk.person("mona").await;
    two_threads(&desk);
    let sso = json!({"message": "Resource protected by organization SAML enforcement."});
    let saml = json!([{
        "type": "FORBIDDEN",
        "path": ["repository"],
        "extensions": {"saml_failure": true},
        "locations": [{"line": 2, "column": 3}],
        "message": "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization."
    }]);
    let sso_header =
        ("x-github-sso", "required; url=https://github.com/orgs/octo/sso?authorization_request=A1");
    let saml_body = json!({"data": {"repository": null}, "errors": saml});
    for (name, fault, code, said) in [
        ("revoked", Fault::status(401), "github_unauthorized", vec!["token"]),
        ("no permission", Fault::permission(), "github_refused", vec!["Resource not accessible"]),
        ("sso", Fault::answer(403, &[sso_header], &sso), "github_refused", vec!["orgs/octo/sso", "sign-on"]),
        ("saml", Fault::answer(200, &[sso_header], &saml_body), "github_refused", vec!["orgs/octo/sso"]),
        ("saml without its address", Fault::answer(200, &[], &saml_body), "github_refused", vec!["sign-on"]),
        (
            "no such repository",
            Fault::graphql(
                &json!([{"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve to a Repository"}]),
            ),
            "pull_request_not_found",
            vec!["octo/app/pull/7", "token"],
        ),
        ("http 404", Fault::status(404), "pull_request_not_found", vec!["token"]),
        (
            "scopes",
            Fault::graphql(
                &json!([{"type": "INSUFFICIENT_SCOPES", "message": "Your token has not been granted the required scopes"}]),
            ),
            "github_refused",
            vec!["scopes"],
        ),
    ] {
        desk.github.fail(1, &fault);
        let begun = Instant::now();
        let told = failure(&mona, json!({})).await;
        assert_eq!(told["code"], code, "{name}: {told}");
        let error = told["error"].as_str().unwrap();
        assert!(said.iter().all(|said| error.contains(said)), "{name}: {told}");
        assert_eq!(desk.asked().len(), 1, "{name}: it is not tried again");
        assert!(begun.elapsed() < Duration::from_secs(2), "{name}");
        desk.github.mend();
    }
    assert_eq!(fetch(&mona, json!({"pr_url": url("octo/app", 7)})).await.unwrap().summary["comments"], 2);
    let unseen = fetch(&mona, json!({"pr_url": url("octo/app", 8)})).await.unwrap_err();
    assert_eq!(unseen["code"], "pull_request_not_found");
    let unseen = fetch(&mona, json!({"pr_url": url("octo/other", 7)})).await.unwrap_err();
    assert_eq!(unseen["code"], "pull_request_not_found");
}

#[tokio::test]
async fn a_limit_is_obeyed_told_with_its_wait_and_not_run_into_again() {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    for (name, fault, least, most) in [
        ("primary", Fault::primary_limit(403, now + 1000), 900, 1001),
        ("primary as 429", Fault::primary_limit(429, now + 1000), 900, 1001),
        ("secondary", Fault::secondary_limit(403, Some("90")), 80, 91),
        ("secondary as 429", Fault::secondary_limit(429, Some("90")), 80, 91),
        ("secondary without a wait", Fault::secondary_limit(403, None), 50, 61),
        (
            "primary of GraphQL",
            Fault::answer(
                200,
                &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &(now + 1000).to_string())],
                &json!({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}]}),
            ),
            900,
            1001,
        ),
        (
            "secondary of GraphQL",
            Fault::answer(
                200,
                &[],
                &json!({"errors": [{"message": "You have exceeded a secondary rate limit."}]}),
            ),
            50,
            61,
        ),
    ] {
        let desk = Desk::open();
        let mona = desk.person("mona").await;
        two_threads(&desk);
        desk.github.fail(1, &fault);
        let told = failure(&mona, json!({})).await;
        assert_eq!(told["code"], "github_rate_limited", "{name}: {told}");
        let wait = told["retry_after_seconds"].as_u64().unwrap_or_else(|| panic!("{name}: {told}"));
        assert!((least..=most).contains(&wait), "{name}: {told}");
        assert_eq!(desk.asked().len(), 1, "{name}");
        let again = failure(&mona, json!({})).await;
        assert_eq!(
            (&again["code"], desk.asked().len()),
            (&json!("github_rate_limited"), 0),
            "{name}: {again}"
        );
    }
}

#[tokio::test]
async fn a_short_limit_is_waited_for() {
    let desk = Desk::open();
    let mona = desk.person("mona").await;
    two_threads(&desk);
    desk.github.fail(1, &Fault::secondary_limit(429, Some("1")));
    let begun = Instant::now();
    let fetched = fetch(&mona, json!({"pr_url": url("octo/app", 7)})).await;
    match fetched {
        Ok(fetched) => {
            assert_eq!((&fetched.summary["comments"], desk.asked().len()), (&json!(2), 2));
            assert!(begun.elapsed() >= Duration::from_secs(1));
        }
        Err(told) => assert_eq!(told["retry_after_seconds"], 1, "{told}"),
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_stays_is_told() {
    let query = json!([{"message": "Something went wrong while executing your query on 2026-01-05T09:00:00Z. Please include `ABCD` when reporting this issue."}]);
    let nothing = json!({"reviewDecision": null, "reviewThreads": null, "reviews": null, "comments": null});
    let nothing = json!({"data": {"repository": {"pullRequest": nothing}}});
    for (name, fault) in [
        ("without its sections", Fault::answer(200, &[], &nothing)),
        ("502", Fault::status(502)),
        ("503", Fault::status(503)),
        ("504", Fault::status(504)),
        ("500", Fault::status(500)),
        ("dropped", Fault::Drop),
        ("cut", Fault::Cut),
        ("truncated", Fault::Truncated),
        ("something went wrong", Fault::graphql(&query)),
        (
            "html",
            Fault::Answer {
                status: 200,
                headers: vec![("content-type", "text/html".into())],
                body: "<html>unicorn</html>".into(),
            },
        ),
    ] {
        let desk = Desk::open();
        let mona = desk.person("mona").await;
        two_threads(&desk);
        desk.github.fail(1, &fault);
        let fetched = fetch(&mona, json!({"pr_url": url("octo/app", 7)})).await;
        let fetched = fetched.unwrap_or_else(|told| panic!("{name}: {told}"));
        assert_eq!((&fetched.summary["comments"], &fetched.summary["complete"]), (&json!(2), &json!(true)));
        assert_eq!(desk.asked().len(), 2, "{name}");
        let other = desk.person("hubot").await;
        desk.github.fail(50, &fault);
        let begun = Instant::now();
        let told = failure(&other, json!({})).await;
        let attempts = desk.asked().len();
        assert_eq!(told["code"], "github_unavailable", "{name}: {told}");
        assert!(told["error"].as_str().unwrap().contains("GitHub"), "{name}: {told}");
        assert!((2..=3).contains(&attempts), "{name}: {attempts}");
        assert!(begun.elapsed() < Duration::from_millis(10_500), "{name}");
        desk.github.mend();
        let fetched = fetch(&other, json!({"pr_url": url("octo/app", 7)})).await.unwrap();
        assert_eq!(fetched.summary["comments"], 2, "{name}: the failure is kept for nobody");
    }
}
