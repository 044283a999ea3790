//! Lists go on where GitHub says, and answers that still hold are not sent again.

use serde_json::Value;
use taskgate::github::GithubError;

use crate::stand_in::{StandIn, ask, said, token};

#[tokio::test]
async fn a_list_is_followed_as_its_links_say_and_to_no_other_origin() {
    let foreign = StandIn::new(|_, _| said(200, &[], "[9]")).await;
    let elsewhere = format!("<{}/next>; rel=\"next\"", foreign.base);
    let stand_in = StandIn::new(move |_, heard| match heard.path.as_str() {
        "/repos/o/r/issues?per_page=2" => {
            said(200, &[("link", "</repositories/1/issues?after=a%2Fb>; rel=\"next\"")], "[1,2]")
        }
        "/repositories/1/issues?after=a%2Fb" => said(200, &[], "[3]"),
        "/lured" => said(200, &[("link", elsewhere.as_str())], "[1]"),
        other => panic!("{other}"),
    })
    .await;
    let (github, token) = (stand_in.github(), token("t"));
    let (path, query) = (["repos", "o", "r", "issues"], [("per_page", "2")]);
    let all = github.list::<u8>(&ask(&token, 5), &path, &query, 100).await.unwrap();
    assert_eq!(all, (vec![1, 2, 3], true));
    for (most, expected) in [(2, vec![1, 2]), (1, vec![1])] {
        let some = github.list::<u8>(&ask(&token, 5), &path, &query, most).await.unwrap();
        assert_eq!(some, (expected, false));
    }
    let lured = github.list::<u8>(&ask(&token, 5), &["lured"], &[], 100).await;
    assert!(matches!(lured, Err(GithubError::Elsewhere { status: 200 })), "{lured:?}");
    assert_eq!(foreign.count(), 0);
}

#[tokio::test]
async fn an_answer_that_still_holds_is_asked_for_by_its_tag_and_by_its_token_alone() {
    let stand_in = StandIn::new(|_, heard| match heard.if_none_match.as_deref() {
        Some("\"v1\"") => said(304, &[("x-ratelimit-remaining", "7")], ""),
        Some(other) => panic!("{other}"),
        None => said(200, &[("etag", "\"v1\"")], format!("\"{}\"", heard.authorization)),
    })
    .await;
    let github = stand_in.github();
    for (name, expected) in [("a", None), ("a", Some("\"v1\"")), ("b", None), ("b", Some("\"v1\""))] {
        let got: Value = github.get(&ask(&token(name), 5), &["x"], &[]).await.unwrap();
        assert_eq!(got, format!("Bearer {name}"));
        assert_eq!(stand_in.heard().last().unwrap().if_none_match.as_deref(), expected);
    }
}

#[tokio::test]
async fn every_request_says_which_version_it_speaks_and_who_sends_it() {
    let answer = |_, heard: &crate::stand_in::Heard| {
        said(200, &[], if heard.method == "POST" { r#"{"data": {}}"# } else { "1" })
    };
    let stand_in = StandIn::new(answer).await;
    let (github, token) = (stand_in.github(), token("t"));
    github.get::<Value>(&ask(&token, 5), &["x"], &[]).await.unwrap();
    github.query::<Value>(&ask(&token, 5), "query Q { x }", &Value::Null).await.unwrap();
    for heard in stand_in.heard() {
        let header = |name: &str| heard.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("accept"), "application/vnd.github+json");
        assert_eq!(header("x-github-api-version"), "2022-11-28");
        assert_eq!(header("user-agent"), concat!("taskgate/", env!("CARGO_PKG_VERSION")));
        assert_eq!(heard.authorization, "Bearer t");
    }
}
