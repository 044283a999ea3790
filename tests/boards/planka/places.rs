//! Which board is meant: by number or by name, in a project or in whichever has it.

use std::sync::Arc;

use serde_json::json;
use taskgate::{
    boards::{Board, PlankaBoard},
    clock::SystemClock,
    config::{PlankaBoardSettings, PlankaName},
};

use super::setup::{Place, board_of, open, settings};

fn named(place: &Place, project: Option<PlankaName>, board: PlankaName) -> PlankaBoard {
    open(PlankaBoardSettings { project, board, ..settings(place) }, Arc::new(SystemClock::new()))
}

fn name(name: &str) -> PlankaName {
    PlankaName::Name(name.to_owned())
}

async fn told(board: &PlankaBoard) -> String {
    board.changes(None).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_board_is_found_by_its_names_and_is_the_same_by_its_number() {
    let place = Place::whole();
    let board = named(&place, Some(name("gateway")), name("SPRINT"));
    assert_eq!(board.describe().name, "gateway/SPRINT");
    board.changes(None).await.unwrap();
    let about = board.describe();
    assert_eq!(about.name, "Gateway/Sprint");
    assert_eq!(about.url, Some(format!("{}/boards/{}", place.planka.url, place.board)));
    let identity = format!("planka:{}", place.board);
    assert_eq!(board.identity().await.unwrap(), identity);
    assert_eq!(board_of(&place).identity().await.unwrap(), identity);
    // It is made anew under its name.
    place.planka.change(|world| {
        let project = world.drop_where("boards", |board| board["id"] == place.board)[0]["projectId"].clone();
        world.add_board(project.as_str().unwrap(), "Sprint", &json!(1), &place.gateway);
    });
    assert!(board.changes(None).await.is_err());
    assert!(board.changes(None).await.is_ok());
}

#[tokio::test]
async fn what_is_not_there_is_told_with_what_is() {
    let place = Place::whole();
    let there = format!("there are Sprint ({})", place.board);
    let said = told(&named(&place, Some(name("Gateway")), name("Sprnt"))).await;
    assert!(
        said.contains("there is no board Sprnt in the project Gateway") && said.contains(&there),
        "{said}"
    );
    let said = told(&named(&place, Some(name("Gate")), name("Sprint"))).await;
    assert!(said.contains("there is no project Gate that") && said.contains("there are Gateway ("), "{said}");
    let said = told(&named(&place, None, PlankaName::Id("7".into()))).await;
    assert!(
        said.contains("there is no board 7, or the gateway's user does not see it: it sees Sprint ("),
        "{said}"
    );
    let said = told(&named(&place, Some(name("Other")), PlankaName::Id(place.board.clone()))).await;
    assert!(said.contains("the board Sprint is in the project Gateway"), "{said}");
    place.planka.change(|world| {
        let project = world.one("boards", &place.board).unwrap()["projectId"].as_str().unwrap().to_owned();
        world.add_board(&project, "Sprint", &json!(1), &place.gateway);
    });
    let said = told(&named(&place, Some(name("Gateway")), name("Sprint"))).await;
    assert!(said.contains("several boards") && said.contains(&place.board), "{said}");
}
