//! A Linear that is down, slow, over its limit, or answers what makes no sense: each call ends within ten seconds with what that means,
//! and what was written under it arrives once when it is over.

use std::time::{Duration, Instant};

use serde_json::json;
use taskgate::{
    boards::{Board, BoardError},
    clock::{Clock, SystemClock},
    model::{BoardWrite, WriteOutcome},
};

use super::setup::{board, fake};
use crate::{
    owed,
    support::{github::Fault, linear::rate_limited},
};

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

async fn meaning_of<T>(call: impl Future<Output = Result<T, BoardError>>) -> &'static str {
    let begun = Instant::now();
    let answer = call.await.map_or_else(|error| meaning(&error), |_| "done");
    assert!(begun.elapsed() < AT_MOST, "{answer} after {:?}", begun.elapsed());
    answer
}

fn errors(status: u16, code: &str) -> Fault {
    let error = json!({"message": "Invalid scope, as the test wants it", "extensions": {"code": code}});
    Fault::answer(status, &[], &json!({"data": null, "errors": [error]}))
}

async fn all_calls_under(fault: Fault, expected: &str) {
    let linear = fake();
    let task = linear.change(|world| world.file(0, "one", "unstarted"));
    let board = board(&linear);
    let whole = board.changes(None).await.unwrap();
    linear.fail(1_000, &fault);
    let mut said = owed(1, &task, BoardWrite::comment(String::from("said")));
    said.entry.at = SystemClock::new().now();
    let write = async |said: &_| board.write(std::slice::from_ref(said)).await.remove(0);
    let (found, changed, written) = tokio::join!(
        meaning_of(board.find(&task)),
        meaning_of(board.changes(Some(&whole.cursor))),
        meaning_of(write(&said)),
    );
    assert_eq!([found, changed, written], [expected; 3], "{fault:?}");
    linear.mend();
    if expected == "limited" {
        assert_eq!(meaning_of(write(&said)).await, "limited", "nothing is sent before the wait is over");
        return;
    }
    said.attempts = 1;
    assert!(matches!(write(&said).await, Ok(WriteOutcome::Written)), "{fault:?}");
    assert_eq!(linear.change(|world| world.comments(&task)), ["said"], "{fault:?}");
    assert!(board.find(&task).await.unwrap().is_some(), "{fault:?}");
}

#[tokio::test]
async fn every_call_ends_in_time_with_what_it_means_and_a_repeat_arrives_once() {
    let partial =
        json!({"data": {"issues": {"nodes": []}}, "errors": [{"message": "half", "path": ["issues"]}]});
    let cases = [
        (Fault::status(502), "unavailable"),
        (Fault::html(503), "unavailable"),
        (Fault::html(200), "unavailable"),
        (Fault::html(404), "unavailable"),
        (Fault::Truncated, "unavailable"),
        (Fault::Cut, "unavailable"),
        (Fault::Drop, "unavailable"),
        (Fault::DropAfter, "unavailable"),
        (Fault::Hang, "unavailable"),
        (errors(200, "INTERNAL_SERVER_ERROR"), "unavailable"),
        (Fault::answer(200, &[], &partial), "unavailable"),
        (Fault::status(401), "unauthorized"),
        (errors(400, "AUTHENTICATION_ERROR"), "unauthorized"),
        (errors(200, "FORBIDDEN"), "forbidden"),
        (rate_limited(4_102_444_800_000), "limited"),
        (errors(200, "RATELIMITED"), "limited"),
        (Fault::status(429), "limited"),
    ];
    futures_util::future::join_all(cases.map(|(fault, expected)| all_calls_under(fault, expected))).await;
}

#[tokio::test]
async fn a_limit_ends_when_it_says() {
    let linear = fake();
    let task = linear.change(|world| world.file(0, "one", "unstarted"));
    let board = board(&linear);
    let now = SystemClock::new().now();
    linear.fail(1, &rate_limited(now.0 + 30_000));
    match board.find(&task).await {
        Err(BoardError::RateLimited { until }) => {
            let seconds = (until.0 - now.0) / 1000;
            assert!((28..=32).contains(&seconds), "{seconds}");
        }
        other => panic!("{other:?}"),
    }
}
