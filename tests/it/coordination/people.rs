//! People move cards, and win.

use serde_json::{Value, json};

use crate::support::{Caller, Gateway, command, next, person, settled, within_two_seconds};

/// A gateway, and an agent that holds T-1.
async fn held() -> (Gateway, Caller, Value) {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("a").await;
    let task = next(&caller, "a").await["task"].clone();
    settled(&caller).await;
    (gateway, caller, task)
}

async fn report(caller: &Caller, agent: &str, task: &Value, status: &str) -> Result<Value, Value> {
    let said = json!({"agent_id": agent, "task_id": task["id"], "status": status, "message": "my words"});
    caller.tool("report_task_progress", said).await
}

async fn until_idle(caller: &Caller) {
    within_two_seconds("the claim ends", async || {
        caller.tool("get_agent_status", json!({"agent_id": "a"})).await.unwrap()["agent"]["status"]
            == "available"
    })
    .await;
}

#[tokio::test]
async fn a_task_moved_to_done_ends_the_claim_and_the_agent_is_told() {
    let (gateway, caller, task) = held().await;
    person(gateway.folder.path(), &["move", "T-1", "done"]);
    until_idle(&caller).await;
    let refused = report(&caller, "a", &task, "in_progress").await.unwrap_err();
    assert_eq!(refused["code"], "not_task_holder");
    assert!(refused["error"].as_str().unwrap().contains("person"), "{refused}");
    let answer = next(&caller, "a").await;
    assert!(answer["notices"][0].as_str().unwrap().contains("moved to done by a person"), "{answer}");
    assert_eq!(next(&caller, "a").await.get("notices"), None, "it is said once");
    let seen = caller.tool("get_task", json!({"task_id": "T-1"})).await.unwrap();
    assert_eq!(seen["task"]["status"], "done");
}

#[tokio::test]
async fn a_task_assigned_to_a_person_or_deleted_is_released() {
    let (gateway, caller, task) = held().await;
    person(gateway.folder.path(), &["assign", "T-1", "alice"]);
    until_idle(&caller).await;
    let other = next(&caller, "a").await;
    assert_ne!(other["task"]["id"], task["id"]);
    assert!(other["notices"][0].as_str().unwrap().contains("assigned to a person"));
    settled(&caller).await;
    person(gateway.folder.path(), &["delete", "T-2"]);
    until_idle(&caller).await;
    within_two_seconds("it is gone", async || {
        caller.tool("get_task", json!({"task_id": "T-2"})).await.is_err_and(|e| e["code"] == "task_not_found")
    })
    .await;
    let told = next(&caller, "a").await;
    assert!(told["notices"][0].as_str().unwrap().contains("deleted by a person"), "{told}");
}

#[tokio::test]
async fn a_finished_task_that_a_person_reopens_is_granted_anew() {
    let (gateway, caller, task) = held().await;
    report(&caller, "a", &task, "completed").await.unwrap();
    settled(&caller).await;
    person(gateway.folder.path(), &["move", "T-1", "todo"]);
    within_two_seconds("it is open again", async || {
        caller.tool("get_task", json!({"task_id": "T-1"})).await.unwrap()["task"]["status"] == "todo"
    })
    .await;
    let again = next(&caller, "a").await["task"].clone();
    assert_eq!(again["id"], task["id"]);
    assert!(again["claim_generation"].as_i64() > task["claim_generation"].as_i64());
    let stale = json!({"agent_id": "a", "task_id": task["id"], "status": "completed",
        "claim_generation": task["claim_generation"]});
    assert_eq!(caller.tool("report_task_progress", stale).await.unwrap_err()["code"], "not_task_holder");
    report(&caller, "a", &again, "completed").await.unwrap();
    let status = caller.tool("get_agent_status", json!({"agent_id": "a"})).await.unwrap();
    assert_eq!(status["agent"]["total_completed"], 2);
}

#[tokio::test]
async fn a_blocked_task_that_a_person_opens_is_offered_again() {
    let (gateway, caller, task) = held().await;
    let blocker = json!({"agent_id": "a", "task_id": task["id"], "blocker_description": "no access", "severity": "high"});
    let first = caller.tool("report_blocker", blocker.clone()).await.unwrap();
    assert_eq!(caller.tool("report_blocker", blocker).await.unwrap(), first, "a repeat has the same answer");
    let seen = caller.tool("get_task", json!({"task_id": "T-1"})).await.unwrap();
    assert_eq!(seen["task"]["blocker"]["severity"], "high");
    settled(&caller).await;
    person(gateway.folder.path(), &["move", "T-1", "todo"]);
    within_two_seconds("it is open", async || {
        caller.tool("get_task", json!({"task_id": "T-1"})).await.unwrap()["task"]["status"] == "todo"
    })
    .await;
    assert_eq!(next(&caller, "a").await["task"]["id"], task["id"]);
}

#[tokio::test]
async fn moves_made_while_no_gateway_ran_are_seen_at_the_next_start() {
    let (gateway, caller, task) = held().await;
    report(&caller, "a", &task, "in_progress").await.unwrap();
    settled(&caller).await;
    let folder = std::sync::Arc::clone(&gateway.folder);
    drop(gateway);
    person(folder.path(), &["move", "T-1", "cancelled"]);
    let gateway = Gateway::on(folder, &[]);
    until_idle(&gateway.caller()).await;
}

#[tokio::test]
async fn a_task_cannot_be_told_to_wait_for_itself() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    let look = async || caller.tool("get_task", json!({"task_id": "T-1"})).await.unwrap();
    let before = look().await;
    let mut tasks = command(gateway.folder.path());
    let refused = tasks.args(["tasks", "depends", "T-1", "T-2", "T-1"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("`T-1` cannot wait for itself"), "{said}");
    assert_eq!(look().await, before);
}

#[tokio::test]
async fn tasks_that_wait_for_each_other_are_reported_and_hold_up_nothing_else() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("a").await;
    person(gateway.folder.path(), &["depends", "T-1", "T-2"]);
    person(gateway.folder.path(), &["depends", "T-2", "T-1"]);
    let free = caller.tool("create_task", json!({"title": "free", "priority": "low"})).await.unwrap();
    within_two_seconds("the cycle is reported", async || {
        let status = caller.tool("get_project_status", json!({})).await.unwrap();
        status["dependency_cycles"] == json!([["T-1", "T-2"]])
    })
    .await;
    let granted = next(&caller, "a").await;
    assert_eq!(granted["task"]["id"], free["task"]["id"]);
    report(&caller, "a", &granted["task"], "completed").await.unwrap();
    assert_eq!(next(&caller, "a").await["reason"], "waiting_on_dependencies");
}
