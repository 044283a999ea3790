//! The board keeps the contract, with a list for each status and without.

use super::setup::{Place, board_of};
use crate::contract;

#[tokio::test]
async fn a_board_with_a_list_for_each_status_keeps_the_contract() {
    let place = Place::whole();
    contract::kept_by(&board_of(&place), &place).await;
}

#[tokio::test]
async fn a_board_on_which_labels_say_what_no_list_does_keeps_the_contract() {
    let place = Place::with(&[("Todo", "active"), ("Done", "active")]);
    contract::kept_by(&board_of(&place), &place).await;
}
