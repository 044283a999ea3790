//! Forks share the names of branches, filters do not always filter, and lists have pages: no wrong pull request is found.

use serde_json::{Value, json};

use super::desk::{Desk, call, fetch, url};
use crate::support::{Caller, github::Fault};

async fn found(caller: &Caller, arguments: Value) -> Result<String, Value> {
    let mut all = json!({"owner": "octo", "repo": "app"});
    all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    let texts = call(caller, "resolve_open_pr_url", all).await?;
    assert_eq!(texts.len(), 1);
    Ok(texts[0].clone())
}

#[tokio::test]
async fn a_branch_of_a_fork_is_not_that_of_the_repository() {
    let desk = Desk::open();
    let mona = desk.person("mona").await;
    desk.github.change(|world| {
        world.open("octo/app", 1, "mona:main");
        world.open("octo/app", 2, "hubot:main");
        world.open("octo/app", 3, "hubot:patch-1");
    });
    for (branch, number) in [("mona:main", 1), ("hubot:main", 2), ("patch-1", 3), ("Hubot:main", 2)] {
        assert_eq!(
            found(&mona, json!({"branch": branch})).await.unwrap(),
            url("octo/app", number),
            "{branch}"
        );
    }
    let told = found(&mona, json!({"branch": "main"})).await.unwrap_err();
    let error = told["error"].as_str().unwrap();
    assert!(error.contains(&url("octo/app", 1)) && error.contains(&url("octo/app", 2)), "{told}");
    desk.github.change(|world| world.open("octo/app", 4, "main"));
    assert_eq!(found(&mona, json!({"branch": "main"})).await.unwrap(), url("octo/app", 4));
    desk.github.change(|world| world.open("octo/app", 6, "main"));
    let told = found(&mona, json!({"branch": "main", "select_strategy": "error"})).await.unwrap_err();
    let error = told["error"].as_str().unwrap();
    assert!(error.contains(&url("octo/app", 4)) && error.contains(&url("octo/app", 6)), "{told}");
    let told = found(&mona, json!({"branch": "octo:patch-1"})).await.unwrap_err();
    assert_eq!(told["code"], "pull_request_not_found", "a fork's is not the owner's: {told}");
}

#[tokio::test]
async fn a_list_that_is_not_filtered_gives_no_wrong_pull_request() {
    let desk = Desk::open();
    let mona = desk.person("mona").await;
    desk.github.change(|world| {
        world.answers_any_head = true;
        world.open("octo/app", 1, "fix");
        world.open("octo/app", 2, "mona:fix");
        world.open("octo/app", 3, "other");
    });
    for strategy in ["branch", "error"] {
        for (branch, number) in [("fix", 1), ("mona:fix", 2)] {
            let arguments = json!({"branch": branch, "select_strategy": strategy});
            assert_eq!(
                found(&mona, arguments).await.unwrap(),
                url("octo/app", number),
                "{strategy} {branch}"
            );
        }
        let told = found(&mona, json!({"branch": "nowhere", "select_strategy": strategy})).await.unwrap_err();
        assert_eq!(told["code"], "pull_request_not_found", "{strategy}: {told}");
    }
    let told = fetch(&mona, json!({"owner": "octo", "repo": "app", "branch": "nowhere"})).await.unwrap_err();
    assert_eq!(told["code"], "pull_request_not_found", "{told}");
}

#[tokio::test]
async fn open_pull_requests_are_listed_over_all_pages_and_no_more_than_asked_for() {
    let desk = Desk::open();
    let mona = desk.person("mona").await;
    desk.github.change(|world| {
        for number in 1..=130 {
            world.open("octo/app", number, &format!("mona:branch-{number}"));
        }
    });
    let list = async |arguments: Value| {
        let mut all = json!({"owner": "octo", "repo": "app"});
        all.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
        mona.tool("list_open_pull_requests", all).await.unwrap()
    };
    let some = list(json!({})).await;
    let open = some["pull_requests"].as_array().unwrap();
    assert_eq!((open.len(), &some["complete"], &some["untrusted"]), (30, &json!(false), &json!(true)));
    assert_eq!((&open[0]["number"], &open[0]["head"]), (&json!(130), &json!("mona:branch-130")));
    let one = list(json!({"branch": "mona:branch-7"})).await;
    assert_eq!((&one["pull_requests"][0]["number"], &one["complete"]), (&json!(7), &json!(true)));
    let most = list(json!({"limit": 100})).await;
    assert_eq!(most["pull_requests"].as_array().unwrap().len(), 100);
    let first = found(&mona, json!({"select_strategy": "first"})).await.unwrap();
    assert_eq!(first, url("octo/app", 1), "the smallest number is on the second page");
}

#[tokio::test]
async fn a_repository_that_is_not_seen_and_a_failure_are_not_no_pull_requests() {
    let desk = Desk::open();
    let mona = desk.person("mona").await;
    desk.github.change(|world| {
        let pull = world.open("octo/secret", 1, "x");
        let repo = world.pulls[pull].repo;
        world.repos[repo].readers = Some(["hubot".to_owned()].into());
    });
    let told = found(&mona, json!({"repo": "secret", "branch": "x"})).await.unwrap_err();
    assert_eq!(told["code"], "pull_request_not_found", "{told}");
    assert!(told["error"].as_str().unwrap().contains("does not see it"), "{told}");
    desk.github.change(|world| world.open("octo/app", 1, "fix"));
    for (fault, code) in [
        (Fault::status(401), "github_unauthorized"),
        (Fault::permission(), "github_refused"),
        (Fault::status(503), "github_unavailable"),
        (Fault::Truncated, "github_unavailable"),
    ] {
        desk.github.fail(5, &fault);
        let told = found(&mona, json!({"repo": "app", "branch": "fix"})).await.unwrap_err();
        assert_eq!(told["code"], code, "{told}");
        desk.github.mend();
    }
}
