//! Agents at two gateways whose board is at GitHub, 100 ms away, where one request in twenty fails or loses its answer: no task is
//! granted twice, nothing is said twice, and everything that was decided arrives.
//!
//! A short form runs with the other tests. The long form:
//! `GITHUB_RACE_TASKS=200 cargo test --test slow race_at_github -- --nocapture`

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{
    Caller, Gateway,
    github::{FakeGithub, Fault},
};

const LATENCY: Duration = Duration::from_millis(100);
const AGENTS: usize = 6;

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the gateway")]
fn wanted_tasks() -> usize {
    std::env::var("GITHUB_RACE_TASKS").ok().map_or(8, |text| text.parse().unwrap())
}

fn gateway(folder: &Arc<tempfile::TempDir>, github: &FakeGithub, token: &str) -> Gateway {
    let settings = [
        ("GITHUB_OWNER", "octo"),
        ("GITHUB_REPO", "app"),
        ("GITHUB_API_URL", github.url.as_str()),
        ("GITHUB_TOKEN", token),
        ("TASKGATE_BOARD_REFRESH_SECONDS", "2"),
        ("RUST_LOG", "info"),
    ];
    Gateway::on(Arc::clone(folder), &settings)
}

/// What the agents got and did.
#[derive(Default)]
struct Course {
    granted: Mutex<Vec<String>>,
    completed: AtomicUsize,
}

/// Works until all of the tasks are done.
async fn agent(caller: Caller, name: String, course: Arc<Course>, tasks: usize) {
    caller.agent(&name).await;
    while course.completed.load(Ordering::SeqCst) < tasks {
        let wish = json!({"agent_id": name, "wait_seconds": 1});
        let Ok(next) = caller.tool("request_next_task", wish).await else { continue };
        if next["success"] != true {
            continue;
        }
        let task = next["task"]["id"].as_str().unwrap().to_owned();
        course.granted.lock().unwrap().push(task.clone());
        for (status, message) in [("in_progress", "half of it"), ("completed", "all of it")] {
            let report = json!({"agent_id": name, "task_id": task, "status": status, "message": message});
            caller.tool("report_task_progress", report).await.unwrap();
        }
        course.completed.fetch_add(1, Ordering::SeqCst);
    }
}

/// Returns once nothing is owed to the board.
async fn all_written(caller: &Caller, patience: Duration) -> Value {
    let begun = Instant::now();
    loop {
        let status = caller.tool("get_project_status", json!({})).await.unwrap();
        if status["board_sync"]["pending"] == 0 {
            return status;
        }
        assert!(begun.elapsed() < patience, "{}", status["board_sync"]);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// How many of these are there already.
fn repeats(all: &[String]) -> usize {
    all.len() - all.iter().collect::<BTreeSet<_>>().len()
}

/// The marks of the comments below an issue.
fn marks(comments: &[String]) -> Vec<String> {
    let mark = |text: &String| text.rsplit_once("<!-- taskgate:").unwrap().1.to_owned();
    comments.iter().map(mark).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_granted_or_said_twice_at_a_github_that_is_far_and_fails() {
    let (github, tasks) = (FakeGithub::start(), wanted_tasks());
    let token = github.token("taskgate-bot");
    github.change(|world| {
        for number in 0..tasks {
            world.file_issue("octo/app", "taskgate-bot", &format!("issue {number}"));
        }
    });
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let gateways = [gateway(&folder, &github, &token), gateway(&folder, &github, &token)];
    all_written(&gateways[0].caller(), Duration::from_secs(10)).await;
    github.take_time(LATENCY);
    github.fail_by_chance(50, &[Fault::status(502), Fault::Drop, Fault::DropAfter]);
    let (begun, course) = (Instant::now(), Arc::<Course>::default());
    let mut running = tokio::task::JoinSet::new();
    for number in 0..AGENTS {
        let caller = gateways[number % 2].caller();
        running.spawn(agent(caller, format!("agent-{number}"), Arc::clone(&course), tasks));
    }
    running.join_all().await;
    let raced = begun.elapsed();
    let patience = Duration::from_secs(30 + 10 * tasks as u64);
    let status = all_written(&gateways[1].caller(), patience).await;
    let granted = course.granted.lock().unwrap().clone();
    let twice = repeats(&granted);
    let tally = github.tally();
    let (failed, lost) = (tally.with_status(502), tally.with_status(0));
    let rejected = status["board_sync"]["rejected"].as_array().map_or(0, Vec::len);
    let (comments, said_twice) = github.change(|world| {
        let marks: Vec<_> = (0..tasks).map(|issue| marks(&world.issue_comments(issue))).collect();
        assert!(marks.iter().all(|marks| marks.len() >= 2), "what was done and that it was: {marks:?}");
        (marks.iter().map(Vec::len).sum::<usize>(), marks.iter().map(|marks| repeats(marks)).sum::<usize>())
    });
    println!(
        "{tasks} tasks, worked in {raced:.1?}, written in {:.1?}; of {} requests {failed} got 502 and {lost} lost their connection; \
         {twice} granted twice; {comments} comments, {said_twice} of them twice; nothing pending, {rejected} refused",
        begun.elapsed(),
        tally.total(),
    );
    assert_eq!((granted.len(), twice, said_twice, rejected), (tasks, 0, 0, 0), "{granted:?} {status}");
    github.change(|world| {
        for issue in 0..tasks {
            let state = &world.tracker.issues[issue].now;
            assert_eq!((state.is_open, state.reason), (false, Some("completed")), "issue {issue}");
        }
    });
}
