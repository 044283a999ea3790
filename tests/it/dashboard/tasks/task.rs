//! A task's page and what a person does there: why it is offered or not, what happened to it, and acts on what was seen.

use serde_json::json;

use super::super::markup::{PAYLOADS, assert_shown_as_typed};
use crate::support::{
    ADMIN, Answer, Browser, Gateway, KEY, create_key, next, with_admin, within_two_seconds,
};

pub const EMPTY: (&str, &str) = ("TASKGATE_SAMPLE_BOARD", "false");

pub async fn browser(gateway: &Gateway, credential: &str) -> Browser {
    let mut browser = Browser::new(gateway);
    assert_eq!(browser.sign_in(credential).await.status, 200);
    browser
}

pub async fn make(gateway: &Gateway, title: &str) -> String {
    let made = gateway.caller().tool("create_task", json!({"title": title})).await.unwrap();
    made["task"]["key"].as_str().unwrap().to_owned()
}

/// What the form on that page says was seen.
pub fn seen(page: &Answer) -> Vec<(String, String)> {
    let inputs = page.text.split("name=\"seen_").skip(1).take(5);
    inputs
        .map(|input| {
            let name = input.split('"').next().unwrap();
            let value = input.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
            (format!("seen_{name}"), value.to_owned())
        })
        .collect()
}

/// Where an answer sends a browser.
pub fn location(answer: &Answer) -> &str {
    answer.headers["location"].to_str().unwrap()
}

pub async fn act(
    browser: &mut Browser,
    path: &str,
    seen: &[(String, String)],
    field: (&str, &str),
) -> Answer {
    let mut fields: Vec<_> = seen.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(field);
    browser.submit(path, &fields).await
}

#[tokio::test]
async fn a_task_says_why_it_is_offered_or_not_and_what_happened_to_it() {
    let gateway = with_admin(&[EMPTY]);
    let caller = gateway.caller();
    let key = make(&gateway, "Look at it").await;
    let mut viewer = browser(&gateway, KEY).await;
    let path = format!("/dashboard/tasks/{key}");
    let page = viewer.open(&path).await;
    assert!(page.text.contains("Offered next.") && page.text.contains("made it"), "{}", page.text);
    assert!(!page.text.contains("/act\""), "who may only look sees no button");
    assert_eq!(viewer.open(&format!("{path}/act")).await.status, 403);
    caller.agent("ana").await;
    next(&caller, "ana").await;
    let report = json!({"agent_id": "ana", "task_id": key, "status": "in_progress", "progress": 40, "message": "half of it"});
    caller.tool("report_task_progress", report).await.unwrap();
    let page = viewer.open(&path).await.text;
    for text in ["Not offered: ana holds it.", "got it: grant 1 of 1", "works on it at 40 %", "half of it"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert_eq!(viewer.open("/dashboard/tasks/T-999").await.status, 404);
}

#[tokio::test]
async fn a_person_acts_on_what_they_saw_and_on_nothing_else() {
    let gateway = with_admin(&[EMPTY]);
    let caller = gateway.caller();
    let (key, other) = (make(&gateway, "Move it").await, make(&gateway, "Another").await);
    let mut admin = browser(&gateway, ADMIN).await;
    let path = format!("/dashboard/tasks/{key}");
    let page = admin.open(&format!("{path}/act")).await;
    let before = seen(&page);
    assert_eq!(before.len(), 5, "{}", page.text);
    caller.agent("ana").await;
    assert_eq!(next(&caller, "ana").await["task"]["key"], json!(key));
    let late = act(&mut admin, &format!("{path}/move"), &before, ("status", "done")).await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("nothing was done") && late.text.contains("ana"), "{}", late.text);
    let now = seen(&late);
    assert_eq!(act(&mut admin, &format!("{path}/move"), &now, ("status", "backlog")).await.status, 303);
    let lost = caller.tool("heartbeat", json!({"agent_id": "ana"})).await.unwrap_err();
    assert_eq!(lost["code"], "not_task_holder", "the person wins");
    let page = admin.open(&path).await.text;
    assert!(page.contains("moved it to backlog"), "{page}");
    for (act_name, field, status) in [
        ("move", ("status", "nowhere"), 422),
        ("depends", ("on", "T-999"), 422),
        ("depends", ("on", key.as_str()), 400),
        ("assign", ("person", "cyn"), 303),
        ("depends", ("on", other.as_str()), 303),
        ("delete", ("key", "T-0"), 422),
        ("delete", ("key", key.as_str()), 303),
    ] {
        within_two_seconds("the page is of now", async || {
            let now = seen(&admin.clone().open(&format!("{path}/act")).await);
            let mut again = admin.clone();
            again.open(&format!("{path}/act")).await;
            let answer = act(&mut again, &format!("{path}/{act_name}"), &now, field).await;
            assert!(answer.status == status || answer.status == 409, "{act_name}: {}", answer.text);
            answer.status == status
        })
        .await;
    }
    within_two_seconds("it is gone", async || admin.clone().open(&path).await.status == 404).await;
    let audit = rusqlite::Connection::open(gateway.database()).unwrap();
    let sql = "SELECT COUNT(*) FROM audit WHERE actor = 'admin' AND action IN ('task.move', 'task.assign', 'task.depends', 'task.delete')";
    assert_eq!(audit.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 4);
}

#[tokio::test]
async fn people_are_told_by_their_names_and_by_their_ids_where_they_have_none() {
    let gateway = with_admin(&[EMPTY]);
    let key = make(&gateway, "Move it").await;
    let scopes = ["--scopes", "board:read,board:manage"];
    let folder = gateway.folder.path();
    let of_cyn =
        create_key(folder, &[&["--user", "cyn", "--description", "her own note"][..], &scopes].concat());
    let of_nobody = create_key(folder, &[&["--description", "the wall"][..], &scopes].concat());
    let path = format!("/dashboard/tasks/{key}");
    let mut people = Vec::new();
    for (credential, status) in [(of_cyn.as_str(), "done"), (&of_nobody, "todo"), (ADMIN, "backlog")] {
        let mut person = browser(&gateway, credential).await;
        let forms = seen(&person.open(&format!("{path}/act")).await);
        assert_eq!(act(&mut person, &format!("{path}/move"), &forms, ("status", status)).await.status, 303);
        people.push(person);
    }
    let page = people[2].open(&path).await.text;
    for (who, status) in [("cyn", "done"), ("the wall", "todo"), ("admin", "backlog")] {
        let told = format!("<bdi>{who}</bdi></strong> <bdi>moved it to {status}</bdi>");
        assert!(page.contains(&told), "{told}: {page}");
    }
    assert!(!page.contains("her own note"), "what administrators note of a key is theirs to see");
    let forms = seen(&people[0].open(&format!("{path}/act")).await);
    let gone = act(&mut people[0], &format!("{path}/delete"), &forms, ("key", &key)).await;
    assert_eq!(gone.status, 303, "{}", gone.text);
    within_two_seconds("it is gone", async || people[1].clone().open(&path).await.status == 404).await;
    let page = people[1].open(&path).await;
    assert!(page.text.contains("was deleted by cyn,"), "{}", page.text);
}

#[tokio::test]
async fn texts_of_a_task_are_shown_as_they_were_typed() {
    let gateway = with_admin(&[EMPTY]);
    let mut admin = browser(&gateway, ADMIN).await;
    for payload in PAYLOADS {
        let new = json!({"title": payload, "description": payload, "labels": [payload]});
        let made = gateway.caller().tool("create_task", new).await.unwrap();
        let path = format!("/dashboard/tasks/{}", made["task"]["key"].as_str().unwrap());
        assert_shown_as_typed(&admin.open(&path).await, payload);
        assert_shown_as_typed(&admin.open(&format!("{path}/act")).await, payload);
    }
}

#[tokio::test]
async fn a_person_makes_a_task_once_and_what_was_typed_is_not_lost() {
    let gateway = with_admin(&[EMPTY]);
    let mut admin = browser(&gateway, ADMIN).await;
    assert!(admin.open("/dashboard/board").await.text.contains("/tasks/new"));
    let page = admin.open("/dashboard/tasks/new").await;
    let once =
        page.text.split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let first = make(&gateway, "First").await;
    for (name, value, said) in [
        ("title", "", "Title: expected 1 to 300"),
        ("status", "done", "It starts: choose one"),
        ("priority", "huge", "Priority: choose one"),
        ("on", "T-99", "Waits for: there is no task “T-99”"),
        ("estimate", "-1", "Minutes it may take: expected whole minutes"),
        ("labels", &"x".repeat(101), "Labels: expected 1 to 100"),
    ] {
        let mut fields = vec![("title", "Typed"), ("description", "two\r\nlines"), ("once", &*once)];
        fields.retain(|(field, _)| *field != name);
        fields.push((name, value));
        let refused = admin.submit("/dashboard/tasks", &fields).await;
        assert_eq!(refused.status, 422, "{name}: {}", refused.text);
        let shown = refused.text.contains(said) && refused.text.contains("No task was made");
        assert!(shown && refused.text.contains("lines</textarea>"), "{name}: {}", refused.text);
    }
    let fields = [
        ("title", "Second"),
        ("labels", "backend, sql"),
        ("on", first.as_str()),
        ("priority", "high"),
        ("estimate", "30"),
        ("once", &once),
    ];
    for _ in 0..2 {
        let made = admin.submit("/dashboard/tasks", &fields).await;
        assert_eq!((made.status.as_u16(), location(&made)), (303, "/dashboard/tasks/T-2"), "{}", made.text);
    }
    let page = admin.open("/dashboard/tasks/T-2").await.text;
    assert!(!page.contains("class=\"notice "), "nothing was done to it: {page}");
    for text in ["Second", "sql", ">T-1</a>", "30 min", "<dd>high</dd>", "made it"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert_eq!(gateway.caller().tool("list_tasks", json!({})).await.unwrap()["total"], 2);
    let mut viewer = browser(&gateway, KEY).await;
    assert!(!viewer.open("/dashboard/board").await.text.contains("/tasks/new"));
    assert_eq!(viewer.open("/dashboard/tasks/new").await.status, 403);
}

#[tokio::test]
async fn what_was_done_is_told_to_who_did_it_with_the_way_back() {
    let gateway = with_admin(&[EMPTY]);
    let caller = gateway.caller();
    let (key, mut admin) = (make(&gateway, "Undo it").await, browser(&gateway, ADMIN).await);
    caller.agent("ana").await;
    next(&caller, "ana").await;
    let path = format!("/dashboard/tasks/{key}");
    let mut forms = seen(&admin.open(&format!("{path}/act")).await);
    let moved = act(&mut admin, &format!("{path}/move"), &forms, ("status", "backlog")).await;
    assert!(location(&moved).starts_with(&format!("{path}?done=")), "{}", location(&moved));
    let page = admin.open(location(&moved)).await;
    for text in ["Moved to Backlog.", "does not bring it back", "Undo: back to In progress"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let told = browser(&gateway, KEY).await.open(location(&moved)).await;
    assert!(!told.text.contains("Undo:"), "who did nothing is told nothing: {}", told.text);
    forms = seen(&page);
    assert_eq!(act(&mut admin, &format!("{path}/move"), &forms, ("status", "todo")).await.status, 303);
    let twice = act(&mut admin, &format!("{path}/move"), &forms, ("status", "todo")).await;
    assert_eq!(twice.status, 303);
    let page = admin.clone().open(location(&twice)).await;
    assert!(
        page.text.contains("Moved to To do.") && page.text.contains("Undo: back to Backlog"),
        "{}",
        page.text
    );
    let stale = act(&mut admin, &format!("{path}/move"), &forms, ("status", "done")).await;
    assert_eq!(stale.status, 409, "the way back is from what is seen, too");
    forms = seen(&admin.open(&format!("{path}/act")).await);
    let given = act(&mut admin, &format!("{path}/assign"), &forms, ("person", "cyn")).await;
    let page = admin.open(location(&given)).await;
    assert!(
        page.text.contains("Assigned to cyn.") && page.text.contains("Undo: back to the agents"),
        "{}",
        page.text
    );
    forms = seen(&page);
    let gone = act(&mut admin, &format!("{path}/delete"), &forms, ("key", &key)).await;
    let board = admin.open(location(&gone)).await;
    assert!(board.text.contains(&format!("{key} was deleted: it does not come back.")), "{}", board.text);
    within_two_seconds("it is gone", async || admin.clone().open(&path).await.status == 404).await;
    let page = admin.open(&path).await;
    assert!(page.text.contains(&format!("“{key}” was deleted by admin")), "{}", page.text);
}

#[tokio::test]
async fn no_link_of_others_offers_anything_as_the_way_back() {
    let gateway = with_admin(&[EMPTY]);
    let (key, other) = (make(&gateway, "Undo it").await, make(&gateway, "Another").await);
    let (mut admin, mut again) = (browser(&gateway, ADMIN).await, browser(&gateway, ADMIN).await);
    let (path, other) = (format!("/dashboard/tasks/{key}"), format!("/dashboard/tasks/{other}"));
    let mut links = Vec::new();
    for (path, status) in [(&path, "backlog"), (&other, "done"), (&path, "todo")] {
        let forms = seen(&admin.open(&format!("{path}/act")).await);
        let moved = act(&mut admin, &format!("{path}/move"), &forms, ("status", status)).await;
        links.push(location(&moved).to_owned());
    }
    let own = admin.open(&links[2]).await.text;
    assert!(own.contains("Moved to To do.") && own.contains("Undo: back to Backlog"), "{own}");
    assert!(!own.contains("does not bring it back"), "nobody held it: {own}");
    // Of another session, though of the same person; of another task; of what was done before; and what anybody can write.
    assert!(!again.open(&links[2]).await.text.contains("class=\"notice "), "another session");
    let sealed = |link: &str| link.split_once('?').unwrap().1.to_owned();
    for query in [
        &*sealed(&links[1]),
        &*sealed(&links[0]),
        "done=moved&from=done&held=1",
        "done=moved&from=%22%3E%3Cscript%3E",
        "done=assigned&from=eve",
        "done=depends&from=T-2",
        "done=AAAA",
    ] {
        let page = admin.open(&format!("{path}?{query}")).await;
        let offers = page.text.contains("class=\"notice ") || page.text.contains("Undo:");
        assert!(page.status == 200 && !offers, "{query}: {}", page.text);
    }
}
