//! Two processes on one data folder act as one.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{Gateway, create_key, revoke_key};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_agents_on_two_processes_get_every_task_once() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let settings = [("TASKGATE_SAMPLE_BOARD", "false")];
    let gateways = [Gateway::on(Arc::clone(&folder), &settings), Gateway::on(folder, &settings)];
    let caller = gateways[0].caller();
    for number in 0..200 {
        caller.tool("create_task", json!({"title": format!("task {number}")})).await.unwrap();
    }
    let mut agents = tokio::task::JoinSet::new();
    for number in 0..64 {
        let caller = gateways[number % 2].caller();
        agents.spawn(async move {
            let agent = format!("agent-{number}");
            caller.agent(&agent).await;
            let mut done = Vec::new();
            loop {
                let next = caller.tool("request_next_task", json!({"agent_id": agent})).await.unwrap();
                if next["success"] == false {
                    return done;
                }
                let (task, generation) = (next["task"]["id"].clone(), next["task"]["claim_generation"].clone());
                let report = json!({"agent_id": agent, "task_id": task, "status": "completed", "progress": 100,
                    "claim_generation": generation});
                caller.tool("report_task_progress", report).await.unwrap();
                done.push(task.as_str().unwrap().to_owned());
            }
        });
    }
    let mut holders: BTreeMap<String, u32> = BTreeMap::new();
    for done in agents.join_all().await {
        for task in done {
            *holders.entry(task).or_default() += 1;
        }
    }
    assert_eq!(holders.len(), 200, "every task was done");
    assert!(holders.values().all(|times| *times == 1), "a task was granted twice: {holders:?}");
    for gateway in &gateways {
        // Each process tells the truth within a second.
        let (caller, asked) = (gateway.caller(), std::time::Instant::now());
        let mut status = caller.tool("get_project_status", json!({})).await.unwrap();
        while status["project"]["completed"] != 200 && asked.elapsed().as_secs() < 1 {
            status = caller.tool("get_project_status", json!({})).await.unwrap();
        }
        assert_eq!(status["project"]["completed"], 200);
        assert_eq!(status["project"]["completion_percentage"], 100.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_task_and_sixteen_agents_on_two_processes_is_one_grant() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let settings = [("TASKGATE_SAMPLE_BOARD", "false")];
    let gateways = [Gateway::on(Arc::clone(&folder), &settings), Gateway::on(folder, &settings)];
    for round in 0..10 {
        let caller = gateways[0].caller();
        caller.tool("create_task", json!({"title": "the only one"})).await.unwrap();
        let asked = (0..16).map(|number| {
            let caller = gateways[number % 2].caller();
            async move {
                let agent = format!("r{round}-{number}");
                caller.agent(&agent).await;
                caller.tool("request_next_task", json!({"agent_id": agent})).await.unwrap()["success"] == true
            }
        });
        let granted =
            futures_util::future::join_all(asked).await.into_iter().filter(|granted| *granted).count();
        assert_eq!(granted, 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_revoked_here_is_refused_there_within_a_second_and_its_stream_ends() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let (one, other) = (Gateway::on(Arc::clone(&folder), &[]), Gateway::on(Arc::clone(&folder), &[]));
    let key = create_key(folder.path(), &["--description", "short-lived", "--user", "bob"]);
    for gateway in [&one, &other] {
        assert!(gateway.caller_with(&key).tool("ping", json!({})).await.is_ok());
    }
    let mut stream = other.caller_with(&key).request(reqwest::Method::GET, "/sse").send().await.unwrap();
    assert!(stream.chunk().await.unwrap().unwrap().starts_with(b"event: endpoint"));
    revoke_key(folder.path(), "short-lived");
    let revoked = Instant::now();
    for gateway in [&one, &other] {
        loop {
            let status = gateway.caller_with(&key).modern("tools/call", json!({"name": "ping"})).await.status;
            if status == 401 {
                break;
            }
            assert!(
                revoked.elapsed() < Duration::from_secs(1),
                "the key still works a second after it was revoked"
            );
        }
    }
    let ended = tokio::time::timeout(Duration::from_secs(1), async {
        while stream.chunk().await.unwrap().is_some() {}
    });
    ended.await.expect("the stream ends with its key");
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_make_everything_once() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let folder = Arc::clone(&folder);
            std::thread::spawn(move || Gateway::on(folder, &[("MCP_AUTH_TOKENS", "")]))
        })
        .collect();
    let gateways: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    let key = std::fs::read_to_string(folder.path().join("first-key")).unwrap();
    for gateway in &gateways {
        let tasks = gateway.caller_with(&key).tool("list_tasks", json!({})).await.unwrap();
        assert_eq!(tasks["total"], 8);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_slept_through_a_lease_accepts_or_refuses_but_never_doubles() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let settings = [("TASKGATE_LEASE_SECONDS", "1")];
    let (sleeper, awake) = (Gateway::on(Arc::clone(&folder), &settings), Gateway::on(folder, &settings));
    let (here, there) = (sleeper.caller(), awake.caller());
    for agent in ["left", "kept", "heir"] {
        here.agent(agent).await;
    }
    let grant = async |agent: &str| {
        here.tool("request_next_task", json!({"agent_id": agent})).await.unwrap()["task"].clone()
    };
    let (left, kept) = (grant("left").await, grant("kept").await);
    sleeper.pause();
    // Sent while the gateway sleeps, and read when it goes on, long after the lease.
    let done = |agent: &str, task: &serde_json::Value| {
        let report = json!({"agent_id": agent, "task_id": task["id"], "status": "completed", "message": "late",
            "claim_generation": task["claim_generation"]});
        let here = here.clone();
        async move { here.tool("report_task_progress", report).await }
    };
    let mut late = tokio::task::JoinSet::new();
    late.spawn(done("left", &left));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let wish = json!({"agent_id": "heir", "wait_seconds": 5});
    let taken = there.tool("request_next_task", wish).await.unwrap()["task"].clone();
    assert_eq!(taken["id"], left["id"], "what was lost first is offered first");
    sleeper.go_on();
    let refused = late.join_next().await.unwrap().unwrap().unwrap_err();
    assert_eq!(refused["code"], "not_task_holder");
    let accepted = done("kept", &kept).await.unwrap();
    assert_eq!(accepted["claim_generation"], kept["claim_generation"], "nobody else was granted it");
    let finish = json!({"agent_id": "heir", "task_id": taken["id"], "status": "completed"});
    there.tool("report_task_progress", finish).await.unwrap();
    let rows = rusqlite::Connection::open(awake.database()).unwrap();
    let finished: i64 = rows.query_row("SELECT COUNT(*) FROM completions", [], |row| row.get(0)).unwrap();
    assert_eq!(finished, 2, "each once");
}
