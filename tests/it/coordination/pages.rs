//! Lists carry no long text and come in pages that any client can take, however much is on the board.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{Caller, Gateway, person, within_two_seconds};

/// Bytes of a page's text at most.
const PAGE: usize = 64 * 1024;
const TASKS: usize = 100;

/// All pages of a list: each item's `id`, and how many bytes the pages have.
async fn pages(caller: &Caller, tool: &str, member: &str, mut arguments: Value) -> (Vec<String>, Vec<usize>) {
    let (mut ids, mut lengths) = (Vec::new(), Vec::new());
    loop {
        let page = caller.tool(tool, arguments.clone()).await.unwrap();
        let items = page[member].as_array().unwrap();
        assert!(!items.is_empty(), "a page gets on");
        ids.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        lengths.push(page.to_string().len());
        let Some(cursor) = page["next_cursor"].as_str() else {
            assert_eq!(page["total"], ids.len());
            return (ids, lengths);
        };
        arguments["cursor"] = json!(cursor);
    }
}

fn assert_complete(ids: &[String], lengths: &[usize], count: usize) {
    let unique: BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), unique.len()), (count, count), "each once");
    assert!(lengths.len() > 1 && lengths.iter().all(|length| *length <= PAGE), "{lengths:?}");
}

/// A board with as much text as tasks may have, in characters of four bytes.
async fn heavy_board(count: usize) -> (Gateway, Caller) {
    let gateway = Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    for number in 0..count {
        let title = format!("{number} {}", "🦀".repeat(290));
        let labels: Vec<_> = (0..5).map(|label| format!("{label}{}", "🦀".repeat(99))).collect();
        let task = json!({"title": title, "description": "🦀".repeat(20_000), "labels": labels});
        caller.tool("create_task", task).await.unwrap();
    }
    (gateway, caller)
}

#[tokio::test]
async fn a_list_of_long_tasks_is_brief_and_paged_and_get_task_has_the_whole() {
    let (_gateway, caller) = heavy_board(TASKS).await;
    let (ids, lengths) = pages(&caller, "list_tasks", "tasks", json!({"limit": 200})).await;
    assert_complete(&ids, &lengths, TASKS);
    let first = caller.tool("list_tasks", json!({})).await.unwrap()["tasks"][0].clone();
    for text in ["title", "description"] {
        let shown = first[text].as_str().unwrap();
        assert!(shown.chars().count() == 200 && shown.ends_with('…'), "{shown}");
    }
    let whole = caller.tool("get_task", json!({"task_id": first["id"]})).await.unwrap();
    assert_eq!(whole["task"]["description"], "🦀".repeat(20_000));
    assert_eq!(whole["task"]["labels"].as_array().unwrap().len(), 5);
    let (found, _) = pages(&caller, "list_tasks", "tasks", json!({"query": "🦀🦀", "limit": 7})).await;
    assert_eq!(found, ids, "smaller pages of the same");
}

#[tokio::test]
async fn the_board_resource_ends_with_the_uri_of_the_rest() {
    let (gateway, caller) = heavy_board(TASKS).await;
    for task in ["T-3", "T-90"] {
        person(gateway.folder.path(), &["move", task, "in_progress"]);
        within_two_seconds("the move is known", || async {
            caller.tool("get_task", json!({"task_id": task})).await.unwrap()["task"]["status"]
                == "in_progress"
        })
        .await;
    }
    let (mut uri, mut keys, mut pages) = (String::from("taskgate://board"), Vec::new(), 0);
    loop {
        let read = caller.modern("resources/read", json!({"uri": uri})).await.json();
        let contents = &read["result"]["contents"][0];
        assert_eq!(contents["uri"], uri);
        let text = contents["text"].as_str().unwrap();
        assert!(text.len() <= PAGE, "{} bytes", text.len());
        let lines = text.lines().filter_map(|line| line.strip_prefix("- "));
        keys.extend(lines.map(|line| line.split(' ').next().unwrap().to_owned()));
        pages += 1;
        let Some(rest) = text.lines().last().and_then(|line| line.strip_prefix("There is more: read "))
        else {
            break;
        };
        assert!(rest.starts_with("taskgate://board/after/"), "{rest}");
        rest.clone_into(&mut uri);
    }
    assert!(pages > 1, "{pages} pages");
    let unique: BTreeSet<_> = keys.iter().collect();
    assert_eq!((keys.len(), unique.len()), (TASKS, TASKS), "each once");
    assert_eq!(keys[..2], ["T-3", "T-90"], "what is worked on comes first");
    let by_key = caller.modern("resources/read", json!({"uri": "taskgate://board/after/T-99"})).await.json();
    let text = by_key["result"]["contents"][0]["text"].as_str().unwrap();
    assert!(text.contains("\n- T-100 ") && !text.contains("\n- T-99 "), "{text}");
    let unknown =
        caller.modern("resources/read", json!({"uri": "taskgate://board/after/T-999"})).await.json();
    assert!(unknown["error"]["code"].is_i64(), "{unknown}");
    let templates = caller.modern("resources/templates/list", json!({})).await.json();
    let listed = templates["result"]["resourceTemplates"].to_string();
    assert!(listed.contains("taskgate://board/after/{id}"), "{listed}");
}

#[tokio::test]
async fn agents_with_the_longest_profiles_are_paged() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let skills: Vec<_> = (0..50).map(|skill| format!("{skill:02}{}", "🦀".repeat(98))).collect();
    for number in 0..20 {
        let agent_id = format!("{number:03}{}", "🦀".repeat(125));
        let profile = json!({"agent_id": agent_id, "name": "🦀".repeat(200), "role": "🦀".repeat(200), "skills": skills});
        caller.tool("register_agent", profile).await.unwrap();
    }
    let (ids, lengths) = pages(&caller, "list_registered_agents", "agents", json!({})).await;
    assert_complete(&ids, &lengths, 20);
    assert!(ids.is_sorted());
    let (again, _) = pages(&caller, "list_registered_agents", "agents", json!({"limit": 1})).await;
    assert_eq!(again, ids);
}

#[tokio::test]
async fn pages_go_on_after_a_task_that_is_gone() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let first = caller.tool("list_tasks", json!({"limit": 2})).await.unwrap();
    person(gateway.folder.path(), &["delete", first["tasks"][1]["key"].as_str().unwrap()]);
    within_two_seconds("the task is gone", || async {
        caller.tool("get_task", json!({"task_id": first["tasks"][1]["id"]})).await.is_err()
    })
    .await;
    let next = caller.tool("list_tasks", json!({"limit": 2, "cursor": first["next_cursor"]})).await.unwrap();
    let keys: Vec<_> = next["tasks"].as_array().unwrap().iter().map(|task| task["key"].clone()).collect();
    assert_eq!(keys, ["T-3", "T-4"]);
}

#[tokio::test]
async fn knots_of_many_tasks_are_counted_and_some_are_named() {
    let gateway = Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    let make = async |title: String, dependencies: Value| {
        let task = json!({"title": title, "dependencies": dependencies});
        caller.tool("create_task", task).await.unwrap()["task"]["key"].as_str().unwrap().to_owned()
    };
    let root = make(String::from("root"), json!([])).await;
    for number in 0..120 {
        make(number.to_string(), json!([root])).await;
    }
    person(gateway.folder.path(), &["delete", &root]);
    within_two_seconds("the dependency is unknown", || async {
        let status = caller.tool("get_project_status", json!({})).await.unwrap();
        status["tasks_with_unknown_dependencies"] == 120
            && status["unknown_dependencies"].as_array().unwrap().len() == 100
            && status["tasks_in_cycles"] == 0
    })
    .await;
}

#[tokio::test]
async fn completion_says_whether_there_are_more() {
    let gateway = Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    for number in 0..101 {
        caller.tool("create_task", json!({"title": number.to_string()})).await.unwrap();
    }
    for template in ["taskgate://task/{id}", "taskgate://board/after/{id}"] {
        let complete = async |typed: &str| {
            let params = json!({"ref": {"type": "ref/resource", "uri": template},
                "argument": {"name": "id", "value": typed}});
            caller.modern("completion/complete", params).await.json()["result"]["completion"].clone()
        };
        let all = complete("T-").await;
        assert_eq!((all["values"].as_array().unwrap().len(), &all["hasMore"]), (100, &json!(true)));
        let some = complete("T-10").await;
        assert_eq!((&some["values"], &some["hasMore"]), (&json!(["T-10", "T-100", "T-101"]), &json!(false)));
        assert_eq!(some["total"], 3);
    }
}

#[tokio::test]
async fn many_searches_of_long_texts_hold_nobody_else_up() {
    let (_gateway, caller) = heavy_board(50).await;
    caller.agent("a").await;
    caller.tool("request_next_task", json!({"agent_id": "a"})).await.unwrap();
    let begun = Instant::now();
    let mut searches = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let caller = caller.clone();
        searches.spawn(async move { caller.tool("list_tasks", json!({"query": "no such text"})).await });
    }
    let (mut worst, mut beats) = (Duration::ZERO, 0);
    while !searches.is_empty() {
        let asked = Instant::now();
        caller.tool("heartbeat", json!({"agent_id": "a"})).await.unwrap();
        worst = worst.max(asked.elapsed());
        beats += 1;
        while let Some(found) = searches.try_join_next() {
            assert_eq!(found.unwrap().unwrap()["total"], 0);
        }
    }
    let all = begun.elapsed();
    assert!(worst * 4 < all, "a heartbeat took {worst:?} while the searches took {all:?}");
    assert!(beats > 10, "{beats} heartbeats in {all:?}");
}
