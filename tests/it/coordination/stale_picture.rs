//! People and other processes that were quicker than the picture a gateway has: nothing they did is passed over.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Caller, Gateway, next, person, settled, within_two_seconds};

const EMPTY: (&str, &str) = ("TASKGATE_SAMPLE_BOARD", "false");

async fn make(caller: &Caller, title: &str) -> Value {
    caller.tool("create_task", json!({"title": title})).await.unwrap()["task"].clone()
}

async fn task(caller: &Caller, id: &Value) -> Value {
    caller.tool("get_task", json!({"task_id": id})).await.unwrap()["task"].clone()
}

/// What a person does while the gateway stands still, and what it answers to a call that waited meanwhile.
async fn meanwhile<T>(gateway: &Gateway, hand: &[&str], call: impl Future<Output = T>) -> T {
    gateway.pause();
    person(gateway.folder.path(), hand);
    let go_on = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        gateway.go_on();
    };
    tokio::join!(call, go_on).0
}

#[tokio::test]
async fn a_task_a_person_closed_or_took_is_not_granted_on_an_old_picture() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    caller.agent("a").await;
    for (hand, status) in
        [(["done", "move"], "done"), (["backlog", "move"], "backlog"), (["alice", "assign"], "todo")]
    {
        let made = make(&caller, "not for agents").await;
        settled(&caller).await;
        let hand = [hand[1], made["key"].as_str().unwrap(), hand[0]];
        let answer = meanwhile(&gateway, &hand, next(&caller, "a")).await;
        assert_eq!(answer["success"], false, "{answer}");
        settled(&caller).await;
        assert_eq!(task(&caller, &made["id"]).await["status"], status);
    }
}

#[tokio::test]
async fn a_task_that_waits_for_another_since_a_moment_ago_is_not_granted_on_an_old_picture() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    let folder = gateway.folder.path();
    for agent in ["a", "b"] {
        caller.agent(agent).await;
    }
    let key = |task: &Value| task["key"].as_str().unwrap().to_owned();
    let refused = async |hand: &[&str]| {
        let answer = meanwhile(&gateway, hand, next(&caller, "a")).await;
        assert_eq!(answer["success"], false, "after {hand:?}: {answer}");
        assert_eq!(answer["reason"], "waiting_on_dependencies", "after {hand:?}");
    };
    // It is the first of the two that is free.
    let first = make(&caller, "first").await;
    next(&caller, "b").await;
    let waiting = make(&caller, "made dependent").await;
    refused(&["depends", &key(&waiting), &key(&first)]).await;
    // Finished by its agent, and opened again by a person.
    let done = json!({"agent_id": "b", "task_id": first["id"], "status": "completed"});
    caller.tool("report_task_progress", done).await.unwrap();
    settled(&caller).await;
    refused(&["move", &key(&first), "backlog"]).await;
    // Closed by a person, and opened again.
    person(folder, &["move", &key(&first), "done"]);
    within_two_seconds("it is done", async || task(&caller, &first["id"]).await["status"] == "done").await;
    refused(&["move", &key(&first), "backlog"]).await;
    // What was deleted holds up nothing.
    person(folder, &["delete", &key(&first)]);
    assert_eq!(next(&caller, "a").await["task"]["id"], waiting["id"]);
}

#[tokio::test]
async fn a_report_over_a_persons_move_is_refused_however_busy_the_agent_is() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    caller.agent("a").await;
    let made = make(&caller, "wanted back").await;
    next(&caller, "a").await;
    let say = |status: &str, message: String| {
        let said = json!({"agent_id": "a", "task_id": made["id"], "status": status, "message": message});
        caller.tool("report_task_progress", said)
    };
    // Its words are still on their way to the board.
    for number in 0..20 {
        say("in_progress", format!("word {number}")).await.unwrap();
    }
    let hand = ["move", made["key"].as_str().unwrap(), "backlog"];
    let refused = meanwhile(&gateway, &hand, say("completed", String::from("over it"))).await.unwrap_err();
    assert_eq!(refused["code"], "not_task_holder");
    assert!(refused["error"].as_str().unwrap().contains("person"), "{refused}");
    settled(&caller).await;
    assert_eq!(task(&caller, &made["id"]).await["status"], "backlog");
    let beat = caller.tool("heartbeat", json!({"agent_id": "a"})).await.unwrap_err();
    assert!(beat["error"].as_str().unwrap().contains("moved to backlog by a person"), "{beat}");
}

#[tokio::test]
async fn asking_again_over_a_persons_move_renews_nothing() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    caller.agent("a").await;
    let made = make(&caller, "done by hand").await;
    next(&caller, "a").await;
    settled(&caller).await;
    make(&caller, "something else").await;
    let hand = ["move", made["key"].as_str().unwrap(), "done"];
    let answer = meanwhile(&gateway, &hand, next(&caller, "a")).await;
    assert_eq!(answer["task"]["name"], "something else", "{answer}");
    assert!(answer["notices"][0].as_str().unwrap().contains("moved to done by a person"), "{answer}");
}

#[tokio::test]
async fn the_holder_is_known_to_a_process_that_did_not_grant_the_task() {
    let one = Gateway::with(&[]);
    let other = Gateway::on(Arc::clone(&one.folder), &[]);
    let (here, there) = (one.caller(), other.caller());
    here.agent("a").await;
    for _ in 0..3 {
        let granted = next(&here, "a").await;
        let beat = there.tool("heartbeat", json!({"agent_id": "a"})).await.unwrap();
        assert_eq!(beat["task_id"], granted["task"]["id"]);
        let done = json!({"agent_id": "a", "task_id": granted["task"]["id"], "status": "completed"});
        here.tool("report_task_progress", done).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_is_given_once_and_finds_its_task() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    let first = make(&caller, "short-lived").await;
    person(gateway.folder.path(), &["delete", first["key"].as_str().unwrap()]);
    let second = make(&caller, "another").await;
    assert_ne!(first["key"], second["key"]);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(task(&caller, &second["key"]).await["id"], second["id"]);
}

#[tokio::test]
async fn a_held_task_that_was_deleted_while_nobody_looked_frees_its_agent() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    caller.agent("a").await;
    let made = make(&caller, "deleted").await;
    next(&caller, "a").await;
    settled(&caller).await;
    let folder = Arc::clone(&gateway.folder);
    drop(gateway);
    person(folder.path(), &["delete", made["key"].as_str().unwrap()]);
    let gateway = Gateway::on(folder, &[EMPTY]);
    let caller = gateway.caller();
    within_two_seconds("the agent is told", async || {
        next(&caller, "a").await.to_string().contains("deleted by a person")
    })
    .await;
    let database = rusqlite::Connection::open(gateway.database()).unwrap();
    let watched = "SELECT COUNT(*) FROM claims WHERE expires_at IS NOT NULL";
    assert_eq!(database.query_row(watched, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[tokio::test]
async fn progress_never_falls_and_a_persons_end_is_not_told_as_an_agents() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    caller.agent("a").await;
    let made = make(&caller, "half done").await;
    let after = json!({"title": "builds on it", "dependencies": [made["id"]]});
    caller.tool("create_task", after).await.unwrap();
    next(&caller, "a").await;
    for said in [
        json!({"progress": 70, "message": "I broke it"}),
        json!({"message": "still at it"}),
        json!({"progress": 10}),
    ] {
        let mut said = said;
        (said["agent_id"], said["task_id"], said["status"]) =
            (json!("a"), made["id"].clone(), json!("in_progress"));
        caller.tool("report_task_progress", said).await.unwrap();
    }
    let status = caller.tool("get_agent_status", json!({"agent_id": "a"})).await.unwrap();
    assert!(status.to_string().contains("\"progress\":70"), "{status}");
    person(gateway.folder.path(), &["move", made["key"].as_str().unwrap(), "done"]);
    within_two_seconds("what builds on it is granted", async || {
        let answer = next(&caller, "a").await;
        let instructions = answer["task"]["instructions"].as_str().unwrap_or_default().to_owned();
        assert!(!instructions.contains("finished by a"), "{instructions}");
        instructions.contains("It builds on")
    })
    .await;
}

#[tokio::test]
async fn a_dependency_given_several_times_counts_once() {
    let gateway = Gateway::with(&[EMPTY]);
    let caller = gateway.caller();
    let first = make(&caller, "first").await;
    let repeated = vec![first["id"].clone(); 40].into_iter().chain(vec![first["key"].clone(); 40]);
    let named = json!({"title": "waits", "dependencies": repeated.collect::<Vec<_>>()});
    let waiting = caller.tool("create_task", named).await.unwrap()["task"].clone();
    assert_eq!(waiting["dependencies"], json!([first["id"]]));
    // One from before repeats were left out.
    let store = rusqlite::Connection::open(gateway.database()).unwrap();
    let twice = json!([first["id"], first["id"]]).to_string();
    store.execute("UPDATE tasks SET dependencies = ?1 WHERE dependencies <> '[]'", [twice]).unwrap();
    let other = Gateway::on(Arc::clone(&gateway.folder), &[EMPTY]);
    let again = other.caller();
    assert_eq!(task(&again, &waiting["id"]).await["dependencies"], json!([first["id"]]));
    person(gateway.folder.path(), &["depends", waiting["key"].as_str().unwrap(), "T-1", "T-1"]);
    let stored: String =
        store.query_row("SELECT dependencies FROM tasks WHERE number = 2", [], |row| row.get(0)).unwrap();
    assert_eq!(stored, json!([first["id"]]).to_string());
}
