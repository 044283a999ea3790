//! The overview: who does what, what needs a person with its one act, how the board stands, and the last three hours.

use std::sync::Arc;

use rusqlite::{Connection, params};
use serde_json::json;

use super::markup::{PAYLOADS, assert_shown_as_typed};
use crate::support::{
    ADMIN, Browser, Gateway, KEY, create_key, next, person, with_admin, within_two_seconds,
};

const EMPTY: (&str, &str) = ("TASKGATE_SAMPLE_BOARD", "false");

async fn browser(gateway: &Gateway, credential: &str) -> Browser {
    let mut browser = Browser::new(gateway);
    assert_eq!(browser.sign_in(credential).await.status, 200);
    browser
}

async fn make(gateway: &Gateway, task: serde_json::Value) -> String {
    let made = gateway.caller().tool("create_task", task).await.unwrap();
    made["task"]["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn nothing_yet_is_told_with_what_to_do() {
    let gateway = with_admin(&[EMPTY]);
    let page = browser(&gateway, ADMIN).await.open("/dashboard").await;
    for text in [
        "No agents at work, nothing needs a person",
        "No task yet",
        "/tasks/new",
        "No agent yet",
        "/connect\"",
    ] {
        assert!(page.text.contains(text), "{text}: {page:?}");
    }
    assert!(page.text.contains("<title>Overview - taskgate</title>"), "nothing is counted");
    let page = browser(&gateway, KEY).await.open("/dashboard").await;
    assert!(page.text.contains("No task yet") && !page.text.contains("/tasks/new"), "{page:?}");
}

#[tokio::test]
async fn a_blocked_task_is_unblocked_from_here_by_who_may_and_seen_by_who_may_look() {
    let gateway = with_admin(&[EMPTY]);
    let caller = gateway.caller();
    let key = make(&gateway, json!({"title": "Stuck", "priority": "urgent"})).await;
    let behind = make(&gateway, json!({"title": "Behind", "dependencies": [key]})).await;
    caller.agent("ana").await;
    next(&caller, "ana").await;
    let blocker =
        json!({"agent_id": "ana", "task_id": key, "blocker_description": "no access", "severity": "high"});
    caller.tool("report_blocker", blocker).await.unwrap();
    let mut viewer = browser(&gateway, KEY).await;
    let page = viewer.open("/dashboard").await;
    for text in [
        "1 thing needs a person",
        "<title>(1) Overview - taskgate</title>",
        "1<span class=\"away\"> need a person</span>",
        "is blocked",
        "ana cannot go on, high severity",
        "no access",
        &format!("Holds back <a href=\"/dashboard/tasks/{behind}\">"),
        "Nothing to give: what is left waits for other tasks.",
        "b-stop",
    ] {
        assert!(page.text.contains(text), "{text}: {page:?}");
    }
    assert!(!page.text.contains("Unblock"), "who may only look");
    let mut admin = browser(&gateway, ADMIN).await;
    let page = admin.open("/dashboard").await;
    let form = page.text.split("<form method=\"post\"").find(|form| form.contains("/move\"")).unwrap();
    let fields: Vec<_> = form
        .split("<input type=\"hidden\" name=\"")
        .skip(2)
        .take(6)
        .map(|input| {
            let mut parts = input.split('"');
            (parts.next().unwrap().to_owned(), parts.nth(1).unwrap().to_owned())
        })
        .collect();
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(fields[0], ("status", "todo"), "{fields:?}");
    let path = format!("/dashboard/tasks/{key}/move");
    assert_eq!(admin.submit(&path, &fields).await.status, 303, "{fields:?}");
    within_two_seconds("nothing needs anybody", async || {
        admin.clone().open("/dashboard").await.text.contains("nothing needs a person")
    })
    .await;
    assert_eq!(next(&caller, "ana").await["task"]["key"], json!(key));
}

#[tokio::test]
async fn a_circle_is_told_once_and_a_key_that_ends_to_who_has_it_and_to_administrators() {
    let gateway = with_admin(&[EMPTY]);
    let one = make(&gateway, json!({"title": "One"})).await;
    let other = make(&gateway, json!({"title": "Other", "dependencies": [one]})).await;
    person(gateway.folder.path(), &["depends", &one, &other]);
    let ends = create_key(gateway.folder.path(), &["--description", "laptop", "--expires", "3d"]);
    create_key(gateway.folder.path(), &["--description", "server", "--expires", "30d"]);
    for (credential, ending) in [(ADMIN, "/dashboard/keys/"), (ends.as_str(), "/dashboard/me\"")] {
        let person = browser(&gateway, credential).await;
        within_two_seconds("the circle is seen", async || {
            person.clone().open("/dashboard").await.text.contains("wait for each other")
        })
        .await;
        let page = person.clone().open("/dashboard").await;
        for text in
            ["2 things need a person", "“laptop” ends in 2 days", ending, "Rotate", "and the other way round"]
        {
            assert!(page.text.contains(text), "{text}: {page:?}");
        }
        assert!(!page.text.contains("“server”"), "{page:?}");
    }
    let page = browser(&gateway, KEY).await.open("/dashboard").await;
    assert!(page.text.contains("1 thing needs a person") && !page.text.contains("laptop"), "{page:?}");
}

#[tokio::test]
async fn texts_on_the_overview_are_shown_as_they_were_typed() {
    let gateway = with_admin(&[EMPTY]);
    let caller = gateway.caller();
    let mut viewer = browser(&gateway, KEY).await;
    for (number, payload) in PAYLOADS.into_iter().enumerate().take(15) {
        let agent = format!("{payload}/{number}");
        caller
            .tool(
                "register_agent",
                json!({"agent_id": agent, "name": payload, "role": format!("{payload}r")}),
            )
            .await
            .unwrap();
        let key = make(&gateway, json!({"title": format!("{payload}t"), "priority": "urgent"})).await;
        assert_eq!(next(&caller, &agent).await["task"]["key"], json!(key));
        let said = json!({"agent_id": agent, "task_id": key, "status": "in_progress", "progress": 4, "message": format!("{payload}m")});
        caller.tool("report_task_progress", said).await.unwrap();
        let page = viewer.open("/dashboard").await;
        for text in [agent.clone(), format!("{payload}r"), format!("{payload}t"), format!("{payload}m")] {
            assert_shown_as_typed(&page, &text);
        }
    }
}

#[tokio::test]
async fn ten_thousand_tasks_and_a_hundred_agents_make_no_larger_a_page() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    drop(Gateway::on(Arc::clone(&folder), &[EMPTY]));
    let mut connection = Connection::open(folder.path().join("taskgate.db")).unwrap();
    let transaction = connection.transaction().unwrap();
    for number in 0..10_000_i64 {
        let status = ["todo", "blocked", "done", "backlog"][number as usize % 4];
        let depends = if number % 8 == 0 {
            format!("[\"bulk-{}\"]", (number + 8) % 10_000)
        } else {
            String::from("[]")
        };
        let sql = "INSERT INTO tasks (workspace, id, number, title, description, status, priority, labels, dependencies,
            created_at, updated_at) VALUES ('default', ?1, ?2, ?3, '', ?4, 'none', '[]', ?5, ?6, ?6)";
        let title = "ش".repeat(300);
        let made = 1_700_000_000_000 + number;
        transaction
            .execute(sql, params![format!("bulk-{number}"), 1_000 + number, title, status, depends, made])
            .unwrap();
    }
    transaction.commit().unwrap();
    let gateway = Gateway::on(folder, &[EMPTY]);
    let caller = gateway.caller();
    for number in 0..100 {
        caller.agent(&format!("agent-{number:03}")).await;
    }
    for number in 60..85 {
        next(&caller, &format!("agent-{number:03}")).await;
    }
    let page = browser(&gateway, KEY).await.open("/dashboard").await;
    assert_eq!(page.status, 200);
    assert!(page.text.len() < 120_000, "{} bytes", page.text.len());
    // Blocked ones, and a circle of 1,250.
    for text in ["25 agents at work, 2,501 things need a person", "and 2,481 more", "All 100 agents"] {
        assert!(page.text.contains(text), "{text}: {}", page.text.len());
    }
    assert_eq!(page.text.matches("class=\"lease\"").count(), 20);
    assert_eq!(page.text.matches("<svg class=\"lane\"").count(), 20);
}
