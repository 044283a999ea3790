//! The fake has issues over REST as GitHub does, where the board depends on it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::plain::Plain;
use crate::support::github::{FakeGithub, Fault};

const ISSUES: &str = "/repos/octo/app/issues";

#[tokio::test]
async fn issues_are_listed_in_pages_among_pull_requests_with_tags_of_what_did_not_change() {
    let github = FakeGithub::start();
    let mona = Plain::of(&github, "mona");
    github.change(|world| {
        world.tracker.time.stand_at(1_800_000_000);
        for number in 1..=5 {
            world.file_issue("octo/app", "mona", &format!("issue {number}"));
        }
        world.open("octo/app", 6, "fix");
    });
    let first = mona.send(Method::GET, &format!("{ISSUES}?per_page=2&direction=asc"), None, None).await;
    let link = first.headers()["link"].to_str().unwrap().to_owned();
    assert!(link.contains("/repositories/0/issues?per_page=2&direction=asc&page=2>; rel=\"next\""), "{link}");
    let next = link.trim_start_matches('<').split('>').next().unwrap();
    assert_eq!(mona.numbers(next).await, [2, 3], "the pull request was made first");
    assert_eq!(
        mona.get(&format!("{ISSUES}/6")).await["pull_request"]["html_url"],
        "https://github.com/octo/app/pull/6"
    );
    // The last change is part of what changed since it.
    let since = "since=2027-01-15T08:00:03Z&state=all&sort=updated&direction=asc";
    assert_eq!(mona.numbers(&format!("{ISSUES}?{since}")).await, [4, 5]);
    let tagged = mona.send(Method::GET, ISSUES, None, None).await;
    let etag = tagged.headers()["etag"].to_str().unwrap().to_owned();
    let again = mona.send(Method::GET, ISSUES, None, Some(&etag)).await;
    assert_eq!((again.status().as_u16(), again.text().await.unwrap().as_str()), (304, ""));
    let other = Plain::of(&github, "hubot").send(Method::GET, ISSUES, None, Some(&etag)).await;
    assert_eq!(other.status(), 200, "a tag is of one token");
    github.change(|world| world.label_issue(1, "mona", "bug"));
    assert_eq!(mona.send(Method::GET, ISSUES, None, Some(&etag)).await.status(), 200);
    assert_eq!(mona.numbers(&format!("{ISSUES}?labels=BUG&creator=mona")).await, [2]);
    let (status, _) = mona.ask(Method::GET, &format!("{ISSUES}?state=bogus"), Value::Null).await;
    assert_eq!(status, 422);
    let tally = github.tally();
    assert_eq!(
        (tally.of("GET issues"), tally.with_status(304), tally.points),
        (9, 1, 9),
        "{:?}",
        tally.lines()
    );
}

#[tokio::test]
async fn an_issue_is_made_labelled_closed_and_commented_on() {
    let github = FakeGithub::start();
    let (mona, reader) = (Plain::of(&github, "mona"), Plain::of(&github, "reader"));
    github.change(|world| {
        world.repo("octo/app");
        world.tokens.get_mut(&reader.token).unwrap().writes_issues = false;
    });
    let new = json!({"title": "Pump", "body": "It leaks.", "labels": ["Bug"]});
    let (status, made) = mona.ask(Method::POST, ISSUES, new.clone()).await;
    assert_eq!((status, &made["number"], &made["labels"][0]["name"]), (201, &json!(1), &json!("Bug")));
    assert_eq!((&made["author_association"], &made["state_reason"]), (&json!("MEMBER"), &Value::Null));
    assert_eq!(reader.ask(Method::POST, ISSUES, new).await.0, 403);
    let labels = |body: Value| {
        let list = body.as_array().unwrap().iter().map(|label| label["name"].as_str().unwrap().to_owned());
        list.collect::<Vec<_>>()
    };
    let path = format!("{ISSUES}/1/labels");
    let (_, added) = mona.ask(Method::POST, &path, json!({"labels": ["bug", "in progress"]})).await;
    assert_eq!(labels(added), ["Bug", "in progress"]);
    let (status, left) = mona.ask(Method::DELETE, &format!("{path}/in%20progress"), Value::Null).await;
    assert_eq!((status, labels(left)), (200, vec![String::from("Bug")]));
    assert_eq!(mona.ask(Method::DELETE, &format!("{path}/nothing"), Value::Null).await.0, 404);
    assert_eq!(labels(mona.get("/repos/octo/app/labels").await), ["Bug", "in progress"]);
    let close = json!({"state": "closed", "state_reason": "not_planned"});
    let (_, closed) = mona.ask(Method::PATCH, &format!("{ISSUES}/1"), close).await;
    assert_eq!(
        (&closed["state_reason"], &closed["closed_at"]),
        (&json!("not_planned"), &closed["updated_at"])
    );
    assert!(closed["updated_at"].as_str() > made["updated_at"].as_str(), "each change takes a second");
    assert!(mona.numbers(ISSUES).await.is_empty());
    let (status, said) =
        mona.ask(Method::POST, &format!("{ISSUES}/1/comments"), json!({"body": "one"})).await;
    assert_eq!(status, 201);
    let one = format!("{ISSUES}/comments/{}", said["id"]);
    mona.ask(Method::PATCH, &one, json!({"body": "one, edited"})).await;
    mona.ask(Method::POST, &format!("{ISSUES}/1/comments"), json!({"body": "two"})).await;
    let comments = mona.get(&format!("{ISSUES}/1/comments")).await;
    assert_eq!((&comments[0]["body"], &comments[1]["body"]), (&json!("one, edited"), &json!("two")));
    let since = comments[1]["updated_at"].as_str().unwrap();
    assert_eq!(mona.get(&format!("{ISSUES}/1/comments?since={since}")).await.as_array().unwrap().len(), 1);
    assert_eq!(github.change(|world| world.issue_comments(0)), ["one, edited", "two"]);
}

#[tokio::test]
async fn what_blocks_an_issue_and_what_it_is_part_of_is_counted_in_it() {
    let github = FakeGithub::start();
    let mona = Plain::of(&github, "mona");
    github.change(|world| {
        for title in ["base", "wall", "roof"] {
            world.file_issue("octo/app", "mona", title);
        }
        world.file_issue("octo/tools", "mona", "crane");
    });
    let path = format!("{ISSUES}/2/dependencies/blocked_by");
    for (id, expected) in [(2_000_000_000_u64, 201), (2_000_000_003, 201), (2_000_000_000, 422), (7, 404)] {
        assert_eq!(mona.ask(Method::POST, &path, json!({"issue_id": id})).await.0, expected, "{id}");
    }
    let blockers = mona.get(&path).await;
    assert_eq!(
        (&blockers[0]["number"], &blockers[1]["repository"]["full_name"]),
        (&json!(1), &json!("octo/tools"))
    );
    mona.ask(Method::PATCH, &format!("{ISSUES}/1"), json!({"state": "closed"})).await;
    let summary = json!({"blocked_by": 1, "total_blocked_by": 2, "blocking": 0, "total_blocking": 0});
    assert_eq!(mona.get(&format!("{ISSUES}/2")).await["issue_dependencies_summary"], summary);
    assert_eq!(mona.ask(Method::DELETE, &format!("{path}/2000000003"), Value::Null).await.0, 200);
    let sub = json!({"sub_issue_id": 2_000_000_002_u64});
    assert_eq!(mona.ask(Method::POST, &format!("{ISSUES}/2/sub_issues"), sub.clone()).await.0, 201);
    assert_eq!(mona.numbers(&format!("{ISSUES}/2/sub_issues")).await, [3]);
    let child = mona.get(&format!("{ISSUES}/3")).await;
    assert_eq!(child["parent_issue_url"], format!("{}/repos/octo/app/issues/2", github.url));
    let summary = json!({"total": 1, "completed": 0, "percent_completed": 0});
    assert_eq!(mona.get(&format!("{ISSUES}/2")).await["sub_issues_summary"], summary);
    assert_eq!(mona.ask(Method::DELETE, &format!("{ISSUES}/2/sub_issue"), sub).await.0, 200);
    github.change(|world| world.tracker.lacks_relations = true);
    assert_eq!(mona.ask(Method::GET, &path, Value::Null).await.0, 404);
    assert!(mona.get(&format!("{ISSUES}/2")).await.get("issue_dependencies_summary").is_none());
}

#[tokio::test]
async fn what_is_deleted_transferred_or_renamed_is_told_as_such() {
    let github = FakeGithub::start();
    let mona = Plain::of(&github, "mona");
    github.change(|world| {
        for title in ["stays", "goes", "moves"] {
            world.file_issue("octo/app", "mona", title);
        }
        world.delete_issue(1, "mona");
        world.transfer_issue(2, "mona", "octo/tools");
    });
    assert_eq!(mona.numbers(ISSUES).await, [1]);
    assert_eq!(mona.ask(Method::GET, &format!("{ISSUES}/2"), Value::Null).await.0, 410);
    let moved = mona.send(Method::GET, &format!("{ISSUES}/3"), None, None).await;
    let there = moved.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(
        (moved.status().as_u16(), there.ends_with("/repositories/1/issues/1")),
        (301, true),
        "{there}"
    );
    assert_eq!(mona.get(&there).await["title"], "moves");
    let query = "query Names($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue { number repository { nameWithOwner } } } }";
    let ids = json!({"ids": ["I_kwDOFake000000", "I_kwDOFake000001", "I_kwDOFake000003"]});
    let answer = mona.graphql(query, ids).await;
    let expected = json!([{"number": 1, "repository": {"nameWithOwner": "octo/app"}}, null, {"number": 1, "repository": {"nameWithOwner": "octo/tools"}}]);
    assert_eq!((&answer["data"]["nodes"], &answer["errors"][0]["type"]), (&expected, &json!("NOT_FOUND")));
    github.change(|world| world.rename_repo(0, "application"));
    let renamed = mona.send(Method::GET, &format!("{ISSUES}/1"), None, None).await;
    assert_eq!(renamed.status(), 301);
    let there = renamed.headers()["location"].to_str().unwrap();
    assert_eq!(mona.get(there).await["repository_url"], format!("{}/repos/octo/application", github.url));
    github.change(|world| world.tracker.without_issues.insert(0));
    assert_eq!(mona.ask(Method::GET, "/repos/octo/application/issues", Value::Null).await.0, 410);
}

#[tokio::test]
async fn reads_may_lag_behind_writes_and_faults_meet_the_requests_they_are_for() {
    let github = FakeGithub::start();
    let mona = Plain::of(&github, "mona");
    github.change(|world| {
        world.file_issue("octo/app", "mona", "seen");
        world.tracker.lag = Duration::from_secs(3600);
        world.label_issue(0, "mona", "todo");
        world.label_issue(0, "mona", "done");
        world.comment_on_issue(0, "mona", "said");
    });
    let one = format!("{ISSUES}/1");
    let (_, closed) = mona.ask(Method::PATCH, &one, json!({"state": "closed"})).await;
    assert_eq!(closed["labels"].as_array().unwrap().len(), 2, "a write answers what is");
    mona.ask(Method::POST, ISSUES, json!({"title": "unseen"})).await;
    let read = mona.get(&one).await;
    assert_eq!((&read["state"], &read["labels"]), (&json!("open"), &json!([])));
    assert_eq!(mona.numbers(ISSUES).await, [1]);
    assert_eq!(mona.get(&format!("{one}/comments")).await, json!([]));
    github.change(|world| world.tracker.settle());
    assert_eq!(mona.get(&one).await["state"], "closed");
    assert_eq!(mona.numbers(ISSUES).await, [2]);
    github.fail_kind("POST issues/{n}/comments", 1, &Fault::DropAfter);
    github.fail_kind("GET issues/{n}", 1, &Fault::html(502));
    let lost = reqwest::Client::new().post(format!("{}{one}/comments", github.url));
    let lost = lost.header("user-agent", "t").bearer_auth(&mona.token).json(&json!({"body": "lost"})).send();
    assert!(lost.await.is_err());
    assert_eq!(github.change(|world| world.issue_comments(0)), ["said", "lost"]);
    assert_eq!(mona.ask(Method::GET, &one, Value::Null).await.0, 502);
    assert_eq!(mona.ask(Method::GET, &one, Value::Null).await.0, 200);
    github.fail_by_chance(100, &[Fault::status(502)]);
    let mut failed = 0;
    for _ in 0..200 {
        failed += usize::from(mona.ask(Method::GET, &one, Value::Null).await.0 == 502);
    }
    assert!((5..50).contains(&failed), "{failed} of 200");
}
