//! Who the gateway is at Planka: by key or by password, with terms and tokens that end; and what is no Planka of today.

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use taskgate::{
    boards::{Board, BoardError, PlankaBoard},
    clock::SystemClock,
    config::{PlankaBoardSettings, PlankaCredential},
};

use super::setup::{Place, board_of, open, settings};
use crate::support::{github::Fault, planka::Edition};

fn by_password(place: &Place, password: &str) -> PlankaBoard {
    let credential = PlankaCredential::Password {
        email: "Gateway@example.test".into(),
        password: SecretString::from(password),
    };
    open(PlankaBoardSettings { credential, ..settings(place) }, Arc::new(SystemClock::new()))
}

async fn told(board: &PlankaBoard) -> String {
    let error = board.changes(None).await.unwrap_err();
    taskgate::model::Causes(&error).to_string()
}

fn sign_ins(place: &Place) -> usize {
    place.planka.heard().iter().filter(|heard| *heard == "POST /api/access-tokens").count()
}

#[tokio::test]
async fn a_sign_in_is_kept_and_made_anew_once_when_it_has_ended() {
    let place = Place::whole();
    let board = by_password(&place, "Gateway-password-0123");
    let cursor = board.changes(None).await.unwrap().cursor;
    board.changes(Some(&cursor)).await.unwrap();
    assert_eq!(sign_ins(&place), 1);
    place.planka.change(|world| world.tokens.clear());
    let (one, two) = tokio::join!(board.changes(Some(&cursor)), board.find("#1"));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(sign_ins(&place), 1);
    place.planka.change(|world| {
        world.tokens.clear();
        world.secrets.get_mut(&place.gateway).unwrap().password = "another".into();
    });
    let error = board.changes(Some(&cursor)).await.unwrap_err();
    assert!(matches!(error, BoardError::Unauthorized), "{error:?}");
    assert_eq!(sign_ins(&place), 1, "one try a call");
}

#[tokio::test]
async fn terms_that_nobody_accepted_are_told_of_and_accepted_by_nobody() {
    let place = Place::whole();
    place.planka.change(|world| {
        world.asks_terms = true;
        world.secrets.get_mut(&place.gateway).unwrap().has_accepted = false;
    });
    let said = told(&by_password(&place, "Gateway-password-0123")).await;
    let expected = "the board's credential lacks the acceptance of Planka's terms: sign in once in the browser as the gateway's user, \
                    or run `taskgate board init`";
    assert_eq!(said, expected);
    assert!(!place.planka.heard().iter().any(|heard| heard.contains("accept-terms")));
    assert!(board_of(&place).changes(None).await.is_ok(), "a key needs none");
}

#[tokio::test]
async fn a_wrong_credential_is_told() {
    let place = Place::whole();
    assert_eq!(told(&by_password(&place, "wrong")).await, "the board does not take the gateway's credential");
    let credential = PlankaCredential::ApiKey(SecretString::from("wrong"));
    let board = open(PlankaBoardSettings { credential, ..settings(&place) }, Arc::new(SystemClock::new()));
    assert_eq!(told(&board).await, "the board does not take the gateway's credential");
    place.planka.fail(
        "POST /api/access-tokens",
        1,
        &Fault::answer(
            403,
            &[],
            &serde_json::json!({"code": "E_FORBIDDEN", "message": "Use single sign-on"}),
        ),
    );
    let said = told(&by_password(&place, "Gateway-password-0123")).await;
    assert_eq!(said, "the board's credential lacks a way to sign in: Use single sign-on");
}

#[tokio::test]
async fn what_is_no_planka_of_today_gets_no_credential_and_is_told_what_it_is() {
    for (edition, expected) in [
        (Edition::One, "this Planka is older than 2.0"),
        (
            Edition::Page,
            "a page came where Planka answers JSON (status 200): is PLANKA_BASE_URL the address of Planka itself?",
        ),
    ] {
        let place = Place::whole();
        place.planka.change(|world| world.edition = edition);
        for board in [board_of(&place), by_password(&place, "Gateway-password-0123")] {
            let said = told(&board).await;
            assert!(said.contains(expected), "{said}");
        }
        let heard = place.planka.heard();
        assert!(
            heard.iter().all(|heard| heard == "GET /api/bootstrap" || heard == "GET /api/config"),
            "{heard:?}"
        );
        place.planka.change(|world| world.edition = Edition::Two);
        let board = board_of(&place);
        assert!(tokio::time::timeout(Duration::from_secs(5), board.changes(None)).await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn nothing_is_followed_to_another_address() {
    let place = Place::whole();
    let location = [("location", "http://127.0.0.1:1/api/boards/1")];
    place.planka.fail("GET /api/boards/", 1, &Fault::answer(301, &location, &serde_json::json!({})));
    let said = told(&board_of(&place)).await;
    assert!(
        said.contains("PLANKA_BASE_URL points to another address (status 301), which is not followed"),
        "{said}"
    );
}
