//! What goes wrong: each failure is its own, none is silent, and no request is repeated that may have done something.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use taskgate::{
    github::{Ask, GithubError},
    model::Code,
};

use crate::stand_in::{Said, StandIn, ask, said, token};

/// What a read that may take so many seconds comes to, and how many requests it took.
async fn read(answer: Said, seconds: u64) -> (GithubError, usize) {
    let stand_in = StandIn::new(move |_, _| answer.clone()).await;
    let failed = stand_in.github().get::<Value>(&ask(&token("t"), seconds), &["x"], &[]).await.unwrap_err();
    (failed, stand_in.count())
}

#[tokio::test]
async fn each_failure_of_a_read_has_its_meaning_and_only_passing_ones_are_tried_again() {
    let body = r#"{"message": "no"}"#;
    for (status, code, count) in [
        (401, Code::GithubUnauthorized, 1),
        (403, Code::GithubRefused, 1),
        (404, Code::NotFound, 1),
        (410, Code::NotFound, 1),
        (422, Code::GithubRefused, 1),
        (501, Code::GithubUnavailable, 1),
        (502, Code::GithubUnavailable, 3),
    ] {
        let (failed, requests) = read(said(status, &[], body), 10).await;
        assert_eq!((failed.code(), requests), (code, count), "{status}: {failed}");
    }
    let (failed, requests) = read(said(200, &[], r#"{"login": "oct"#), 10).await;
    assert!(matches!(failed, GithubError::Malformed(_)) && requests == 1, "{failed:?}");
    let (failed, requests) = read(said(200, &[], vec![b' '; 33 * 1024 * 1024]), 10).await;
    assert!(matches!(failed, GithubError::TooLong) && requests == 1, "{failed:?}");
}

#[tokio::test]
async fn an_answer_of_32_mib_is_read() {
    let text = format!("\"{}\"", "x".repeat(32 * 1024 * 1024 - 2));
    let stand_in = StandIn::new(move |_, _| said(200, &[], text.clone())).await;
    let got: String = stand_in.github().get(&ask(&token("t"), 20), &["x"], &[]).await.unwrap();
    assert_eq!(got.len(), 32 * 1024 * 1024 - 2);
}

#[tokio::test]
async fn a_failure_that_passes_is_not_told_and_without_retries_it_is() {
    let stand_in =
        StandIn::new(|number, _| if number < 3 { said(503, &[], "") } else { said(200, &[], "1") }).await;
    let (github, token) = (stand_in.github(), token("t"));
    let once = Ask { retries: 0, ..ask(&token, 10) };
    let failed = github.get::<Value>(&once, &["x"], &[]).await.unwrap_err();
    assert!(matches!(failed, GithubError::Unavailable { status: 503 }));
    assert_eq!(github.get::<Value>(&ask(&token, 10), &["x"], &[]).await.unwrap(), 1);
    assert_eq!(stand_in.count(), 3);
}

#[tokio::test]
async fn nobody_waits_beyond_the_deadline() {
    let start = Instant::now();
    let slow = Said { after: Duration::from_secs(30), ..said(200, &[], "1") };
    let (failed, requests) = read(slow, 1).await;
    assert!(matches!(failed, GithubError::TooSlow) && requests == 1, "{failed:?}");
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_write_is_sent_once_and_may_be_unsure() {
    for (answer, unsure) in [
        (said(502, &[], ""), true),
        (Said { after: Duration::from_secs(30), ..said(201, &[], "{}") }, true),
        (said(201, &[], "{\"id\""), true),
        (said(422, &[], r#"{"message": "no"}"#), false),
        (said(403, &[("retry-after", "1")], "{}"), false),
        (said(307, &[("location", "/elsewhere")], ""), false),
    ] {
        let stand_in = StandIn::new(move |_, _| answer.clone()).await;
        let (github, token) = (stand_in.github(), token("t"));
        let write = github.write::<Value>(&ask(&token, 1), Method::POST, &["x"], &json!({})).await;
        let failed = write.unwrap_err();
        assert_eq!(matches!(failed, GithubError::Unsure(_)), unsure, "{failed:?}");
        assert_eq!(stand_in.count(), 1, "{failed:?}");
    }
}

#[tokio::test]
async fn a_write_that_was_never_sent_is_not_unsure() {
    let stand_in = StandIn::new(|_, _| said(200, &[], "1")).await;
    let gone = crate::stand_in::address("github.com", "http://127.0.0.1:1");
    let github = crate::stand_in::github(vec![gone], taskgate::config::NetworkSettings::default());
    let failed = github.mutate::<Value>(&ask(&token("t"), 2), "mutation M { x }", &json!({})).await;
    assert!(matches!(failed, Err(GithubError::Unreachable(_))), "{failed:?}");
    assert_eq!(stand_in.count(), 0);
}

#[tokio::test]
async fn a_failure_within_an_answer_to_a_query_is_no_answer() {
    for (kind, message, code, less) in [
        ("NOT_FOUND", "Could not resolve to a Repository", Code::NotFound, false),
        ("FORBIDDEN", "Resource not accessible by integration", Code::GithubRefused, false),
        ("INSUFFICIENT_SCOPES", "needs repo", Code::GithubRefused, false),
        ("MAX_NODE_LIMIT_EXCEEDED", "more than 500,000", Code::GithubUnavailable, true),
        ("RATE_LIMITED", "API rate limit exceeded", Code::GithubRateLimited, false),
        ("", "You have exceeded a secondary rate limit.", Code::GithubRateLimited, false),
        ("", "Something went wrong while executing your query on x.", Code::GithubUnavailable, true),
        ("", "Field 'x' doesn't exist", Code::GithubUnavailable, false),
    ] {
        let body =
            json!({"data": {"viewer": null}, "errors": [{"type": kind, "message": message}]}).to_string();
        let stand_in = StandIn::new(move |_, _| said(200, &[], body.clone())).await;
        let token = token("t");
        let once = Ask { retries: 0, ..ask(&token, 2) };
        let failed = stand_in.github().query::<Value>(&once, "query Q { x }", &json!({})).await.unwrap_err();
        assert_eq!((failed.code(), failed.wants_less()), (code, less), "{message}: {failed:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_at_the_same_origin_and_sends_nothing_to_another() {
    let foreign = StandIn::new(|_, _| said(200, &[], "1")).await;
    for status in [301, 302, 303, 307, 308] {
        for target in
            [format!("{}/x", foreign.base), String::from("//127.0.0.1:1/x"), String::from("ftp://a/x")]
        {
            let stand_in = StandIn::new(move |_, _| said(status, &[("location", &target)], "")).await;
            let failed = stand_in.github().get::<Value>(&ask(&token("t"), 5), &["x"], &[]).await;
            assert!(failed.is_err(), "{status}");
            assert_eq!(stand_in.count(), 1);
        }
    }
    assert_eq!(foreign.count(), 0);
    let moved = StandIn::new(|_, heard| match heard.path.as_str() {
        "/x" => said(301, &[("location", "/repositories/1")], ""),
        "/repositories/1" => said(200, &[], "1"),
        _ => said(302, &[("location", "/around")], ""),
    })
    .await;
    let (github, token) = (moved.github(), token("t"));
    assert_eq!(github.get::<Value>(&ask(&token, 5), &["x"], &[]).await.unwrap(), 1);
    let circle = github.get::<Value>(&ask(&token, 5), &["around"], &[]).await;
    assert!(matches!(circle, Err(GithubError::Elsewhere { .. })), "{circle:?}");
    assert_eq!(moved.count(), 2 + 4);
}
