//! Agents at two gateways whose board is kept elsewhere, 100 ms away, where one request in twenty fails or loses its answer: no task
//! is granted twice, nothing is said twice, and everything that was decided arrives.
//!
//! A short form runs with the other tests. The long form:
//! `BOARD_RACE_TASKS=200 cargo test --test slow race_at -- --nocapture`

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{Caller, Gateway, github::Fault};

const LATENCY: Duration = Duration::from_millis(100);
const AGENTS: usize = 6;

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the gateway")]
fn wanted_tasks() -> usize {
    std::env::var("BOARD_RACE_TASKS").ok().map_or(8, |text| text.parse().unwrap())
}

/// What a fake of a board elsewhere has for a race.
pub trait Course {
    /// What a gateway needs to have it as its board.
    fn settings(&self) -> Vec<(&'static str, String)>;

    /// Puts a task there that may be offered.
    fn file(&self, title: &str);

    /// From now on everything takes that long, and one of these goes wrong with so many of a thousand requests.
    fn worsens(&self, latency: Duration, per_mille: u64, faults: &[Fault]);

    /// Of the answers so far: all, those with 502, and those that were lost.
    fn answers(&self) -> [usize; 3];

    /// Of each task its comments.
    fn comments(&self) -> Vec<Vec<String>>;

    /// What the mark of a comment begins with.
    fn mark(&self) -> &'static str;

    /// Titles of the tasks that do not stand as done.
    fn unfinished(&self) -> Vec<String>;
}

fn gateway(folder: &Arc<tempfile::TempDir>, board: &impl Course) -> Gateway {
    let own = board.settings();
    let own = own.iter().map(|(name, value)| (*name, value.as_str()));
    let settings: Vec<_> =
        own.chain([("TASKGATE_BOARD_REFRESH_SECONDS", "2"), ("RUST_LOG", "info")]).collect();
    Gateway::on(Arc::clone(folder), &settings)
}

/// What the agents got and did.
#[derive(Default)]
struct Work {
    granted: Mutex<Vec<String>>,
    completed: AtomicUsize,
}

/// Works until all of the tasks are done.
async fn agent(caller: Caller, name: String, work: Arc<Work>, tasks: usize) {
    caller.agent(&name).await;
    while work.completed.load(Ordering::SeqCst) < tasks {
        let wish = json!({"agent_id": name, "wait_seconds": 1});
        let Ok(next) = caller.tool("request_next_task", wish).await else { continue };
        if next["success"] != true {
            continue;
        }
        let task = next["task"]["id"].as_str().unwrap().to_owned();
        work.granted.lock().unwrap().push(task.clone());
        for (status, message) in [("in_progress", "half of it"), ("completed", "all of it")] {
            let report = json!({"agent_id": name, "task_id": task, "status": status, "message": message});
            caller.tool("report_task_progress", report).await.unwrap();
        }
        work.completed.fetch_add(1, Ordering::SeqCst);
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

/// The race over that board.
#[expect(clippy::print_stdout, reason = "the counts are what a long run is for")]
pub async fn nothing_is_granted_or_said_twice(board: &impl Course) {
    let tasks = wanted_tasks();
    for number in 0..tasks {
        board.file(&format!("task {number}"));
    }
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let gateways = [gateway(&folder, board), gateway(&folder, board)];
    all_written(&gateways[0].caller(), Duration::from_secs(10)).await;
    board.worsens(LATENCY, 50, &[Fault::status(502), Fault::Drop, Fault::DropAfter]);
    let (begun, work) = (Instant::now(), Arc::<Work>::default());
    let mut running = tokio::task::JoinSet::new();
    for number in 0..AGENTS {
        let caller = gateways[number % 2].caller();
        running.spawn(agent(caller, format!("agent-{number}"), Arc::clone(&work), tasks));
    }
    running.join_all().await;
    let raced = begun.elapsed();
    let patience = Duration::from_secs(30 + 10 * tasks as u64);
    let status = all_written(&gateways[1].caller(), patience).await;
    let granted = work.granted.lock().unwrap().clone();
    let twice = repeats(&granted);
    let [requests, failed, lost] = board.answers();
    let rejected = status["board_sync"]["rejected"].as_array().map_or(0, Vec::len);
    let mark = |text: &String| text.rsplit_once(board.mark()).unwrap().1.to_owned();
    let marks: Vec<Vec<_>> = board.comments().iter().map(|texts| texts.iter().map(mark).collect()).collect();
    assert!(marks.iter().all(|marks| marks.len() >= 2), "what was done and that it was: {marks:?}");
    let comments = marks.iter().map(Vec::len).sum::<usize>();
    let said_twice = marks.iter().map(|marks| repeats(marks)).sum::<usize>();
    println!(
        "{tasks} tasks, worked in {raced:.1?}, written in {:.1?}; of {requests} requests {failed} got 502 and {lost} lost their \
         connection; {twice} granted twice; {comments} comments, {said_twice} of them twice; nothing pending, {rejected} refused",
        begun.elapsed(),
    );
    assert_eq!((granted.len(), twice, said_twice, rejected), (tasks, 0, 0, 0), "{granted:?} {status}");
    assert_eq!(board.unfinished(), Vec::<String>::new());
}
