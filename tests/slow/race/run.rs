//! Agents against two gateways on one data folder that are killed and started again, in all three transports; then an
//! offline checker reads what the agents saw and what the store says.
//!
//! A short form runs with the other tests. The long form, which prints its verdict in one line:
//! `RACE_CLAIMS=20000 RACE_AGENTS=200 RACE_BOARD=5000 RACE_KILL_SECONDS=3 cargo test --release --test slow race -- --nocapture`

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use super::{
    agent::Field,
    checker,
    client::{Bases, Connection, Way},
    history::History,
};
use crate::support::Gateway;

const LEASE_SECONDS: u64 = 4;

#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the gateway")]
pub fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

fn gateway(folder: &Arc<TempDir>) -> Gateway {
    let lease = LEASE_SECONDS.to_string();
    let settings = [
        ("TASKGATE_SAMPLE_BOARD", "false"),
        ("TASKGATE_LEASE_SECONDS", &lease),
        ("RUST_LOG", "warn,taskgate::cli=info"),
    ];
    Gateway::on(Arc::clone(folder), &settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_task_is_held_twice_or_finished_twice_or_lost_while_gateways_die() {
    let (claims, agents) = (number("RACE_CLAIMS", 2500), number("RACE_AGENTS", 48));
    let board = number("RACE_BOARD", 200);
    let kill_every = Duration::from_secs(number("RACE_KILL_SECONDS", 1) as u64);
    let begun = Instant::now();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let mut gateways = [gateway(&folder), gateway(&folder)];
    let bases = Bases::new(gateways.iter().map(|gateway| gateway.base.clone()).collect());
    let history = History::create(&folder.path().join("history.jsonl"));
    let lease = Duration::from_secs(LEASE_SECONDS);
    let field = Arc::new(Field::new(bases.clone(), history.clone(), lease));
    let running = field.start(board, agents);
    let mut kills = 0;
    let mut next_kill = Instant::now() + kill_every;
    while field.claims.load(Ordering::Relaxed) < claims {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if Instant::now() >= next_kill {
            let victim = kills % 2;
            // Dropping it is `kill -9`.
            gateways[victim].child.kill().unwrap();
            gateways[victim] = gateway(&folder);
            bases.set(victim, &gateways[victim].base);
            kills += 1;
            next_kill = Instant::now() + kill_every;
        }
    }
    field.stop.store(true, Ordering::Relaxed);
    let raced = begun.elapsed();
    // What is left of the board is worked to its end by the agents that live.
    running.join_all().await;
    let mut caller = Connection::new(Way::Modern, bases, 0);
    let settled = Instant::now();
    loop {
        let status = caller.tool("get_project_status", &json!({})).await.unwrap().unwrap();
        let project = &status["project"];
        let open = project["total_tasks"].as_u64().unwrap()
            - project["completed"].as_u64().unwrap()
            - project["blocked"].as_u64().unwrap();
        if open == 0 && status["board_sync"]["pending"] == 0 {
            break;
        }
        assert!(settled.elapsed() < Duration::from_secs(60), "the board is never finished: {status}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    history.close();
    let verdict =
        checker::check(&folder.path().join("history.jsonl"), &gateways[0].database(), LEASE_SECONDS);
    println!("{agents} agents, {kills} gateways killed, {:.0} s: {verdict}", raced.as_secs_f64());
    assert_eq!(verdict.violations, Vec::<String>::new());
    assert!(kills > 0 && verdict.grants >= claims, "the race was none: {verdict}");
}
