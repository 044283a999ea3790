//! What Planka does not tell: cards that a person put away, changes that leave a card's moment as it was, a board that is not seen for a
//! moment.

use serde_json::json;
use taskgate::{
    boards::{Board, BoardError},
    model::{BoardWrite, TaskStatus, WriteOutcome},
};

use super::setup::{Place, board_of};
use crate::{owed, support::github::Fault};

/// What lets a user see a board.
const TIES: [&str; 2] = ["boardMemberships", "projectManagers"];

#[tokio::test]
async fn a_card_that_a_person_put_away_holds_up_no_other() {
    let place = Place::whole();
    let (board, away, here) = (board_of(&place), place.card("Todo", "away"), place.card("Todo", "here"));
    board.changes(None).await.unwrap();
    place.planka.change(|world| {
        let archive = world.list_of_type(&place.board, "archive");
        world.move_card(&away, &archive, &json!(null))
    });
    let to = |sequence, card: &str| owed(sequence, card, BoardWrite::Move { status: TaskStatus::InProgress });
    let written = board.write(&[to(1, &away), to(2, &here)]).await;
    assert!(matches!(written[..], [Err(BoardError::NoSuchTask), Ok(WriteOutcome::Written)]), "{written:?}");
}

#[tokio::test]
async fn a_label_that_a_person_takes_off_again_is_seen_though_the_board_reads_as_before() {
    let place = Place::with(&[("Todo", "active"), ("Done", "closed")]);
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    let label = place.planka.change(|world| world.add_label(&place.board, "blocked"));
    board.changes(None).await.unwrap();
    let blocked = owed(1, &card, BoardWrite::Move { status: TaskStatus::Blocked });
    assert!(matches!(board.write(&[blocked]).await[..], [Ok(WriteOutcome::Written)]));
    let status = |tasks: &[taskgate::model::Task]| tasks.iter().find(|task| task.id == card).unwrap().status;
    assert_eq!(status(&board.tasks(std::slice::from_ref(&card)).await.unwrap()), TaskStatus::Blocked);
    place.planka.change(|world| world.drop_where("cardLabels", |tie| tie["labelId"] == label));
    assert_eq!(status(&board.changes(None).await.unwrap().tasks), TaskStatus::Todo);
}

#[tokio::test]
async fn a_board_that_is_not_seen_for_a_moment_has_lost_no_card() {
    let place = Place::whole();
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    board.changes(None).await.unwrap();
    let ties = TIES.map(|ties| place.planka.change(|world| world.drop_where(ties, |_| true)));
    let failed = board.tasks(std::slice::from_ref(&card)).await.unwrap_err();
    assert!(failed.to_string().contains("member of the board"), "{failed}");
    let say = owed(1, &card, BoardWrite::comment(String::from("said")));
    let written = board.write(&[say]).await;
    assert!(
        !matches!(written[..], [Ok(_) | Err(BoardError::NoSuchTask | BoardError::Rejected { .. })]),
        "{written:?}"
    );
    for (table, ties) in TIES.into_iter().zip(ties) {
        place.planka.change(|world| world.table(table).extend(ties));
    }
    assert_eq!(board.tasks(&[card]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_label_whose_making_was_not_answered_is_made_once() {
    let place = Place::with(&[("Todo", "active"), ("Done", "closed")]);
    let (board, card) = (board_of(&place), place.card("Todo", "one"));
    board.changes(None).await.unwrap();
    place.planka.fail(&format!("POST /api/boards/{}/labels", place.board), 1, &Fault::DropAfter);
    let blocked = owed(1, &card, BoardWrite::Move { status: TaskStatus::Blocked });
    assert!(matches!(board.write(&[blocked]).await[..], [Ok(WriteOutcome::Written)]));
    assert_eq!(place.planka.change(|world| world.all("labels").len()), 1);
}
