//! What one token may do at once and in an hour.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use taskgate::github::{Ask, Github, GithubError, Urgency};

use crate::stand_in::{Said, StandIn, ask, said, token};

#[tokio::test]
async fn a_token_has_four_requests_under_way_and_another_has_its_own_four() {
    let slow = |_, _: &_| Said { after: Duration::from_millis(60), ..said(200, &[], "1") };
    let stand_in = StandIn::new(slow).await;
    let github = stand_in.github();
    let (one, other) = (token("one"), token("other"));
    let get = async |token, count: usize| {
        let all = (0..count).map(|_| async {
            github.get::<Value>(&ask(token, 10), &["x"], &[]).await.unwrap();
        });
        futures_util::future::join_all(all).await
    };
    get(&one, 20).await;
    assert_eq!(stand_in.most_at_once(), 4);
    tokio::join!(get(&one, 20), get(&other, 20));
    assert_eq!(stand_in.most_at_once(), 8);
}

#[tokio::test]
async fn what_nobody_waits_for_leaves_the_last_tenth_to_people() {
    let headers =
        [("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "10"), ("x-ratelimit-reset", "4102444800")];
    let stand_in = StandIn::new(move |_, _| said(200, &headers, "1")).await;
    let (github, token) = (stand_in.github(), token("t"));
    github.get::<Value>(&ask(&token, 5), &["x"], &[]).await.unwrap();
    let background = Ask { urgency: Urgency::Background, ..ask(&token, 5) };
    let refused = github.get::<Value>(&background, &["x"], &[]).await;
    assert!(matches!(refused, Err(GithubError::RateLimited { secondary: false, .. })), "{refused:?}");
    assert_eq!(stand_in.count(), 1);
    github.get::<Value>(&ask(&token, 5), &["x"], &[]).await.unwrap();
    assert_eq!(stand_in.count(), 2);
}

#[tokio::test]
async fn a_budget_that_is_spent_is_of_one_api_and_of_one_token() {
    let headers =
        [("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "4102444800")];
    let stand_in = StandIn::new(move |_, heard| {
        if heard.authorization == "Bearer t" {
            said(200, &headers, r#"{"data": 1}"#)
        } else {
            said(200, &[], "1")
        }
    });
    let stand_in = stand_in.await;
    let (github, spent, fresh) = (stand_in.github(), token("t"), token("u"));
    github.get::<Value>(&ask(&spent, 5), &["x"], &[]).await.unwrap();
    assert!(github.get::<Value>(&ask(&spent, 5), &["x"], &[]).await.is_err());
    assert_eq!(stand_in.count(), 1);
    github.query::<Value>(&ask(&spent, 5), "query Q { x }", &json!({})).await.unwrap();
    github.get::<Value>(&ask(&fresh, 5), &["x"], &[]).await.unwrap();
    assert_eq!(stand_in.count(), 3);
}

/// Outcomes of so many writes at once that have so many seconds.
async fn writes(github: &Github, count: usize, seconds: u64) -> Vec<Result<Value, GithubError>> {
    let token = token("t");
    let writes = (0..count)
        .map(|_| async { github.write(&ask(&token, seconds), Method::POST, &["x"], &json!({})).await });
    futures_util::future::join_all(writes).await
}

#[tokio::test]
async fn a_token_writes_once_a_second_and_what_would_be_too_late_is_told_at_once() {
    let mut stand_in = StandIn::new(|_, _| said(201, &[], "{}")).await;
    // Another name of this machine, which is not taken for it.
    stand_in.base = stand_in.base.replace("127.0.0.1", "0.0.0.0");
    let outcomes = writes(&stand_in.github(), 10, 4).await;
    let heard = stand_in.heard();
    assert!((3..=4).contains(&heard.len()), "{outcomes:?}");
    assert!(heard.windows(2).all(|pair| pair[1].at - pair[0].at >= Duration::from_millis(500)));
    for refused in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, GithubError::RateLimited { secondary: true, .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn on_this_machine_writes_go_out_one_after_the_other_at_no_pace() {
    let stand_in = StandIn::new(|_, _| said(201, &[], "{}")).await;
    let outcomes = writes(&stand_in.github(), 90, 10).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!((stand_in.count(), stand_in.most_at_once()), (90, 1));
}
