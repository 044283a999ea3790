//! An application that gets its tokens itself: one at a time, before they end, and another when one is refused.

use std::sync::Arc;

use taskgate::{
    boards::{Board, BoardError, LinearBoard},
    clock::SystemClock,
    config::{LinearBoardSettings, LinearCredentialSettings},
    model::{BoardWrite, WriteOutcome},
};

use super::setup::{board_with, fake, settings};
use crate::{
    owed,
    support::{github::Fault, linear::FakeLinear},
};

fn board_of_app(linear: &FakeLinear, secret: &str) -> LinearBoard {
    let (id, _) = linear.app();
    let credential = LinearCredentialSettings::App { id, secret: secret.into() };
    board_with(LinearBoardSettings { credential, ..settings(linear) }, Arc::new(SystemClock::new()))
}

fn given(linear: &FakeLinear) -> usize {
    linear.change(|world| world.given_tokens)
}

#[tokio::test]
async fn one_token_is_got_for_all_and_another_at_once_when_it_is_refused() {
    let linear = fake();
    let task = linear.change(|world| world.file(0, "one", "unstarted"));
    let (_, secret) = linear.app();
    let board = board_of_app(&linear, &secret);
    let found = futures_util::future::join_all((0..6).map(|_| board.find(&task))).await;
    assert!(found.iter().all(|found| found.as_ref().is_ok_and(Option::is_some)), "{found:?}");
    assert_eq!(given(&linear), 1);
    // Nobody's refusal within the first seconds is of that token, but another one is got once it is none.
    linear.change(|world| world.tokens.clear());
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    let said = [owed(1, &task, BoardWrite::comment(String::from("said")))];
    assert!(matches!(board.write(&said).await[..], [Ok(WriteOutcome::Written)]));
    assert_eq!(
        (given(&linear), linear.change(|world| world.comments(&task))),
        (2, vec![String::from("said")])
    );
}

#[tokio::test]
async fn an_application_that_gets_no_token_is_told_why() {
    let linear = fake();
    let wrong = board_of_app(&linear, "another secret");
    assert!(matches!(wrong.check().await, Err(BoardError::Unauthorized)));
    let (_, secret) = linear.app();
    let off = board_of_app(&linear, &secret);
    linear.change(|world| world.app = None);
    match off.check().await {
        Err(BoardError::Forbidden { missing }) => {
            assert!(missing.contains("client_credentials") && missing.contains("switches"), "{missing}");
        }
        other => panic!("{other:?}"),
    }
    let linear = fake();
    let (_, secret) = linear.app();
    let board = board_of_app(&linear, &secret);
    linear.fail(1, &Fault::html(200));
    assert!(matches!(board.check().await, Err(BoardError::Unavailable { .. })));
}
