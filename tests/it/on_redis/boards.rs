//! A board elsewhere is read by one of the gateways for all of them.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::{gateway_with, server::RedisServer};
use crate::support::{Gateway, github::FakeGithub};

const ISSUES: usize = 5;
const LIST: &str = "GET issues";

/// A repository with some issues, and what a gateway needs to have it as its board.
fn repository() -> (FakeGithub, String) {
    let github = FakeGithub::start();
    let token = github.token("mona");
    github.change(|world| {
        for number in 0..ISSUES {
            world.file_issue("octo/app", "mona", &format!("issue {number}"));
        }
    });
    (github, token)
}

fn settings<'a>(github: &'a FakeGithub, token: &'a str, refresh: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("GITHUB_OWNER", "octo"),
        ("GITHUB_REPO", "app"),
        ("GITHUB_API_URL", &github.url),
        ("GITHUB_TOKEN", token),
        ("TASKGATE_BOARD_REFRESH_SECONDS", refresh),
    ]
}

/// Waits until a gateway is ready, and has that many tasks.
async fn has(gateway: &Gateway, tasks: usize) {
    let begun = Instant::now();
    let caller = gateway.caller();
    while caller.request(Method::GET, "/ready").send().await.unwrap().status() != 200 {
        assert!(begun.elapsed() < Duration::from_secs(15), "it is not ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(caller.tool("list_tasks", json!({})).await.unwrap()["total"], tasks);
}

/// Waits until a gateway knows that title.
async fn knows(gateway: &Gateway, title: &str) {
    let begun = Instant::now();
    loop {
        let listed = gateway.caller().tool("list_tasks", json!({})).await.unwrap();
        if listed.to_string().contains(title) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{listed}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gateways_that_start_together_read_a_board_once() {
    let (github, token) = repository();
    let alone = settings(&github, &token, "3600");
    let one = Gateway::with(&alone);
    has(&one, ISSUES).await;
    let of_one = github.tally().of(LIST);
    drop(one);
    let redis = RedisServer::start(&[]);
    let gateways = [(); 3].map(|()| gateway_with(&redis.url(), &alone));
    for gateway in &gateways {
        has(gateway, ISSUES).await;
    }
    let of_three = github.tally();
    assert_eq!(of_three.of(LIST), of_one, "{:?}", of_three.lines());
    let late = gateway_with(&redis.url(), &alone);
    has(&late, ISSUES).await;
    let of_late = github.tally();
    assert_eq!(of_late.of(LIST), 0, "nor does one that starts later: {:?}", of_late.lines());
    // What it did not read itself, it writes as well.
    late.caller().agent("ana").await;
    let next = late.caller().tool("request_next_task", json!({"agent_id": "ana"})).await.unwrap();
    let done =
        json!({"agent_id": "ana", "task_id": next["task"]["id"], "status": "completed", "message": "done"});
    late.caller().tool("report_task_progress", done).await.unwrap();
    let (mut written, begun) = (0, Instant::now());
    while written == 0 {
        written += github.tally().of("PATCH issues/{n}");
        assert!(begun.elapsed() < Duration::from_secs(10), "it is closed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_is_asked_for_by_one_and_known_to_all_whoever_dies() {
    let (github, token) = repository();
    let redis = RedisServer::start(&[]);
    let often = settings(&github, &token, "1");
    let mut gateways: Vec<_> = (0..3).map(|_| gateway_with(&redis.url(), &often)).collect();
    for gateway in &gateways {
        has(gateway, ISSUES).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    github.tally();
    let begun = Instant::now();
    github.change(|world| world.edit_issue(0, "mona", Some("a new title"), None));
    for gateway in &gateways {
        knows(gateway, "a new title").await;
    }
    tokio::time::sleep(Duration::from_secs(6).saturating_sub(begun.elapsed())).await;
    // A list of what is open and one of what is closed, each second.
    let seconds = begun.elapsed().as_secs() as usize + 2;
    let asked = github.tally();
    assert!(asked.of(LIST) <= 2 * seconds, "in {seconds} s: {:?}", asked.lines());
    for title in ["a second title", "a third title"] {
        let mut dead = gateways.remove(0);
        dead.child.kill().unwrap();
        dead.child.wait().unwrap();
        github.change(|world| world.edit_issue(1, "mona", Some(title), None));
        for gateway in &gateways {
            knows(gateway, title).await;
        }
    }
}
