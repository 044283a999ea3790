//! Two processes on one data folder act as one.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{Gateway, create_key, lines, next, person, revoke_key, within_two_seconds};

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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_here_is_known_to_the_next_answer_there() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let settings = [("TASKGATE_SAMPLE_BOARD", "false")];
    let (one, other) = (Gateway::on(Arc::clone(&folder), &settings), Gateway::on(folder, &settings));
    let (here, there) = (one.caller(), other.caller());
    for round in 0..10 {
        let agents = [0, 1, 2].map(|number| format!("a{round}-{number}"));
        for agent in &agents {
            there.agent(agent).await;
        }
        let made = here.tool("create_task", json!({"title": "just made"})).await.unwrap()["task"].clone();
        let granted = next(&there, &agents[0]).await;
        assert_eq!(granted["task"]["id"], made["id"], "round {round}, made by a caller: {granted}");
        let given_back = json!({"agent_id": agents[0], "task_id": made["id"], "message": "not mine"});
        there.tool("release_task", given_back).await.unwrap();
        let granted = next(&here, &agents[1]).await;
        assert_eq!(granted["task"]["id"], made["id"], "round {round}, given back: {granted}");
        let done = json!({"agent_id": agents[1], "task_id": made["id"], "status": "completed"});
        here.tool("report_task_progress", done).await.unwrap();
        let nothing = next(&there, &agents[2]).await;
        assert_eq!(nothing["reason"], "project_complete", "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_missed_events_reads_everything_anew() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let logs = folder.path().join("logs");
    let logging = [("TASKGATE_EVENT_LOG", logs.to_str().unwrap())];
    let (sleeper, awake) =
        (Gateway::on(Arc::clone(&folder), &logging), Gateway::on(Arc::clone(&folder), &[]));
    let mut session = sleeper.caller();
    session.initialize("2025-06-18", json!({})).await;
    let watch = session.legacy("resources/subscribe", json!({"uri": "taskgate://board"})).await;
    assert_eq!(watch.status, 200);
    let stream = |session: &crate::support::Caller| {
        session.in_session(reqwest::Method::GET).header("Accept", "text/event-stream").send()
    };
    let mut watched = stream(&session).await.unwrap();
    let mut ended = sleeper.caller();
    ended.initialize("2025-06-18", json!({})).await;
    let mut ending = stream(&ended).await.unwrap();
    within_two_seconds("the sleeper writes the log", async || logs.join(".place").exists()).await;
    sleeper.pause();
    let there = awake.caller();
    there.tool("create_task", json!({"title": "made meanwhile"})).await.unwrap();
    person(folder.path(), &["move", "T-1", "done"]);
    let elsewhere = crate::support::Caller { base: awake.base.clone(), ..ended.clone() };
    assert_eq!(elsewhere.end_session().await, 204);
    there.agent("last").await;
    let store = rusqlite::Connection::open(awake.database()).unwrap();
    let drop = "DELETE FROM events WHERE sequence < (SELECT MAX(sequence) FROM events)";
    assert!(store.execute(drop, []).unwrap() > 3);
    sleeper.go_on();
    let here = sleeper.caller();
    within_two_seconds("the sleeper knows the task and the move", async || {
        let tasks = here.tool("list_tasks", json!({})).await.unwrap();
        tasks["total"] == 9 && tasks["tasks"][0]["status"] == "done"
    })
    .await;
    let soon = Duration::from_secs(2);
    let told = tokio::time::timeout(soon, async {
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains("notifications/resources/updated") {
            seen.extend(watched.chunk().await.unwrap().expect("the stream goes on"));
        }
    });
    told.await.expect("who watches is told");
    let end = tokio::time::timeout(soon, async { while ending.chunk().await.unwrap().is_some() {} });
    end.await.expect("the stream of a deleted session ends");
    sleeper.logs("events were dropped before this process read them").await;
    within_two_seconds("the log says what it lacks", async || {
        lines(&logs).iter().any(|line| line["action"] == "log.missed")
    })
    .await;
}
