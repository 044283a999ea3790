//! The coordinator on a board of 10,000 tasks and SQLite on disk: `cargo bench --bench coordinator`.
//!
//! Prints `request_next_task` (p50, p99) and claims a second from one and from two processes on one data folder, each
//! claim followed by its completion; memory of the picture; choosing alone, and reading a board anew, over 10,000 and
//! 100,000 tasks, to see how they grow.

#![expect(clippy::print_stdout, reason = "it is what this program is for")]

#[path = "coordinator/bed.rs"]
mod bed;
#[path = "coordinator/picture.rs"]
mod picture;

use std::{
    path::Path,
    process::{Child, Command},
    time::Duration,
};

const TASKS: usize = 10_000;
const AGENTS: usize = 64;
const ROUND: Duration = Duration::from_secs(5);
/// Long enough for the log to be brought in whole a few times at 2,000 claims a second.
const PACED: Duration = Duration::from_secs(16);

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "worker") {
        return bed::work(Path::new(&arguments[at + 1]), &arguments[at + 2], AGENTS, ROUND);
    }
    for count in [10_000, 100_000] {
        picture::measure(count);
    }
    for (agents, a_second, tasks) in [(8, 200, TASKS), (64, 2_000, TASKS * 4)] {
        paced(agents, a_second, tasks);
    }
    for processes in [1, 2] {
        claims(processes);
    }
}

/// Claims and completions of that many processes on one board.
fn claims(processes: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    bed::fill(folder.path(), TASKS * 4);
    let start = |number: usize| -> Child {
        Command::new(std::env::current_exe().expect("this program has a path"))
            .args(["worker", &folder.path().display().to_string(), &number.to_string()])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a worker starts")
    };
    let workers: Vec<_> = (0..processes).map(start).collect();
    let (mut claims, mut waits): (usize, Vec<f64>) = (0, Vec::new());
    for worker in workers {
        let output = worker.wait_with_output().expect("a worker ends");
        let text = String::from_utf8(output.stdout).expect("text");
        for line in text.lines() {
            waits.push(line.parse().expect("a number"));
            claims += 1;
        }
    }
    waits.sort_by(f64::total_cmp);
    let at = |part: f64| waits[((waits.len() - 1) as f64 * part) as usize] / 1000.0;
    println!(
        "request_next_task, {processes} process(es), {AGENTS} agents each, {} tasks at first: {:.0} claims/s, each with its \
         completion; p50 {:.2} ms, p99 {:.2} ms",
        TASKS * 4,
        claims as f64 / ROUND.as_secs_f64(),
        at(0.5),
        at(0.99)
    );
}

/// Agents that ask for this many tasks a second together, on a board of that many at first: what a caller waits for.
fn paced(agents: usize, a_second: usize, tasks: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    bed::fill(folder.path(), tasks);
    let pace = Duration::from_secs_f64(agents as f64 / a_second as f64);
    let mut waits = bed::measure(folder.path(), "paced", agents, (PACED, pace));
    waits.sort_by(f64::total_cmp);
    let at = |part: f64| waits[((waits.len() - 1) as f64 * part) as usize] / 1000.0;
    println!(
        "request_next_task, {agents} agents at {a_second} claims/s, {tasks} tasks at first: {:.0} claims/s reached; \
         p50 {:.2} ms, p99 {:.2} ms",
        waits.len() as f64 / PACED.as_secs_f64(),
        at(0.5),
        at(0.99)
    );
}
