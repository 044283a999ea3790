//! A Planka that is down, slow, or answers what makes no sense: each call ends within ten seconds with what that means, and what was
//! written under it arrives once when it is over.

use std::time::{Duration, Instant};

use taskgate::{
    boards::{Board, BoardError},
    clock::{Clock, SystemClock},
    model::{BoardWrite, TaskStatus, WriteOutcome},
};

use super::setup::{Place, board_of};
use crate::{owed, support::github::Fault};

/// Ten seconds, and what a busy machine takes.
const AT_MOST: Duration = Duration::from_secs(12);

/// What a call came to.
async fn meaning_of<T>(call: impl Future<Output = Result<T, BoardError>>) -> &'static str {
    let begun = Instant::now();
    let meaning = match call.await {
        Ok(_) => "done",
        Err(BoardError::NoSuchTask) => "none",
        Err(BoardError::Unauthorized) => "unauthorized",
        Err(BoardError::Forbidden { .. }) => "forbidden",
        Err(BoardError::RateLimited { .. }) => "limited",
        Err(BoardError::Rejected { .. }) => "rejected",
        Err(BoardError::Unavailable { .. }) => "unavailable",
    };
    assert!(begun.elapsed() < AT_MOST, "{meaning} after {:?}", begun.elapsed());
    meaning
}

/// Every call while that goes wrong with every request.
async fn all_calls_under(fault: Fault, expected: &str) {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    let whole = board.changes(None).await.unwrap();
    let mut said = owed(1, &card, BoardWrite::comment(String::from("said")));
    said.entry.at = SystemClock::new().now();
    let moved = owed(2, &card, BoardWrite::Move { status: TaskStatus::InProgress });
    place.planka.fail("", 1_000, &fault);
    let write = async |owed: &_| board.write(std::slice::from_ref(owed)).await.remove(0);
    let (found, written, told) = tokio::join!(
        meaning_of(board.find(&card)),
        meaning_of(write(&said)),
        meaning_of(board.told_claim(&card)),
    );
    // What is wrong with the board as a whole is no fault of a write, which is kept.
    let kept = if expected == "rejected" { "unavailable" } else { expected };
    assert_eq!([found, written, told], [expected, kept, expected], "{fault:?}");
    // A board is waited for longer: nobody waits for its changes.
    if !matches!(fault, Fault::Hang) {
        assert_eq!(meaning_of(board.changes(Some(&whole.cursor))).await, expected, "{fault:?}");
    }
    place.planka.mend();
    said.attempts = 1;
    assert!(matches!(write(&said).await, Ok(WriteOutcome::Written)), "{fault:?}");
    assert!(matches!(write(&moved).await, Ok(WriteOutcome::Written)), "{fault:?}");
    assert_eq!((place.texts(&card).len(), place.list_of(&card)), (1, "In Progress".to_owned()), "{fault:?}");
}

#[tokio::test]
async fn every_call_ends_in_time_with_what_it_means_and_a_repeat_arrives_once() {
    let busy = Fault::answer(429, &[("retry-after", "7")], &serde_json::json!({}));
    let cases = [
        (Fault::status(502), "unavailable"),
        (Fault::status(500), "unavailable"),
        (Fault::html(503), "unavailable"),
        (Fault::html(200), "unavailable"),
        (Fault::html(404), "unavailable"),
        (Fault::Truncated, "unavailable"),
        (Fault::Drop, "unavailable"),
        (Fault::DropAfter, "unavailable"),
        (Fault::Hang, "unavailable"),
        (Fault::status(401), "unauthorized"),
        (Fault::status(403), "forbidden"),
        (Fault::status(302), "rejected"),
        (busy, "limited"),
    ];
    futures_util::future::join_all(cases.map(|(fault, expected)| all_calls_under(fault, expected))).await;
}

#[tokio::test]
async fn a_board_is_read_up_to_32_mib() {
    let place = Place::whole();
    let board = board_of(&place);
    let of_size = |bytes: usize| Fault::Answer { status: 200, headers: Vec::new(), body: " ".repeat(bytes) };
    for (mib, expected) in
        [(31, "Planka's answer makes no sense"), (33, "longer than is read (33554432 bytes)")]
    {
        place.planka.fail("GET /api/boards/", 1, &of_size(mib * 1024 * 1024));
        let error = board.changes(None).await.unwrap_err();
        assert!(taskgate::model::Causes(&error).to_string().contains(expected), "{error:?}");
    }
}

/// What was missing while nothing was answered is found, and nothing is gone for it.
#[tokio::test]
async fn a_reading_that_fails_makes_nothing_gone() {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    let cursor = board.changes(None).await.unwrap().cursor;
    let other = place.card("Todo", "two");
    place.planka.fail("GET /api/boards/", 1, &Fault::status(502));
    assert!(board.changes(Some(&cursor)).await.is_err());
    let changes = board.changes(Some(&cursor)).await.unwrap();
    assert_eq!(changes.tasks.iter().map(|task| &task.id).collect::<Vec<_>>(), [&other]);
    assert!(changes.gone.is_empty() && board.find(&card).await.unwrap().is_some());
}

#[tokio::test]
async fn a_large_board_is_waited_for_and_who_waits_meanwhile_has_an_end() {
    let place = Place::whole();
    let board = board_of(&place);
    place.card("Todo", "one");
    place.planka.fail("GET /api/boards/", 1, &Fault::Late(Duration::from_secs(11)));
    let (first, others) = tokio::join!(board.changes(None), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        tokio::join!(meaning_of(board.changes(None)), meaning_of(board.find("#000000")))
    });
    assert_eq!((first.unwrap().tasks.len(), others), (1, ("unavailable", "unavailable")));
    let _ = place.planka.heard();
    place.planka.fail("GET /api/boards/", 1, &Fault::Late(Duration::from_millis(300)));
    let all = [(); 10].map(|()| board.changes(None));
    assert!(futures_util::future::join_all(all).await.iter().all(Result::is_ok));
    assert_eq!(place.planka.heard().len(), 2, "those that wait are served by one reading");
}
