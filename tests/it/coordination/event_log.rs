//! `TASKGATE_EVENT_LOG`: what agents did, as JSON lines, each once however many processes share the folder.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::json;

use crate::support::{Gateway, lines, next, person, within_two_seconds};

#[tokio::test]
async fn every_decision_is_logged_once_whichever_process_made_it() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let logs = folder.path().join("logs");
    let settings = [("TASKGATE_EVENT_LOG", logs.to_str().unwrap())];
    let (one, other) = (Gateway::on(Arc::clone(&folder), &settings), Gateway::on(folder.clone(), &settings));
    for (gateway, agent) in [(&one, "a"), (&other, "b")] {
        let caller = gateway.caller();
        caller.agent(agent).await;
        let task = next(&caller, agent).await["task"].clone();
        let done =
            json!({"agent_id": agent, "task_id": task["id"], "status": "completed", "message": "words"});
        caller.tool("report_task_progress", done).await.unwrap();
    }
    let counted = || {
        let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
        for line in lines(&logs) {
            let text = |member: &str| line[member].as_str().unwrap_or_default().to_owned();
            *counts.entry((text("action"), text("agent_id"))).or_default() += 1;
        }
        counts
    };
    let expected = ["agent.register", "task.claim", "task.complete"]
        .iter()
        .flat_map(|action| ["a", "b"].map(|agent| ((*action).to_owned(), agent.to_owned())));
    let expected: Vec<_> = expected.collect();
    within_two_seconds("all is logged", async || expected.iter().all(|key| counted().contains_key(key)))
        .await;
    assert!(expected.iter().all(|key| counted()[key] == 1), "{:?}", counted());
    let done = lines(&logs).into_iter().find(|line| line["action"] == "task.complete").unwrap();
    assert_eq!((done["message"].clone(), done["workspace"].clone()), (json!("words"), json!("default")));
}

#[tokio::test]
async fn what_a_killed_process_did_and_what_people_did_is_logged_too() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let logs = folder.path().join("logs");
    let settings = [("TASKGATE_EVENT_LOG", logs.to_str().unwrap())];
    let (mut one, other) = (Gateway::on(folder.clone(), &settings), Gateway::on(folder.clone(), &settings));
    within_two_seconds("the first one writes", async || logs.join(".place").exists()).await;
    let caller = one.caller();
    caller.agent("a").await;
    next(&caller, "a").await;
    one.child.kill().unwrap();
    drop(other);
    person(folder.path(), &["move", "T-2", "done"]);
    let third = Gateway::on(folder.clone(), &settings);
    person(folder.path(), &["move", "T-1", "done"]);
    let has = |action: &str| lines(&logs).iter().filter(|line| line["action"] == action).count();
    within_two_seconds("all is logged", async || has("task.claim") >= 1 && has("task.move") >= 2).await;
    drop(third);
}
