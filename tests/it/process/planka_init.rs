//! `taskgate board init`: a fresh Planka becomes a board, and nothing is done twice.

use std::{process::Output, time::Duration};

use serde_json::json;

use crate::support::{
    command,
    github::Fault,
    known,
    planka::{FakePlanka, PlankaPlace},
};

const TOKEN: &str = "planka-webhook-token-0123456789";
const URL: &str = "http://taskgate:3000/webhooks/planka";

fn init(settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    known::know_settings(settings.iter().copied());
    let mut command = command(folder.path());
    let output = command.args(["board", "init"]).args(arguments).env("KANBAN_PROVIDER", "planka");
    let output = output.envs(settings.iter().copied()).output().unwrap();
    known::assert_none_in("what it said", &[&output.stdout[..], &output.stderr].concat());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is kept here");
    output
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap())
}

/// An administrator of a fresh Planka who signs in for the first time.
fn fresh() -> FakePlanka {
    let planka = FakePlanka::start();
    let (admin, _) = planka.user("admin", "admin");
    planka.change(|world| {
        world.asks_terms = true;
        world.secrets.get_mut(&admin).unwrap().has_accepted = false;
    });
    planka
}

fn by_password(planka: &FakePlanka) -> [(&str, &str); 6] {
    [
        ("PLANKA_BASE_URL", &planka.url),
        ("PLANKA_AGENT_EMAIL", "admin@example.test"),
        ("PLANKA_AGENT_PASSWORD", "admin-password-0123"),
        ("PLANKA_PROJECT_NAME", "Gateway"),
        ("PLANKA_BOARD_NAME", "Sprint"),
        ("PLANKA_WEBHOOK_TOKEN", TOKEN),
    ]
}

#[test]
fn a_fresh_planka_becomes_a_board_and_a_repeat_changes_nothing() {
    let planka = fresh();
    let settings = by_password(&planka);
    let (code, text) = said(&init(&settings, &["--webhook-url", URL]));
    assert_eq!(code, Some(0), "{text}");
    let names: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    let shown: Vec<_> = names.iter().map(|words| (words[0], words[2], words[3..].join(" "))).collect();
    let expected = [
        ("project", "Gateway"),
        ("board", "Sprint"),
        ("list", "Backlog"),
        ("list", "Todo"),
        ("list", "In Progress"),
        ("list", "Blocked"),
        ("list", "Done"),
        ("list", "Cancelled"),
        ("webhook", URL),
    ];
    assert_eq!(shown, expected.map(|(kind, name)| (kind, "made", name.to_owned())));
    planka.change(|world| {
        for (table, words) in [("projects", &names[0]), ("boards", &names[1]), ("webhooks", &names[8])] {
            assert_eq!(world.all(table).len(), 1);
            assert_eq!(world.all(table)[0]["id"], words[1], "{table}");
        }
        let kind = |name: &str| world.of("lists", "name", name).next().unwrap()["type"].clone();
        assert_eq!(
            (kind("Todo"), kind("Done"), kind("Cancelled")),
            (json!("active"), json!("closed"), json!("closed"))
        );
        let webhook = &world.all("webhooks")[0];
        assert_eq!((&webhook["url"], &webhook["accessToken"]), (&json!(URL), &json!(TOKEN)));
        assert!(webhook["events"].as_array().unwrap().contains(&json!("cardUpdate")));
    });
    let _ = planka.heard();
    let (code, text) = said(&init(&settings, &["--webhook-url", URL]));
    assert!(code == Some(0) && text.ends_with("nothing was changed: all of it is there\n"), "{text}");
    let heard = planka.heard();
    let writes: Vec<_> = heard.iter().filter(|heard| !heard.starts_with("GET ")).collect();
    let renewed = format!("PATCH /api/webhooks/{}", names[8][1]);
    assert_eq!(writes, ["POST /api/access-tokens", &renewed], "the terms are accepted once");
    // What Planka has of the token it does not show.
    let other = "planka-webhook-token-after-its-rotation";
    let rotated: Vec<_> =
        settings.iter().map(|(name, value)| (*name, if *value == TOKEN { other } else { *value })).collect();
    assert_eq!(said(&init(&rotated, &["--webhook-url", URL])).0, Some(0));
    planka.change(|world| assert_eq!(world.all("webhooks")[0]["accessToken"], other));
}

#[test]
fn only_the_lists_are_made_that_a_board_lacks() {
    let place = PlankaPlace::with(&[("Next", "active"), ("Doing", "active"), ("Shipped", "closed")]);
    let settings = [
        ("PLANKA_BASE_URL", place.planka.url.as_str()),
        ("PLANKA_API_KEY", &place.key),
        ("PLANKA_BOARD_ID", &place.board),
        ("TASKGATE_BOARD_STATUSES", "todo=Next"),
    ];
    let (code, text) = said(&init(&settings, &[]));
    assert_eq!(code, Some(0), "{text}");
    let made: Vec<_> =
        text.lines().filter(|line| line.contains(" made ")).map(|line| line[37..].trim()).collect();
    assert_eq!(made, ["Backlog", "Blocked", "Cancelled"], "{text}");
}

#[test]
fn a_planka_that_is_not_there_yet_is_waited_for_and_told_of() {
    let planka = fresh();
    planka.fail("GET /api/bootstrap", 1, &Fault::status(502));
    let (code, text) = said(&init(&by_password(&planka), &["--webhook-url", URL]));
    assert!(code == Some(0) && text.contains(": Planka failed with status 502"), "{text}");
    let url = planka.url.clone();
    drop(planka);
    std::thread::sleep(Duration::from_millis(50));
    let gone = [
        ("PLANKA_BASE_URL", url.as_str()),
        ("PLANKA_API_KEY", "no-key-of-anybody-0123"),
        ("PLANKA_BOARD_ID", "7"),
    ];
    let (code, text) = said(&init(&gone, &["--wait-seconds", "1"]));
    assert!(
        code == Some(1) && text.contains(&format!("waiting for {url}/: Planka cannot be reached")),
        "{text}"
    );
    assert!(text.contains("taskgate: the board cannot be reached: Planka cannot be reached"), "{text}");
}

#[test]
fn what_it_cannot_make_is_told() {
    let place = PlankaPlace::whole();
    let (_, key) = place.planka.user("Bob", "boardUser");
    let base = [("PLANKA_BASE_URL", place.planka.url.as_str())];
    let named = [("PLANKA_PROJECT_NAME", "New"), ("PLANKA_BOARD_NAME", "Sprint")];
    let of = |more: &[(&str, &str)], arguments: &[&str]| said(&init(&[&base[..], more].concat(), arguments));
    let (code, text) = of(&[&named[..], &[("PLANKA_API_KEY", key.as_str())]].concat(), &[]);
    assert!(code == Some(1) && text.contains("an administrator, makes it"), "{text}");
    let own = [("PLANKA_API_KEY", place.key.as_str()), ("PLANKA_BOARD_ID", &place.board)];
    let token = [("PLANKA_WEBHOOK_TOKEN", TOKEN)];
    let (code, text) = of(&[&own[..], &token].concat(), &["--webhook-url", URL]);
    assert!(code == Some(1) && text.contains("lacks the right to make webhooks"), "{text}");
    let (code, text) = of(&own, &["--webhook-url", URL]);
    assert!(code == Some(1) && text.contains("set PLANKA_WEBHOOK_TOKEN"), "{text}");
    let (code, text) = of(&[&own[..], &token].concat(), &["--webhook-url", "taskgate:3000"]);
    assert!(code == Some(1) && text.contains("--webhook-url: expected an address"), "{text}");
    let (code, text) = of(&[&own[..], &token].concat(), &[]);
    assert!(code == Some(0) && text.contains("no webhook is made without --webhook-url"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let local = command(folder.path()).args(["board", "init"]).output().unwrap();
    assert!(said(&local).1.contains("set KANBAN_PROVIDER=planka"), "{local:?}");
}
