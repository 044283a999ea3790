//! `TASKGATE_EVENT_LOG`: what agents did, as JSON lines, each once however many processes share the folder.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use serde_json::{Value, json};

use crate::{
    leases::next,
    support::{Gateway, within_two_seconds},
};

fn lines(folder: &Path) -> Vec<Value> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let texts: Vec<_> = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    texts.iter().flat_map(|text| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn every_decision_is_logged_once_by_the_process_that_made_it() {
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
    assert_eq!(std::fs::read_dir(&logs).unwrap().count(), 2, "each process has a file of its own");
    let done = lines(&logs).into_iter().find(|line| line["action"] == "task.complete").unwrap();
    assert_eq!((done["message"].clone(), done["workspace"].clone()), (json!("words"), json!("default")));
}
