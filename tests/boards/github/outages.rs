//! A GitHub that is down, slow, or answers what makes no sense: each call ends within ten seconds with what that means, and what was
//! written under it arrives once when it is over.

use std::time::{Duration, Instant};

use taskgate::{
    boards::{Board, BoardError},
    clock::{Clock, SystemClock},
    model::{BoardWrite, NewTask, TaskStatus, WriteOutcome},
};

use super::setup::{GATEWAY, REPO, board, fake};
use crate::{new_task, owed, recorded, support::github::Fault};

/// Ten seconds, and what a busy machine takes.
const AT_MOST: Duration = Duration::from_secs(11);

fn meaning(error: &BoardError) -> &'static str {
    match error {
        BoardError::NoSuchTask => "none",
        BoardError::Unauthorized => "unauthorized",
        BoardError::Forbidden { .. } => "forbidden",
        BoardError::RateLimited { .. } => "limited",
        BoardError::Rejected { .. } => "rejected",
        BoardError::Unavailable { .. } => "unavailable",
    }
}

/// What a call came to.
async fn meaning_of<T>(call: impl Future<Output = Result<T, BoardError>>) -> &'static str {
    let begun = Instant::now();
    let answer = call.await.map_or_else(|error| meaning(&error), |_| "done");
    assert!(begun.elapsed() < AT_MOST, "{answer} after {:?}", begun.elapsed());
    answer
}

/// Every call while that goes wrong with every request.
async fn all_calls_under(fault: Fault, expected: &str) {
    let github = fake();
    github.change(|world| world.file_issue(REPO, GATEWAY, "one"));
    let board = board(&github, None);
    let whole = board.changes(None).await.unwrap();
    let task = &whole.tasks[0].id;
    github.fail(1_000, &fault);
    let mut said = owed(1, task, BoardWrite::comment(String::from("said")));
    said.entry.at = SystemClock::new().now();
    let write = async |said: &_| board.write(std::slice::from_ref(said)).await.remove(0);
    let (found, changed, written) = tokio::join!(
        meaning_of(board.find("#1")),
        meaning_of(board.changes(Some(&whole.cursor))),
        meaning_of(write(&said)),
    );
    assert_eq!([found, changed, written], [expected; 3], "{fault:?}");
    github.mend();
    if expected == "limited" {
        assert_eq!(meaning_of(write(&said)).await, "limited", "nothing is sent before the wait is over");
        return;
    }
    said.attempts = 1;
    assert!(matches!(write(&said).await, Ok(WriteOutcome::Written)), "{fault:?}");
    assert_eq!(github.change(|world| world.issue_comments(0)).len(), 1, "{fault:?}");
    assert!(board.find("#1").await.unwrap().is_some(), "{fault:?}");
}

#[tokio::test]
async fn every_call_ends_in_time_with_what_it_means_and_a_repeat_arrives_once() {
    let page = Fault::html(200);
    let cases = [
        (Fault::status(502), "unavailable"),
        (Fault::html(503), "unavailable"),
        (page, "unavailable"),
        (Fault::Truncated, "unavailable"),
        (Fault::Cut, "unavailable"),
        (Fault::Drop, "unavailable"),
        (Fault::DropAfter, "unavailable"),
        (Fault::Hang, "unavailable"),
        (Fault::status(401), "unauthorized"),
        (Fault::permission(), "forbidden"),
        (Fault::secondary_limit(403, Some("60")), "limited"),
        (Fault::primary_limit(403, 4_102_444_800), "limited"),
    ];
    futures_util::future::join_all(cases.map(|(fault, expected)| all_calls_under(fault, expected))).await;
}

#[tokio::test]
async fn a_task_whose_making_was_not_answered_is_made_once_and_what_failed_after_it_is_told() {
    let github = fake();
    let one = board(&github, None);
    github.fail_kind("POST issues", 1, &Fault::DropAfter);
    let made = one.create(&new_task("lost"), "lost", &recorded).await.unwrap();
    assert_eq!((made.task.key.as_str(), made.warnings), ("#1", Vec::new()));
    // Another process is asked for the same again.
    let again = board(&github, None).create(&new_task("lost"), "lost", &recorded).await.unwrap();
    assert_eq!(again.task.id, made.task.id);
    github.fail_kind("POST issues/{n}/labels", 1, &Fault::permission());
    let new = NewTask { status: TaskStatus::InProgress, ..new_task("half") };
    let half = one.create(&new, "half", &recorded).await.unwrap();
    assert_eq!((half.task.key.as_str(), half.task.status), ("#2", TaskStatus::Todo));
    assert!(half.warnings.len() == 1 && half.warnings[0].contains("status"), "{:?}", half.warnings);
    // The step that failed is done when it is asked for again, and no other issue is made.
    let whole = one.create(&new, "half", &recorded).await.unwrap();
    assert_eq!((whole.task.id, whole.task.status), (half.task.id, TaskStatus::InProgress));
    assert!(whole.warnings.is_empty(), "{:?}", whole.warnings);
}
