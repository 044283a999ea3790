//! A board at GitHub that cannot be read, or not yet: the gateway serves, says which board it is and what happened, and asks later
//! each time. `taskgate config --check-board` says beforehand.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Gateway, command,
    github::{FakeGithub, Fault},
    issues::IssuesHost,
    send, within_two_seconds,
};

const PLACE: &str = "octo/app at github.com";
/// What a caller waits at most.
const TEN_SECONDS: Duration = Duration::from_secs(10);

fn board_at<'a>(url: &'a str, token: &'a str) -> [(&'static str, &'a str); 4] {
    [("GITHUB_OWNER", "octo"), ("GITHUB_REPO", "app"), ("GITHUB_API_URL", url), ("GITHUB_TOKEN", token)]
}

async fn ready(gateway: &Gateway) -> (u16, Value) {
    let answer = send(gateway.caller().request(Method::GET, "/ready")).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_board_that_gives_nothing_is_named_with_what_happened_and_whether_to_come_again() {
    let page = Fault::Answer { status: 200, headers: Vec::new(), body: String::from("<html>out</html>") };
    let soon = Fault::secondary_limit(429, Some("30"));
    for (fault, code, said, retry) in [
        (Fault::status(502), "board_unavailable", "GitHub failed with status 502", Some(1..=60)),
        (page, "board_unavailable", "GitHub's answer makes no sense", Some(1..=60)),
        (Fault::Truncated, "board_unavailable", "GitHub's answer makes no sense", Some(1..=60)),
        (Fault::Cut, "board_unavailable", "GitHub cannot be reached", Some(1..=60)),
        (Fault::Drop, "board_unavailable", "GitHub cannot be reached", Some(1..=60)),
        (Fault::Hang, "board_unavailable", "", Some(1..=60)),
        (soon, "board_unavailable", "no more requests before", Some(20..=31)),
        (Fault::status(401), "board_refused", "does not take the gateway's credential", None),
        (Fault::permission(), "board_refused", "Resource not accessible", None),
        (Fault::status(404), "board_refused", "there is no repository octo/app", None),
        (Fault::status(410), "board_refused", "there is no repository octo/app", None),
    ] {
        let github = FakeGithub::start();
        let token = github.token("mona");
        github.change(|world| world.file_issue("octo/app", "mona", "one"));
        github.fail(1_000, &fault);
        let gateway = Gateway::with(&board_at(&github.url, &token));
        let (status, answer) = ready(&gateway).await;
        assert_eq!((status, &answer["status"]), (503, &json!("board_not_loaded")), "{fault:?}");
        let board = &answer["dependencies"][1];
        assert_eq!((&board["name"], &board["state"]), (&json!("board"), &json!("not_loaded")), "{answer}");
        assert_eq!(send(gateway.caller().request(Method::GET, "/health")).await.status, 200);
        let begun = Instant::now();
        let told = gateway.caller().tool("list_tasks", json!({})).await.unwrap_err();
        assert!(begun.elapsed() < TEN_SECONDS, "{fault:?}: {:?}", begun.elapsed());
        assert_eq!(told["code"], code, "{fault:?}: {told}");
        let error = told["error"].as_str().unwrap();
        assert!(error.starts_with(PLACE) && error.contains(said), "{fault:?}: {told}");
        let seconds = told["retry_after_seconds"].as_u64();
        match retry {
            Some(range) => {
                assert!(seconds.is_some_and(|seconds| range.contains(&seconds)), "{fault:?}: {told}");
            }
            None => assert!(seconds.is_none() && error.contains("does not help"), "{fault:?}: {told}"),
        }
    }
}

#[tokio::test]
async fn a_board_that_comes_back_is_read_by_itself_and_is_not_asked_all_the_time_before() {
    let host = IssuesHost::start();
    host.breaks(502);
    let gateway = Gateway::with(&host.settings());
    let caller = gateway.caller();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        let told = caller.tool("list_tasks", json!({})).await.unwrap_err();
        assert_eq!(told["code"], "board_unavailable", "{told}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Three tries of each of two requests, at the start and after 1, 2 and 4 s.
    let heard = host.heard();
    assert!((2..=24).contains(&heard), "{heard} requests in 5 s");
    host.mends();
    let wait = Instant::now();
    while ready(&gateway).await.0 != 200 {
        assert!(wait.elapsed() < Duration::from_secs(15), "it stays unread");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(ready(&gateway).await.1["board_age_seconds"].as_u64().is_some_and(|age| age < 30));
    let listed = caller.tool("list_tasks", json!({})).await.unwrap();
    assert_eq!(listed["total"], 4, "{listed}");
    let eve = caller.tool("get_task", json!({"task_id": "#3"})).await.unwrap();
    assert_eq!(eve["task"]["status"], "backlog");
    assert!(eve["task"]["note"].as_str().unwrap().contains("GITHUB_OFFER"), "{eve}");
    let status = caller.tool("get_project_status", json!({})).await.unwrap();
    let board = &status["board"];
    assert_eq!((&board["provider"], &board["name"]), (&json!("github"), &json!("octo/app")));
    assert_eq!(board["url"], "https://github.com/octo/app/issues");
    assert!(board["refreshed_seconds_ago"].is_u64(), "{status}");
}

#[tokio::test]
async fn a_board_that_fails_later_is_served_as_it_was_and_its_age_is_told() {
    let host = IssuesHost::start();
    let settings = [&host.settings()[..], &[("TASKGATE_BOARD_REFRESH_SECONDS", "1")]].concat();
    let gateway = Gateway::with(&settings);
    let caller = gateway.caller();
    within_two_seconds("the board is read", async || ready(&gateway).await.0 == 200).await;
    host.breaks(502);
    let missed = Instant::now();
    while !gateway.log_contains("a board could not be read") {
        assert!(missed.elapsed() < TEN_SECONDS, "nobody misses it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    caller.agent("ana").await;
    let begun = Instant::now();
    let granted = caller.tool("request_next_task", json!({"agent_id": "ana"})).await.unwrap();
    assert_eq!(granted["task"]["key"], "#1", "{granted}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(ready(&gateway).await.0, 200);
    let told = caller.tool("get_task", json!({"task_id": "#4"})).await.unwrap_err();
    assert!(told["error"].as_str().unwrap().starts_with(PLACE), "a closed task is read of the board: {told}");
}

fn checked(settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut check = command(folder.path());
    let output = check.args(["config", "--check-board"]).envs(settings.iter().copied()).output().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn the_check_of_a_board_says_what_is_there_and_how_it_is_read() {
    let host = IssuesHost::start();
    let (code, text) = checked(&host.settings());
    assert_eq!(code, Some(0), "{text}");
    for said in [
        "octo/app at github.com (KANBAN_PROVIDER=github: its credential, GITHUB_OWNER and GITHUB_REPO are set)",
        "https://github.com/octo/app/issues",
        "label in-progress         in_progress",
        "backlog                   1\ntodo                      1\nin_progress               1\nblocked                   0\ndone                      1",
        "octo/app is public; issues without a status are offered if an owner, member or collaborator opened them (it is public)",
        "the label `todo` for todo is made when it is first needed",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(host.only_read(), "nothing is written");
}

#[test]
fn the_check_of_a_board_names_each_thing_that_will_not_work() {
    let host = IssuesHost::start();
    host.change(|state| {
        state.repo["archived"] = json!(true);
        state.repo["permissions"] = json!({"triage": false, "push": false});
        state.project["closed"] = json!(true);
    });
    let settings = [&host.settings()[..], &[("GITHUB_PROJECT_NUMBER", "5")]].concat();
    let (code, text) = checked(&settings);
    assert_eq!(code, Some(1), "{text}");
    for said in [
        "octo/app, project 5 at github.com",
        "Design                    nothing: backlog",
        "In Progress               in_progress",
        "items of the project: 6, of which these are no tasks: drafts 1, pull requests 1, items the credential does not see 1, archived \
         items 1, issues of other repositories 1",
        "open issues that are not in the project, and so backlog: 2",
        "blocked has no option in the project: the label `blocked` says it",
        "problem: octo/app is archived",
        "problem: the credential's user may not write here",
        "problem: the project Roadmap is closed",
        "problem: the credential may not change the project Roadmap",
        "see the 4 problems above",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    host.change(|state| state.project["status"] = Value::Null);
    let (_, text) = checked(&settings);
    assert!(text.contains("problem: the project Roadmap has no field Status"), "{text}");
    host.change(|state| state.project = Value::Null);
    let (code, text) = checked(&settings);
    let expected =
        "octo/app, project 5 at github.com: the board does not take this: there is no project 5 of octo";
    assert!(code == Some(1) && text.contains(expected), "{text}");
    host.change(|state| state.repo["has_issues"] = json!(false));
    assert!(checked(&host.settings()).1.contains("issues are switched off in octo/app"));
    host.breaks(401);
    let (code, text) = checked(&host.settings());
    let expected = "taskgate: octo/app at github.com: the board does not take the gateway's credential";
    assert!(code == Some(1) && text.contains(expected), "{text}");
}

#[test]
fn the_check_of_the_built_in_board_needs_one() {
    let folder = tempfile::tempdir().unwrap();
    let check = || {
        let output = command(folder.path()).args(["config", "--check-board"]).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, text) = check();
    assert!(code == Some(1) && text.contains("there is no taskgate.db"), "{text}");
    crate::support::create_key(folder.path(), &[]);
    let (code, text) = check();
    assert!(code == Some(0) && text.starts_with("the built-in board (KANBAN_PROVIDER=local: "), "{text}");
    assert!(text.contains("todo                      0"), "{text}");
}
