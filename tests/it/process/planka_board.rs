//! A board of Planka that cannot be read, or not yet, or not written: the tools and `taskgate config --check-board` say the cause and
//! the cure.

use std::time::{Duration, Instant};

use serde_json::json;
use taskgate::model::visible;

use crate::support::{
    Gateway, command,
    github::Fault,
    http, known,
    planka::{Edition, PlankaPlace},
    send, within_two_seconds,
};

/// What a caller waits at most.
const TEN_SECONDS: Duration = Duration::from_secs(11);

fn settings(place: &PlankaPlace) -> [(&'static str, &str); 4] {
    [
        ("KANBAN_PROVIDER", "planka"),
        ("PLANKA_BASE_URL", &place.planka.url),
        ("PLANKA_API_KEY", &place.key),
        ("PLANKA_BOARD_ID", &place.board),
    ]
}

fn checked(settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    known::know_settings(settings.iter().copied());
    let mut check = command(folder.path());
    let output = check.args(["config", "--check-board"]).envs(settings.iter().copied()).output().unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    let text = [output.stdout, output.stderr].concat();
    known::assert_none_in("what it said", &text);
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn what_is_wrong_is_told_by_the_check_and_by_the_tools() {
    let page = Fault::html(200);
    for (fault, code, said) in [
        (Some(Fault::status(502)), "board_unavailable", "Planka failed with status 502"),
        (Some(page), "board_unavailable", "is PLANKA_BASE_URL the address of Planka itself?"),
        (Some(Fault::Truncated), "board_unavailable", "Planka's answer makes no sense"),
        (Some(Fault::Drop), "board_unavailable", "Planka cannot be reached"),
        (Some(Fault::status(401)), "board_refused", "does not take the gateway's credential"),
        (Some(Fault::status(404)), "board_refused", "the gateway's user does not see it"),
        (None, "board_refused", "this Planka is older than 2.0"),
    ] {
        let place = PlankaPlace::whole();
        match &fault {
            Some(fault) => place.planka.fail("GET /api/boards/", 1_000, fault),
            None => place.planka.change(|world| world.edition = Edition::One),
        }
        let settings = settings(&place);
        let (exit, text) = checked(&settings);
        assert!(exit == Some(1) && text.contains(said), "{fault:?}: {text}");
        let gateway = Gateway::with(&settings);
        let begun = Instant::now();
        let told = gateway.caller().tool("list_tasks", json!({})).await.unwrap_err();
        assert!(begun.elapsed() < TEN_SECONDS, "{fault:?}: {:?}", begun.elapsed());
        let error = told["error"].as_str().unwrap();
        assert!(told["code"] == code && error.contains(said), "{fault:?}: {told}");
        assert_eq!(told["retry_after_seconds"].is_u64(), code == "board_unavailable", "{fault:?}: {told}");
    }
}

#[tokio::test]
async fn a_board_is_worked_on_and_its_webhook_is_heard_of() {
    const TOKEN: &str = "planka-webhook-token-0123456789";
    let place = PlankaPlace::whole();
    let card = place.card("Todo", "Wire the pump");
    let settings = [&settings(&place)[..], &[("PLANKA_WEBHOOK_TOKEN", TOKEN)]].concat();
    let gateway = Gateway::with(&settings);
    let caller = gateway.caller();
    caller.agent("ana").await;
    let granted = caller.tool("request_next_task", json!({"agent_id": "ana"})).await.unwrap();
    assert_eq!((&granted["task"]["id"], &granted["task"]["name"]), (&json!(card), &json!("Wire the pump")));
    within_two_seconds("the move is there", async || place.list_of(&card) == "In Progress").await;
    let report =
        json!({"agent_id": "ana", "task_id": card, "status": "completed", "message": "done @[Ana](7)"});
    caller.tool("report_task_progress", report).await.unwrap();
    within_two_seconds("so is the next", async || place.list_of(&card) == "Done").await;
    let other = place.card("Todo", "Paint it");
    let made = place.planka.deliveries().pop().unwrap().1;
    let delivery = http().post(format!("{}/webhooks/planka", gateway.base)).body(made.to_string());
    let taken = send(delivery.header("authorization", format!("Bearer {TOKEN}"))).await;
    assert_eq!((taken.status.as_u16(), taken.json()), (200, json!({"status": "accepted"})));
    let found = async || caller.tool("list_tasks", json!({})).await.unwrap().to_string().contains(&other);
    within_two_seconds("it is heard of", found).await;
    assert!(place.texts(&card).iter().all(|text| !text.contains("@[")), "nobody is called");
    let status = caller.tool("get_project_status", json!({})).await.unwrap();
    assert_eq!(status["board"]["name"], "Gateway/Sprint");
    assert_eq!(status["board"]["url"], format!("{}/boards/{}", place.planka.url, place.board));
}

#[test]
fn the_check_says_what_is_there_and_how_it_is_read() {
    let place = PlankaPlace::with(&[
        ("Ideas", "active"),
        ("Todo", "active"),
        ("Doing", "active"),
        ("Shipped", "closed"),
    ]);
    place.card("Ideas", "one");
    place.card("Doing", "two");
    let (code, text) = checked(&settings(&place));
    assert_eq!(code, Some(0), "{text}");
    for said in [
        "Gateway/Sprint at 127.0.0.1:",
        "Ideas                     nothing: backlog (TASKGATE_BOARD_STATUSES can name it)",
        "Doing                     in_progress",
        "Shipped                   done",
        "backlog                   1\ntodo                      0\nin_progress               1\n",
        "Planka 2.1.1; the gateway is its user gateway",
        "no list is read as backlog: the label `backlog` says it",
        "no list is read as blocked: the label `blocked` says it",
        "no list is read as cancelled: such a card goes to the list for done",
        "labels say a card's priority",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(place.planka.heard().iter().all(|heard| heard.starts_with("GET ")), "nothing is written");
}

#[test]
fn the_check_names_each_thing_that_will_not_work() {
    let place = PlankaPlace::with(&[("Ideas", "active")]);
    place.planka.change(|world| {
        world.drop_where("boardMemberships", |member| member["userId"] == place.gateway);
        world.add_member(&place.board, &place.gateway, "viewer");
    });
    let (code, text) = checked(&settings(&place));
    assert_eq!(code, Some(1), "{text}");
    for said in [
        "problem: no list of the board is read as todo: make one, or name one in TASKGATE_BOARD_STATUSES",
        "problem: no list of the board is read as done",
        "problem: the gateway's user is viewer of the board, and may not write: make it editor",
        "see the 3 problems above",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let named =
        [&settings(&place)[..3], &[("PLANKA_PROJECT_NAME", "Gateway"), ("PLANKA_BOARD_NAME", "Sprnt")]]
            .concat();
    let (code, text) = checked(&named);
    let expected = format!(
        "there is no board Sprnt in the project Gateway that the gateway's user sees: there are Sprint ({})",
        place.board
    );
    assert!(code == Some(1) && text.contains(&visible(&expected)), "{text}");
}
