//! Many people with GitHub tokens of their own on one gateway: nobody reads what another's token reads.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use tokio::task::JoinSet;

use super::setup::{call, fetch, long_pull};
use crate::support::{admin, github::FakeGithub, send, with_admin};

#[tokio::test]
async fn sixty_four_people_each_read_with_their_own_token() {
    const PEOPLE: usize = 64;
    let github = FakeGithub::start();
    github.change(|world| {
        long_pull(world, &[1]);
        world.comments[0].text.body = String::from("canary of {viewer}.");
    });
    let gateway = with_admin(&[("GITHUB_API_URL", github.url.as_str())]);
    let admin = admin(&gateway);
    let mut callers = Vec::new();
    for number in 0..PEOPLE {
        let login = format!("user{number:02}");
        let body = json!({"user_id": login, "github_token": github.token(&login)});
        let made = send(admin.request(reqwest::Method::POST, "/admin/tokens").json(&body)).await;
        let key = made.json()["mcp_key"].as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned();
        callers.push((login, gateway.caller_with(&key)));
    }
    github.heard();
    github.take_time(Duration::from_millis(5));
    let mut running = JoinSet::new();
    for (login, caller) in callers.iter().cloned().flat_map(|caller| [caller.clone(), caller]) {
        running.spawn(async move {
            for _ in 0..5 {
                let called = fetch(&caller, json!({"output": "json"})).await;
                assert_eq!(called.bodies(), [format!("canary of {login}.")]);
            }
        });
    }
    running.join_all().await;
    let heard = github.heard();
    assert!(heard.iter().all(|heard| heard.authorization.is_some() && heard.login.is_some()));
    let logins: BTreeSet<_> = heard.iter().map(|heard| heard.login.clone()).collect();
    assert_eq!((heard.len(), logins.len()), (PEOPLE, PEOPLE), "one request for each, and none for another");
    // A key without a token reads nothing, whatever others have read.
    let none = fetch(&gateway.caller(), json!({})).await;
    assert_eq!(none.error().0, "github_token_missing");
    let elsewhere = json!({"owner": "o", "repo": "r", "branch": "b", "host": "ghe.example.com"});
    assert_eq!(call(&callers[0].1, "resolve_open_pr_url", elsewhere).await.error().0, "invalid_arguments");
    assert_eq!(github.heard().len(), 0);
}
