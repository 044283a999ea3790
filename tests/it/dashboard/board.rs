//! The board's page: what stands in which group, for whom, and how far it goes.

use std::{collections::BTreeSet, sync::Arc};

use rusqlite::{Connection, params};
use serde_json::json;

use super::markup::{PAYLOADS, assert_shown_as_typed, link, unescaped};
use crate::support::{
    ADMIN, Answer, Browser, Gateway, KEY, create_key, next, person, settled, with_admin, within_two_seconds,
};

const EMPTY: (&str, &str) = ("TASKGATE_SAMPLE_BOARD", "false");

/// The keys of the cards in a group.
fn keys(page: &Answer, group: &str) -> Vec<String> {
    let start = format!("<div class=\"group\" id=\"{group}\">");
    let Some(rest) = page.text.split(&start).nth(1) else { return Vec::new() };
    let part = rest.split("<div class=\"group\"").next().unwrap();
    let cards = part.split("id=\"task-").skip(1);
    cards.map(|card| unescaped(card.split('"').next().unwrap())).collect()
}

async fn browser(gateway: &Gateway, credential: &str) -> Browser {
    let mut browser = Browser::new(gateway);
    assert_eq!(browser.sign_in(credential).await.status, 200);
    browser
}

async fn make(gateway: &Gateway, task: serde_json::Value) -> String {
    let made = gateway.caller().tool("create_task", task).await.unwrap();
    made["task"]["key"].as_str().unwrap().to_owned()
}

/// Adds open tasks behind the gateway's back: it reads them when it starts.
fn add_tasks(folder: &std::path::Path, count: i64) {
    let mut connection = Connection::open(folder.join("taskgate.db")).unwrap();
    let transaction = connection.transaction().unwrap();
    let statuses = ["todo", "backlog", "in_progress", "blocked", "done", "cancelled"];
    for number in 0..count {
        let sql = "INSERT INTO tasks (workspace, id, number, title, description, status, priority, labels, dependencies,
            created_at, updated_at) VALUES ('default', ?1, ?2, ?3, '', ?4, 'none', '[\"bulk\"]', ?6, ?5, ?5)";
        let depends = if number % 12 == 0 { "[\"bulk-6\"]" } else { "[]" };
        let (id, title) = (format!("bulk-{number}"), format!("Number {number}"));
        let status = statuses[number as usize % 6];
        let values = params![id, 1_000 + number, title, status, 1_700_000_000_000 + number, depends];
        transaction.execute(sql, values).unwrap();
    }
    transaction.commit().unwrap();
}

#[tokio::test]
async fn every_task_stands_in_its_group_with_who_has_it_and_why_it_is_not_offered() {
    let gateway = with_admin(&[EMPTY]);
    let caller = gateway.caller();
    let held = make(&gateway, json!({"title": "Held", "priority": "urgent"})).await;
    caller.agent("ana").await;
    next(&caller, "ana").await;
    let free = make(&gateway, json!({"title": "Free", "priority": "high", "labels": ["api"]})).await;
    let waits = make(&gateway, json!({"title": "Behind", "dependencies": [free]})).await;
    let mut moved = Vec::new();
    for status in ["backlog", "in_progress", "blocked", "done", "cancelled"] {
        let key = make(&gateway, json!({"title": status})).await;
        person(gateway.folder.path(), &["move", &key, status]);
        moved.push(key);
    }
    let assigned = make(&gateway, json!({"title": "Hers"})).await;
    person(gateway.folder.path(), &["assign", &assigned, "cyn"]);
    settled(&caller).await;
    let mut viewer = browser(&gateway, KEY).await;
    within_two_seconds("the gateway knows", async || {
        keys(&viewer.clone().open("/dashboard/board").await, "person").contains(&assigned)
    })
    .await;
    let page = viewer.open("/dashboard/board?cancelled=1").await;
    assert_eq!(keys(&page, "ready"), [free.as_str()]);
    assert_eq!(keys(&page, "waiting"), [waits.as_str()]);
    assert_eq!(keys(&page, "agent"), [held.as_str()]);
    let [backlog, in_progress, blocked, done, cancelled] = moved.try_into().unwrap();
    assert_eq!(keys(&page, "backlog"), [backlog]);
    assert_eq!(keys(&page, "person"), [in_progress, assigned]);
    assert_eq!(keys(&page, "blocked"), [blocked]);
    assert_eq!(keys(&page, "done"), [done]);
    assert_eq!(keys(&page, "cancelled"), [cancelled]);
    for text in [
        &format!("Not offered: it waits for {free}."),
        "<bdi>cyn</bdi>",
        "/dashboard/agents/ana\"",
        "data-left=",
        "aria-label=\"urgent priority\"",
        &format!("/dashboard/tasks/{free}\""),
        "without matching skills",
        "<a href=\"/dashboard/board\" aria-current=\"page\">",
    ] {
        assert!(page.text.contains(text), "{text}: {page:?}");
    }
    assert!(!page.text.contains("/act\""), "who may not act sees no way to");
    assert!(keys(&viewer.open("/dashboard/board").await, "cancelled").is_empty());
    let manages = create_key(gateway.folder.path(), &["--scopes", "board:read,board:manage"]);
    for credential in [manages.as_str(), ADMIN] {
        let page = browser(&gateway, credential).await.open("/dashboard/board").await;
        assert!(page.text.contains(&format!("/dashboard/tasks/{free}/act\"")), "{page:?}");
    }
}

#[tokio::test]
async fn an_empty_board_says_so_in_each_group_and_a_query_that_is_none_is_refused() {
    let gateway = with_admin(&[EMPTY]);
    let mut viewer = browser(&gateway, KEY).await;
    let page = viewer.open("/dashboard/board").await;
    assert_eq!((page.status.as_u16(), page.text.matches("class=\"none\"").count()), (200, 7), "{page:?}");
    assert!(page.text.contains("no tasks on the built-in board"), "{page:?}");
    for query in [
        "from=nonsense",
        "from=ready%3Ax%3A1%3Aid",
        "cancelled=maybe",
        &format!("q={}", "x".repeat(201)),
        "q=a&q=b",
    ] {
        let page = viewer.open(&format!("/dashboard/board?{query}")).await;
        assert_eq!(page.status, 422, "{query}: {page:?}");
        assert!(page.text.contains("<h1>"), "{query}");
    }
    for query in ["q=&label=&agent=&from=", "from=done%3A-1%3A2%3Anowhere", "q=%FF%00"] {
        let page = viewer.open(&format!("/dashboard/board?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {page:?}");
    }
}

#[tokio::test]
async fn ten_thousand_tasks_are_shown_a_page_at_a_time_and_every_one_is_reached() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    drop(Gateway::on(Arc::clone(&folder), &[EMPTY]));
    add_tasks(folder.path(), 10_000);
    let gateway = Gateway::on(folder, &[EMPTY]);
    let mut viewer = browser(&gateway, KEY).await;
    for query in ["", "?cancelled=1", "?q=number&cancelled=1", "?label=BULK"] {
        let page = viewer.open(&format!("/dashboard/board{query}")).await;
        let cards = page.text.matches("<li class=\"task\"").count();
        assert!((210..=250).contains(&cards), "{cards} cards of {query}");
        assert!(page.text.len() < 400_000, "{} bytes of {query}", page.text.len());
    }
    for query in ["", "?q=NUMBER%201"] {
        let (mut seen, mut path) = (BTreeSet::new(), format!("/dashboard/board{query}"));
        let first = viewer.open(&path).await;
        let total = link(&first, "next 35 of ").map(|_| first.text.split("next 35 of ").nth(1).unwrap());
        let total: usize = total.unwrap().split('<').next().unwrap().replace(',', "").parse().unwrap();
        loop {
            let page = viewer.open(&path).await;
            let here = keys(&page, "ready");
            assert!(!here.is_empty() && here.len() <= 35, "{path}");
            for key in here {
                assert!(seen.insert(key.clone()), "{key} is shown twice at {path}");
            }
            let group =
                page.text.split("id=\"ready\"").nth(1).unwrap().split("class=\"group\"").next().unwrap();
            let Some(rest) = group.split("<a href=\"").find(|part| part.contains(">next ")) else { break };
            path = unescaped(rest.split('"').next().unwrap()).split('#').next().unwrap().to_owned();
        }
        assert_eq!(seen.len(), total, "{query}");
    }
}

#[tokio::test]
async fn what_is_looked_for_is_found_in_any_case_and_ready_tasks_stand_as_an_agent_is_offered_them() {
    let gateway = with_admin(&[EMPTY]);
    let caller = gateway.caller();
    let plain = make(&gateway, json!({"title": "Write Docs", "description": "about the ÄPFEL"})).await;
    let api = make(&gateway, json!({"title": "Build it", "labels": ["API"]})).await;
    caller.agent("ana").await;
    let mut viewer = browser(&gateway, KEY).await;
    for (query, found) in [
        ("q=äpfel", vec![plain.clone()]),
        ("q=write", vec![plain.clone()]),
        (&format!("q={}", api.to_lowercase()), vec![api.clone()]),
        ("label=api", vec![api.clone()]),
        ("label=ap", vec![]),
        ("q=write&label=api", vec![]),
        ("", vec![plain.clone(), api.clone()]),
        ("agent=nobody", vec![plain.clone(), api.clone()]),
        ("agent=ana", vec![api.clone(), plain.clone()]),
        ("agent=ana&q=i", vec![api, plain]),
    ] {
        let page = viewer.open(&format!("/dashboard/board?{query}")).await;
        assert_eq!(keys(&page, "ready"), found, "{query}");
        let says =
            if query.starts_with("agent=ana") { "the skills of <bdi>ana</bdi>" } else { "without matching" };
        assert!(page.text.contains(says), "{query}: {page:?}");
    }
    let page = viewer.open("/dashboard/board?agent=nobody").await;
    assert!(page.text.contains("No agent <bdi>nobody</bdi> is registered"));
}

#[tokio::test]
async fn what_others_wrote_is_shown_as_typed_and_is_never_markup() {
    let gateway = with_admin(&[EMPTY]);
    let caller = gateway.caller();
    let mut viewer = browser(&gateway, KEY).await;
    for payload in PAYLOADS {
        caller.agent(payload).await;
        make(&gateway, json!({"title": payload, "labels": [payload]})).await;
        next(&caller, payload).await;
        let page = viewer.open("/dashboard/board").await;
        assert_shown_as_typed(&page, payload);
        let agent = url::form_urlencoded::byte_serialize(payload.as_bytes()).collect::<String>();
        for name in ["q", "label", "agent"] {
            let page = viewer.open(&format!("/dashboard/board?{name}={agent}")).await;
            assert_shown_as_typed(&page, payload);
        }
        let refused = viewer.open(&format!("/dashboard/board?from={agent}")).await;
        assert_eq!((refused.status.as_u16(), refused.text.matches("<script").count()), (422, 1));
    }
}

#[tokio::test]
async fn every_link_of_the_board_is_under_the_prefix() {
    let gateway = with_admin(&[("TASKGATE_PUBLIC_URL", "http://localhost/gate")]);
    let caller = gateway.caller();
    caller.agent("ana").await;
    next(&caller, "ana").await;
    let mut browser = browser(&gateway, ADMIN).await;
    for path in
        ["/dashboard/board", "/gate/dashboard/board?q=a", "/gate/dashboard/agents", "/dashboard/agents/ana"]
    {
        let page = browser.open(path).await;
        assert_eq!(page.status, 200, "{path}: {page:?}");
        let links = page.text.split("href=\"").skip(1).chain(page.text.split("action=\"").skip(1));
        let links: Vec<_> = links.map(|link| link.split('"').next().unwrap()).collect();
        assert!(links.len() > 10, "{links:?}");
        for link in links.into_iter().filter(|link| !link.is_empty() && !link.starts_with('#')) {
            assert!(link.starts_with("/gate/dashboard"), "{link} of {path}");
        }
    }
}
