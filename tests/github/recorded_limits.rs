//! Limits as GitHub told of them, and what comes of each: nothing is sent before it ends, and a read is tried three times at most.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use taskgate::github::GithubError;

use crate::stand_in::{Said, StandIn, ask, said, token};

/// A recorded answer, with its moments as of now.
fn recorded(name: &str) -> Said {
    let text = std::fs::read_to_string(format!("tests/github/recordings/{name}.json")).unwrap();
    let response = serde_json::from_str::<Value>(&text).unwrap()["response"].take();
    let status = response["status"].as_u64().unwrap() as u16;
    let mut answer = said(status, &[], response["body"].as_str().unwrap_or_default());
    for (name, value) in response["headers"].as_object().unwrap() {
        let values: Vec<_> = value.as_array().map_or_else(|| vec![value], |all| all.iter().collect());
        for value in values {
            answer.headers.push((name.clone(), filled(value.as_str().unwrap())));
        }
    }
    answer
}

/// A header with its moments written out.
fn filled(value: &str) -> String {
    if !value.starts_with("{{") {
        return value.to_owned();
    }
    let offset = value.split_once("offset='").map_or(0, |(_, rest)| rest[..1].parse().unwrap());
    let at = SystemTime::UNIX_EPOCH + SystemTime::UNIX_EPOCH.elapsed().unwrap() + Duration::from_secs(offset);
    if value.contains("format='unix'") {
        return at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().to_string();
    }
    httpdate::fmt_http_date(at)
}

#[tokio::test]
async fn a_limit_beyond_the_deadline_is_told_at_once_and_nothing_is_sent_before_it_ends() {
    for (name, seconds, pace) in [
        ("AbuseLimit_Fail", 30..=30, true),
        ("AbuseLimit_HttpStatus_Fail", 30..=30, true),
        ("AbuseLimit_Wait", 2..=2, true),
        ("AbuseLimit_WaitStuck", 3..=3, true),
        ("AbuseLimit_Wait_Secondary_Limits", 60..=60, true),
        ("AbuseLimit_Wait_Secondary_Limits_Body_Marker_Only", 60..=60, true),
        ("AbuseLimit_Wait_Secondary_Limits_Too_Many_Requests", 8..=8, true),
        ("AbuseLimit_Wait_Secondary_Limits_Too_Many_Requests_Date_Retry_After", 7..=9, true),
        (
            "AbuseLimit_Wait_Secondary_Limits_Too_Many_Requests_Date_Retry_After_Missing_Date_Header",
            7..=9,
            true,
        ),
        ("AbuseLimit_Wait_Secondary_Limits_Too_Many_Requests_No_Retry_After", 60..=60, true),
        ("RateLimit_Fail", 2..=4, false),
    ] {
        let stand_in = StandIn::new(move |_, _| recorded(name)).await;
        let (github, token) = (stand_in.github(), token("t"));
        for _ in 0..3 {
            let refused = github.get::<Value>(&ask(&token, 1), &["x"], &[]).await.unwrap_err();
            let GithubError::RateLimited { retry_after_seconds, secondary } = refused else {
                panic!("{name}: {refused:?}");
            };
            assert!(seconds.contains(&retry_after_seconds), "{name}: {retry_after_seconds}");
            assert_eq!(secondary, pace, "{name}");
            assert_eq!(stand_in.count(), 1, "{name}");
        }
    }
}

#[tokio::test]
async fn a_limit_within_the_deadline_is_waited_for() {
    let answer = |number, _: &_| if number == 1 { recorded("AbuseLimit_Wait") } else { said(200, &[], "1") };
    let stand_in = StandIn::new(answer).await;
    let got: Value = stand_in.github().get(&ask(&token("t"), 10), &["x"], &[]).await.unwrap();
    assert_eq!(got, 1);
    let heard = stand_in.heard();
    assert_eq!(heard.len(), 2);
    assert!(heard[1].at - heard[0].at >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_limit_that_goes_on_is_met_three_times_and_each_was_waited_for() {
    let stand_in = StandIn::new(|_, _| recorded("AbuseLimit_WaitStuck")).await;
    let failed = stand_in.github().get::<Value>(&ask(&token("t"), 20), &["x"], &[]).await;
    assert!(matches!(failed, Err(GithubError::RateLimited { .. })), "{failed:?}");
    let heard = stand_in.heard();
    assert_eq!(heard.len(), 3);
    assert!(heard.windows(2).all(|pair| pair[1].at - pair[0].at >= Duration::from_secs(3)));
}

#[tokio::test]
async fn a_missing_permission_is_told_at_once_with_what_is_missing() {
    let headers = [
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", "4990"),
        ("x-ratelimit-reset", "4102444800"),
        ("x-accepted-github-permissions", "pull_requests=write"),
    ];
    let body = r#"{"message": "Resource not accessible by personal access token"}"#;
    let stand_in = StandIn::new(move |_, _| said(403, &headers, body)).await;
    let (github, token) = (stand_in.github(), token("t"));
    for count in 1..=2 {
        let refused = github.get::<Value>(&ask(&token, 10), &["x"], &[]).await.unwrap_err();
        assert!(refused.to_string().contains("(it needs pull_requests=write)"), "{refused}");
        assert_eq!(stand_in.count(), count, "it is no limit");
    }
    let sso = [("x-github-sso", "required; url=https://github.com/orgs/o/sso?x=1")];
    let stand_in = StandIn::new(move |_, _| said(403, &sso, "{}")).await;
    let refused = stand_in.github().get::<Value>(&ask(&token, 10), &["x"], &[]).await.unwrap_err();
    assert!(
        refused.to_string().ends_with("authorise the token at https://github.com/orgs/o/sso?x=1"),
        "{refused}"
    );
}
