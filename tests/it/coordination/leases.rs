//! Leases: kept, given back, lost, and lost once too often.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Gateway, next, pass_seconds, person, within_two_seconds};

#[tokio::test]
async fn a_heartbeat_keeps_the_task_and_a_release_hands_it_on() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    for agent in ["first", "second"] {
        caller.agent(agent).await;
    }
    let task = next(&caller, "first").await["task"].clone();
    for _ in 0..4 {
        pass_seconds(&gateway, &caller, 500).await;
        let beat = caller.tool("heartbeat", json!({"agent_id": "first"})).await.unwrap();
        assert_eq!(beat["claim_generation"], task["claim_generation"]);
    }
    let release =
        json!({"agent_id": "first", "task_id": task["key"], "message": "half of the routes are there"});
    let given = caller.tool("release_task", release.clone()).await.unwrap();
    assert_eq!(caller.tool("release_task", release).await.unwrap(), given, "a repeat has the same answer");
    let beat = caller.tool("heartbeat", json!({"agent_id": "first"})).await.unwrap_err();
    assert_eq!(beat["code"], "not_task_holder");
    assert_ne!(next(&caller, "first").await["task"]["id"], task["id"], "what one gave back comes last");
    let handed = next(&caller, "second").await["task"].clone();
    assert_eq!(handed["id"], task["id"]);
    assert!(handed["instructions"].as_str().unwrap().contains("half of the routes are there"));
}

#[tokio::test]
async fn a_report_that_is_refused_is_kept_as_a_comment_once() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    for agent in ["holder", "other"] {
        caller.agent(agent).await;
    }
    let task = next(&caller, "holder").await["task"].clone();
    let report = json!({"agent_id": "other", "task_id": task["id"], "status": "completed", "message": "I did it, too"});
    for _ in 0..3 {
        let refused = caller.tool("report_task_progress", report.clone()).await.unwrap_err();
        assert_eq!(refused["code"], "not_task_holder");
    }
    let shown = || person(gateway.folder.path(), &["show", "T-1"]).matches("I did it, too").count();
    within_two_seconds("the text is on the board", async || shown() == 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(shown(), 1);
}

#[tokio::test]
async fn a_late_report_of_the_last_holder_counts_under_its_own_generation() {
    let gateway = Gateway::start();
    let caller = gateway.caller();
    caller.agent("slow").await;
    let task = next(&caller, "slow").await["task"].clone();
    pass_seconds(&gateway, &caller, 601).await;
    within_two_seconds("the log says so", async || gateway.log_contains("a lease ended")).await;
    let line = gateway.log_line("a lease ended").await;
    for (field, expected) in [
        ("task", &task["key"]),
        ("task_id", &task["id"]),
        ("agent", &json!("slow")),
        ("generation", &task["claim_generation"]),
        ("cause", &json!("expired")),
    ] {
        assert_eq!(&line[field], expected, "{field} of {line}");
    }
    assert!(line["expires_at"].is_string(), "{line}");
    let report = json!({"agent_id": "slow", "task_id": task["id"], "status": "in_progress", "progress": 60,
        "message": "nearly", "claim_generation": task["claim_generation"]});
    let taken = caller.tool("report_task_progress", report).await.unwrap();
    assert_eq!(taken["claim_generation"], task["claim_generation"]);
    let status = caller.tool("get_agent_status", json!({"agent_id": "slow"})).await.unwrap();
    assert_eq!(status["agent"]["status"], "working");
}

#[tokio::test]
async fn a_task_that_three_in_a_row_lost_is_parked_until_a_person_opens_it() {
    let gateway = Gateway::with(&[("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    let task = caller.tool("create_task", json!({"title": "poison"})).await.unwrap()["task"]["id"].clone();
    for number in 1..=3 {
        let agent = format!("lost-{number}");
        caller.agent(&agent).await;
        assert_eq!(next(&caller, &agent).await["task"]["id"], task, "{agent} gets it");
        pass_seconds(&gateway, &caller, 601).await;
    }
    caller.agent("heir").await;
    assert_eq!(next(&caller, "heir").await["reason"], "no_open_tasks");
    let parked = async || caller.tool("get_task", json!({"task_id": task})).await.unwrap()["task"].clone();
    within_two_seconds("it is parked", async || parked().await["blocker"]["parked"] == true).await;
    assert_eq!(parked().await["status"], "blocked");
    let on_board = async || person(gateway.folder.path(), &["show", "T-1"]);
    within_two_seconds("the board says so", async || on_board().await.contains("lost-1, lost-2, lost-3"))
        .await;
    within_two_seconds("nothing is owed", async || {
        caller.tool("get_project_status", json!({})).await.unwrap()["board_sync"]["pending"] == 0
    })
    .await;
    person(gateway.folder.path(), &["move", "T-1", "todo"]);
    within_two_seconds("it is offered again", async || next(&caller, "heir").await["task"]["id"] == task)
        .await;
    person(gateway.folder.path(), &["move", "T-1", "done"]);
    let ended = async || gateway.log_line("a person moved the task").await["agent"] == "heir";
    within_two_seconds("the log says why its lease was lost", ended).await;
    assert_eq!(gateway.log_line("a person moved the task").await["cause"], "moved_by_person");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dead_agents_held_is_offered_again_with_a_note_a_second_after_the_lease() {
    let gateway = Gateway::with(&[("TASKGATE_LEASE_SECONDS", "3"), ("TASKGATE_SAMPLE_BOARD", "false")]);
    let caller = gateway.caller();
    for number in 0..50 {
        caller.tool("create_task", json!({"title": format!("task {number}")})).await.unwrap();
    }
    let mut dead = Vec::new();
    let mut alive = Vec::new();
    for number in 0..50 {
        let agent = format!("agent-{number}");
        caller.agent(&agent).await;
        let task = next(&caller, &agent).await["task"].clone();
        let said = json!({"agent_id": agent, "task_id": task["id"], "status": "in_progress", "progress": 30,
            "message": format!("words of {agent}")});
        caller.tool("report_task_progress", said).await.unwrap();
        if number % 10 < 3 { dead.push((agent, task)) } else { alive.push((agent, task)) }
    }
    let died = Instant::now();
    for (agent, task) in &alive {
        let done = json!({"agent_id": agent, "task_id": task["id"], "status": "completed"});
        caller.tool("report_task_progress", done).await.unwrap();
    }
    let mut heirs = tokio::task::JoinSet::new();
    for (agent, _) in alive.into_iter().take(dead.len()) {
        let caller = caller.clone();
        heirs.spawn(async move {
            let wish = json!({"agent_id": agent, "wait_seconds": 10});
            caller.tool("request_next_task", wish).await.unwrap()["task"].clone()
        });
    }
    let handed = heirs.join_all().await;
    assert!(died.elapsed() < Duration::from_secs(4), "it took {:?}", died.elapsed());
    for (agent, task) in dead {
        let again =
            handed.iter().find(|granted| granted["id"] == task["id"]).expect("every task is offered again");
        let note = again["instructions"].as_str().unwrap();
        assert!(note.contains(&format!("words of {agent}")) && note.contains("30 %"), "{note}");
    }
}
