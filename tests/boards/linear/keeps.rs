//! The board keeps the contract, for a team and for a project of it.

use std::sync::Arc;

use taskgate::clock::SystemClock;

use super::{
    person::AtLinear,
    setup::{board, board_with, fake, settings},
};
use crate::contract;

#[tokio::test]
async fn a_board_of_a_team_keeps_the_contract() {
    let linear = fake();
    contract::kept_by(&board(&linear), &AtLinear(&linear)).await;
}

#[tokio::test]
async fn a_board_of_a_project_and_of_a_team_with_states_of_its_own_keeps_the_contract() {
    let linear = fake();
    let slug = linear.change(|world| {
        world.new_state(0, "Blocked", "started");
        world.new_state(0, "In Review", "started");
        let project = world.new_project(0, "Roadmap");
        world.data.projects[project].slug.clone()
    });
    let mut settings = settings(&linear);
    settings.project = Some(format!("roadmap-{slug}"));
    let board = board_with(settings, Arc::new(SystemClock::new()));
    contract::kept_by(&board, &AtLinear(&linear)).await;
}
