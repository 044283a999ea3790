//! The pace of writes as GitHub sees it: several writers at once, in one process, while readers take all the places there are.
//!
//! A short form runs with the other tests; `WRITE_PACE_SECONDS=60 cargo test --test boards write_pace -- --nocapture` is the long one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use taskgate::{
    boards::{Board, GithubBoard},
    clock::SystemClock,
    model::{BoardWrite, TaskStatus, WriteOutcome},
};
use tokio::task::JoinSet;

use super::setup::{GATEWAY, REPO, board_at, fake};
use crate::{owed, support::github::FakeGithub};

const WRITERS: i64 = 3;
const READERS: usize = 8;
const LATENCY: Duration = Duration::from_millis(150);
const A_SECOND: Duration = Duration::from_secs(1);
const A_MINUTE: (usize, Duration) = (80, Duration::from_secs(60));

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the gateway")]
fn wanted() -> Duration {
    Duration::from_secs(std::env::var("WRITE_PACE_SECONDS").ok().map_or(8, |text| text.parse().unwrap()))
}

/// The fake's address by a name of this machine that is none of loopback's: what is asked there is taken for GitHub, with its pace.
fn far(github: &FakeGithub) -> String {
    github.url.replace("127.0.0.1", "0.0.0.0")
}

/// Says and moves what there is to an issue, until then.
async fn write(board: Arc<GithubBoard>, task_id: String, first: i64, until: Instant) {
    let moves = [TaskStatus::InProgress, TaskStatus::Blocked, TaskStatus::Todo];
    for number in first.. {
        if Instant::now() >= until {
            return;
        }
        let write = match number % 2 {
            0 => BoardWrite::comment(format!("word {number}")),
            _ => BoardWrite::Move { status: moves[number as usize / 2 % moves.len()] },
        };
        let written = board.write(&[owed(number, &task_id, write)]).await;
        assert!(matches!(written[..], [Ok(WriteOutcome::Written)]), "{written:?}");
    }
}

async fn read(board: Arc<GithubBoard>, until: Instant) {
    while Instant::now() < until {
        board.find("#1").await.unwrap();
    }
}

#[tokio::test]
async fn writes_come_to_github_a_second_apart_whatever_else_is_asked() {
    let github = fake();
    github.change(|world| {
        let project = world.new_project("octo", 3);
        for number in 0..WRITERS {
            let issue = world.file_issue(REPO, GATEWAY, &format!("issue {number}"));
            world.move_issue(project, issue, GATEWAY, ("Status", "Todo"));
        }
    });
    let board = Arc::new(board_at(&far(&github), &github, Some(3), Arc::new(SystemClock::new())));
    let tasks = board.changes(None).await.unwrap().tasks;
    github.take_time(LATENCY);
    let until = Instant::now() + wanted();
    let mut running = JoinSet::new();
    for (first, task) in tasks.iter().enumerate() {
        running.spawn(write(Arc::clone(&board), task.id.clone(), 1 + 1_000 * first as i64, until));
    }
    for _ in 0..READERS {
        running.spawn(read(Arc::clone(&board), until));
    }
    running.join_all().await;
    let heard = github.heard();
    let writes: Vec<_> = heard.iter().filter(|heard| heard.is_write).map(|heard| heard.at).collect();
    let mutations = heard.iter().filter(|heard| heard.is_write && !heard.operation.is_empty()).count();
    let apart = writes.windows(2).map(|pair| pair[1] - pair[0]);
    let least = apart.clone().min().unwrap();
    let in_a_minute =
        |from: &Instant| writes.iter().filter(|at| (*from..*from + A_MINUTE.1).contains(*at)).count();
    let most = writes.iter().map(in_a_minute).max().unwrap();
    println!(
        "{} writes ({mutations} of them of the project) beside {} reads: {least:.3?} apart at least, {:.3?} at most, {most} in a minute",
        writes.len(),
        heard.len() - writes.len(),
        apart.max().unwrap(),
    );
    assert!(least >= A_SECOND, "{least:?}");
    assert!(most <= A_MINUTE.0, "{most}");
    assert!(mutations > 0 && writes.len() as u64 > wanted().as_secs() / 3, "{} writes", writes.len());
}
