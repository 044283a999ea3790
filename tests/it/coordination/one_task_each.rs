//! An agent holds one task, at however many gateways it asks at once.
//!
//! `ONE_TASK_GRANTS=20000 cargo nextest run --test it twelve_agents` is the long form.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Caller, Gateway, next};

const EMPTY: (&str, &str) = ("TASKGATE_SAMPLE_BOARD", "false");

fn two_gateways() -> [Gateway; 2] {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    [Gateway::on(Arc::clone(&folder), &[EMPTY]), Gateway::on(folder, &[EMPTY])]
}

/// Makes that many tasks, several at a time.
async fn fill(caller: &Caller, count: usize) {
    let made = Arc::new(AtomicUsize::new(0));
    let mut makers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (caller, made) = (caller.clone(), Arc::clone(&made));
        makers.spawn(async move {
            while made.fetch_add(1, Ordering::Relaxed) < count {
                caller.tool("create_task", json!({"title": "something to do"})).await.unwrap();
            }
        });
    }
    makers.join_all().await;
}

/// Live claims of an agent, as the store has them at one moment.
fn live(store: &Connection, agent: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM claims WHERE expires_at IS NOT NULL
        AND json_extract(record, '$.agent_id') = ?1 AND json_extract(record, '$.state') = 'live'";
    store.query_row(sql, [agent], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_asks_again_at_another_gateway_at_once_is_given_the_task_it_holds() {
    let [one, other] = two_gateways();
    let (here, there) = (one.caller(), other.caller());
    fill(&here, 40).await;
    for round in 0..30 {
        let agent = format!("agent-{round}");
        here.agent(&agent).await;
        let first = next(&here, &agent).await;
        let again = next(&there, &agent).await;
        assert_eq!(again["task"]["id"], first["task"]["id"], "round {round}: {again}");
        assert_eq!(again["task"]["already_assigned"], true, "round {round}");
        assert_eq!(again["task"]["claim_generation"], first["task"]["claim_generation"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_finished_here_is_no_longer_held_there() {
    let [one, other] = two_gateways();
    let callers = [one.caller(), other.caller()];
    fill(&callers[0], 20).await;
    callers[0].agent("a").await;
    let mut task = next(&callers[0], "a").await["task"].clone();
    for round in 1..20 {
        let done = json!({"agent_id": "a", "task_id": task["id"], "status": "completed"});
        callers[round % 2].tool("report_task_progress", done).await.unwrap();
        let answer = next(&callers[(round + 1) % 2], "a").await;
        assert_eq!(answer["success"], true, "round {round}: {answer}");
        assert_ne!(answer["task"]["id"], task["id"]);
        task = answer["task"].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the gateway")]
async fn twelve_agents_that_ask_at_two_gateways_at_once_never_hold_two_tasks() {
    let grants = std::env::var("ONE_TASK_GRANTS").map_or(300, |text| text.parse().unwrap());
    let gateways = two_gateways();
    let callers = gateways.each_ref().map(Gateway::caller);
    fill(&callers[0], grants).await;
    let mut agents = tokio::task::JoinSet::new();
    for number in 0..12 {
        let callers = callers.clone();
        let store = Connection::open(gateways[0].database()).unwrap();
        store.busy_timeout(Duration::from_secs(10)).unwrap();
        agents.spawn(async move { one_agent(callers, &format!("agent-{number}"), store).await });
    }
    let done: usize = agents.join_all().await.into_iter().sum();
    assert_eq!(done, grants, "every task was granted once");
}

/// Asks at both at once, finishes at one of them, until there is nothing left; answers how many tasks it finished.
async fn one_agent(callers: [Caller; 2], agent: &str, store: Connection) -> usize {
    callers[0].agent(agent).await;
    let (mut done, mut asked) = (0, 0);
    loop {
        asked += 1;
        let (here, there) = tokio::join!(next(&callers[0], agent), next(&callers[1], agent));
        let of = |answer: &Value| answer["task"]["id"].as_str().map(str::to_owned);
        let Some(task) = of(&here).or_else(|| of(&there)) else {
            if here["reason"] == "project_complete" && there["reason"] == "project_complete" {
                return done;
            }
            continue;
        };
        assert!(of(&here).zip(of(&there)).is_none_or(|(here, there)| here == there), "{here} and {there}");
        assert!(live(&store, agent) <= 1, "{agent} holds two tasks");
        let report = json!({"agent_id": agent, "task_id": task, "status": "completed"});
        callers[asked % 2].tool("report_task_progress", report).await.unwrap();
        done += 1;
    }
}
