//! The coordinator on a board of 10,000 tasks and SQLite on disk: `cargo bench --bench coordinator`.
//!
//! Prints `request_next_task` (p50, p99) and claims a second from one and from two processes on one data folder, each
//! claim followed by its completion; memory of the picture; choosing alone, and reading a board anew, over 10,000 and
//! 100,000 tasks, to see how they grow. `cargo bench --bench coordinator -- redis` instead has three processes claim over one
//! Redis, with `appendfsync everysec` and `always`: grants alone, with all agents asking at the same moment, and each claim
//! followed by its completion; and prints what Redis itself spends on one.

#![expect(clippy::print_stdout, reason = "it is what this program is for")]

#[path = "coordinator/bed.rs"]
mod bed;
#[path = "gateway/cpu.rs"]
mod cpu;
#[path = "coordinator/picture.rs"]
mod picture;
#[path = "gateway/redis_server.rs"]
mod redis_server;

use std::{
    process::{Child, Command},
    time::Duration,
};

use bed::Place;
use taskgate::{
    clock::{Clock, SystemClock},
    model::UnixMillis,
};

const TASKS: usize = 10_000;
const ROUND: Duration = Duration::from_secs(5);
/// Long enough for the log to be brought in whole a few times at 2,000 claims a second.
const PACED: Duration = Duration::from_secs(16);
/// Until every process has its picture and its agents.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// Processes that work on one board, and how.
struct Load {
    processes: usize,
    /// In each process.
    agents: usize,
    /// Of all processes together; none is as fast as it goes.
    claims_a_second: Option<usize>,
    /// On the board at first.
    tasks: usize,
}

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "worker") {
        let [place, name, agents, round, pace] = &arguments[at + 1..] else { panic!("five arguments") };
        let agents = agents.parse().expect("a number of agents");
        let seconds = |text: &str| Duration::from_secs_f64(text.parse().expect("seconds"));
        return bed::work(&Place::read(place.clone()), name, agents, (seconds(round), seconds(pace)));
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "burst") {
        let [place, name, agents, begins] = &arguments[at + 1..] else { panic!("four arguments") };
        let begins = UnixMillis(begins.parse().expect("a moment"));
        let agents = agents.parse().expect("a number of agents");
        return bed::ask_at_once(&Place::read(place.clone()), name, agents, begins);
    }
    if arguments.iter().any(|argument| argument == "redis") {
        return ["everysec", "always"].into_iter().for_each(|appendfsync| {
            burst_on_redis(appendfsync);
            on_redis(appendfsync);
        });
    }
    for count in [10_000, 100_000] {
        picture::measure(count);
    }
    let loads = [
        Load { processes: 1, agents: 8, claims_a_second: Some(200), tasks: TASKS },
        Load { processes: 1, agents: 64, claims_a_second: Some(2_000), tasks: TASKS * 4 },
        Load { processes: 2, agents: 32, claims_a_second: Some(2_000), tasks: TASKS * 4 },
        Load { processes: 1, agents: 64, claims_a_second: None, tasks: TASKS * 4 },
        Load { processes: 2, agents: 64, claims_a_second: None, tasks: TASKS * 4 },
    ];
    for load in &loads {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = Place::folder(folder.path());
        bed::fill(&place, load.tasks);
        claims(load, &place);
    }
}

fn on_redis(appendfsync: &str) {
    let loads = [
        Load { processes: 1, agents: 64, claims_a_second: None, tasks: TASKS * 4 },
        Load { processes: 3, agents: 16, claims_a_second: Some(1_000), tasks: TASKS * 4 },
        Load { processes: 3, agents: 32, claims_a_second: None, tasks: TASKS * 4 },
    ];
    for load in &loads {
        let redis = redis_server::RedisServer::start(appendfsync);
        let place = Place::redis(&redis.url);
        bed::fill(&place, load.tasks);
        let before = cpu::seconds_of(redis.process.id());
        print!("Redis, {appendfsync}: ");
        let count = claims(load, &place);
        let micros = (cpu::seconds_of(redis.process.id()) - before) * 1e6 / count as f64;
        println!("  Redis itself: {micros:.0} us of a processor for each, its completion in it");
    }
}

/// 999 agents of three processes ask at the same moment: grants alone.
fn burst_on_redis(appendfsync: &str) {
    const PROCESSES: usize = 3;
    let redis = redis_server::RedisServer::start(appendfsync);
    let place = Place::redis(&redis.url);
    bed::fill(&place, TASKS);
    let begins = SystemClock::new().now().0 + READY_WITHIN.as_millis() as i64;
    let arguments = |number: usize| {
        ["burst".to_owned(), place.to_string(), number.to_string(), "333".to_owned(), begins.to_string()]
    };
    let workers: Vec<_> = (0..PROCESSES).map(|number| worker(&arguments(number))).collect();
    let (mut granted, mut took) = (0, [0.0_f64; bed::ROUNDS]);
    for line in workers.into_iter().map(printed).collect::<String>().lines() {
        let (round, micros) = line.split_once(' ').expect("two words");
        let took = &mut took[round.parse::<usize>().expect("a round")];
        *took = took.max(micros.parse().expect("microseconds"));
        granted += 1;
    }
    println!(
        "Redis, {appendfsync}: request_next_task, {PROCESSES} processes, 333 agents each, all at the same moment, {TASKS} \
         tasks at first: {:.0} claims/s (all have a task after {:.0} ms)",
        f64::from(granted) / (took.iter().sum::<f64>() / 1e6),
        took.iter().sum::<f64>() / 1e3 / bed::ROUNDS as f64,
    );
}

fn worker(arguments: &[String]) -> Child {
    Command::new(std::env::current_exe().expect("this program has a path"))
        .args(arguments)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("a worker starts")
}

/// What a worker printed until it ended.
fn printed(worker: Child) -> String {
    String::from_utf8(worker.wait_with_output().expect("a worker ends").stdout).expect("text")
}

/// Claims and completions under a load, and what a caller waits for a task; answers how many.
fn claims(load: &Load, place: &Place) -> usize {
    let Load { processes, agents, claims_a_second, tasks } = *load;
    let round = if claims_a_second.is_some() { PACED } else { ROUND }.as_secs_f64();
    let pace = claims_a_second.map_or(0.0, |claims| (processes * agents) as f64 / claims as f64);
    let start = |number: usize| {
        worker(&[
            "worker".to_owned(),
            place.to_string(),
            number.to_string(),
            agents.to_string(),
            round.to_string(),
            pace.to_string(),
        ])
    };
    let workers: Vec<_> = (0..processes).map(start).collect();
    let mut waits: Vec<f64> = Vec::new();
    for worker in workers {
        waits.extend(printed(worker).lines().map(|line| line.parse::<f64>().expect("a number")));
    }
    waits.sort_by(f64::total_cmp);
    let at = |part: f64| waits[((waits.len() - 1) as f64 * part) as usize] / 1000.0;
    let wanted =
        claims_a_second.map_or_else(|| String::from("as fast as it goes"), |a| format!("at {a} claims/s"));
    println!(
        "request_next_task, {processes} process(es), {agents} agents each, {wanted}, {tasks} tasks at first: \
         {:.0} claims/s, each with its completion; p50 {:.2} ms, p99 {:.2} ms",
        waits.len() as f64 / round,
        at(0.5),
        at(0.99)
    );
    waits.len()
}
