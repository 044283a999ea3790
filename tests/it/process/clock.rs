//! A wall clock that is set an hour ahead and back, under two processes on one folder: nothing that ends by itself notices.
//! Needs libfaketime (Debian: `faketime`), which fakes the wall clock of all processes through one file.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::task::JoinSet;

use crate::support::{Caller, Gateway, next, within_two_seconds};

const HOUR: i64 = 3600;
const LEASE_SECONDS: u32 = 4;

/// The wall clock of the processes that are started under it.
struct WallClock(PathBuf);

impl WallClock {
    fn new(folder: &Path) -> Self {
        let clock = Self(folder.join("wall-clock"));
        clock.set(0);
        clock
    }

    /// Sets it that many seconds off.
    fn set(&self, seconds: i64) {
        let aside = self.0.with_extension("new");
        std::fs::write(&aside, format!("{seconds:+}")).unwrap();
        std::fs::rename(aside, &self.0).unwrap();
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        let library = ["x86_64", "aarch64"]
            .map(|machine| format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1"))
            .into_iter()
            .find(|path| Path::new(path).exists())
            .expect("libfaketime is installed: apt-get install faketime");
        vec![
            ("LD_PRELOAD", library.leak()),
            ("FAKETIME_TIMESTAMP_FILE", self.0.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
            ("TASKGATE_LEASE_SECONDS", "4"),
            ("TASKGATE_BOARD_REFRESH_SECONDS", "1"),
        ]
    }
}

fn gateways(clock: &WallClock, folder: &Arc<TempDir>) -> [Gateway; 2] {
    [(); 2].map(|()| Gateway::on(Arc::clone(folder), &clock.settings()))
}

/// Seconds a gateway says are left, by its own clock.
async fn left(caller: &Caller, ends: &Value) -> f64 {
    let now = caller.tool("ping", json!({})).await.unwrap()["timestamp"].clone();
    let read = |moment: &Value| OffsetDateTime::parse(moment.as_str().unwrap(), &Rfc3339).unwrap();
    (read(ends) - read(&now)).as_seconds_f64()
}

/// Agents that take, finish and give back tasks until they are told to stop; every call must be answered.
fn load(gateways: &[Gateway], stop: &Arc<AtomicBool>) -> (JoinSet<()>, Arc<AtomicU32>) {
    let (mut agents, granted) = (JoinSet::new(), Arc::new(AtomicU32::new(0)));
    for number in 0..6 {
        let (caller, stop, granted) = (gateways[number % 2].caller(), Arc::clone(stop), Arc::clone(&granted));
        agents.spawn(async move {
            let agent = format!("load-{number}");
            caller.agent(&agent).await;
            while !stop.load(Ordering::Relaxed) {
                let answer = next(&caller, &agent).await;
                if answer["success"] == true {
                    granted.fetch_add(1, Ordering::Relaxed);
                    let release = json!({"agent_id": agent, "task_id": answer["task"]["id"]});
                    caller.tool("release_task", release).await.unwrap();
                } else {
                    assert!(answer["retry_after_seconds"].as_u64().unwrap() <= 4, "{answer}");
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
    (agents, granted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wall_clock_an_hour_ahead_and_back_ends_no_lease_and_makes_none_longer() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let clock = WallClock::new(folder.path());
    let gateways = gateways(&clock, &folder);
    let caller = gateways[0].caller();
    for number in 0..20 {
        caller.tool("create_task", json!({"title": format!("task {number}")})).await.unwrap();
    }
    for agent in ["holder", "dead"] {
        caller.agent(agent).await;
    }
    let held = next(&caller, "holder").await["task"].clone();
    let stop = Arc::new(AtomicBool::new(false));
    let (mut agents, granted) = load(&gateways, &stop);
    for (round, off) in [HOUR, 0, -HOUR, 0].into_iter().enumerate() {
        let asked = Instant::now();
        let dead = next(&gateways[1].caller(), "dead").await["task"].clone();
        // The lease began somewhere in between.
        let (died, answered_after) = (Instant::now(), asked.elapsed());
        clock.set(off);
        let before = granted.load(Ordering::Relaxed);
        let mut again = Duration::MAX;
        while died.elapsed() < Duration::from_secs(7) {
            let beat = caller.tool("heartbeat", json!({"agent_id": "holder"})).await.unwrap();
            assert_eq!(
                beat["claim_generation"], held["claim_generation"],
                "round {round}: the lease was lost"
            );
            let seconds = left(&caller, &beat["lease_expires_at"]).await;
            assert!((2.0..=4.1).contains(&seconds), "round {round}: {seconds} s are left");
            let status = caller.tool("get_task", json!({"task_id": dead["id"]})).await.unwrap();
            // It was granted by the other process.
            if died.elapsed() > Duration::from_millis(500) && status["task"]["held_by"] != "dead" {
                again = again.min(died.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let lease = Duration::from_secs(u64::from(LEASE_SECONDS));
        assert!(
            again + answered_after + Duration::from_millis(300) >= lease,
            "round {round}: a lease ended after {again:?}"
        );
        assert!(again <= lease + Duration::from_secs(2), "round {round}: a dead agent held it for {again:?}");
        assert!(granted.load(Ordering::Relaxed) > before + 10, "round {round}: others go on");
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = agents.join_next().await {
        ended.unwrap();
    }
    let told = gateways.iter().filter(|gateway| gateway.log_contains("the wall clock was set")).count();
    assert!(told >= 1, "a step is logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_is_read_again_and_sessions_last_when_the_wall_clock_is_set_back() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let clock = WallClock::new(folder.path());
    clock.set(9 * 24 * HOUR);
    let [gateway, other] = gateways(&clock, &folder);
    let mut session = gateway.caller();
    session.initialize("2025-11-25", json!({})).await;
    let mut deleted = session.clone();
    deleted.initialize("2025-11-25", json!({})).await;
    assert_eq!(deleted.end_session().await, 204);
    for off in [0, 30 * 24 * HOUR, 0] {
        clock.set(off);
        assert_eq!(session.legacy("tools/list", json!({})).await.status, 200, "{off}: an open session");
        let gone = Caller { base: other.base.clone(), ..deleted.clone() };
        within_two_seconds("the other knows", async || {
            gone.legacy("tools/list", json!({})).await.status == 404
        })
        .await;
    }
    // A task of which no event tells is found by reading the board.
    let board = rusqlite::Connection::open(gateway.database()).unwrap();
    let unseen = "INSERT INTO tasks (workspace, id, number, title, description, status, priority, labels, dependencies,
        created_at, updated_at) VALUES ('default', 'unseen', 99, 'Unseen', '', 'todo', 'low', '[]', '[]', 1, 1)";
    board.execute(unseen, []).unwrap();
    let listed = async || {
        let tasks = session.tool("list_tasks", json!({"query": "Unseen"})).await.unwrap();
        tasks["total"] == 1
    };
    let begun = Instant::now();
    while !listed().await {
        assert!(begun.elapsed() < Duration::from_secs(5), "the board is read every second");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn waiting_for_each_other_moves_no_process_ahead() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let gateways = [(); 2].map(|()| Gateway::on(Arc::clone(&folder), &[]));
    let database = rusqlite::Connection::open(gateways[0].database()).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    let offset = || -> i64 { database.query_row("SELECT offset FROM clock", [], |row| row.get(0)).unwrap() };
    let begun = offset();
    for _ in 0..6 {
        for gateway in &gateways {
            // Else there is nothing to keep the time for.
            gateway.caller().tool("create_task", json!({"title": "x"})).await.unwrap();
        }
        database.execute_batch("BEGIN IMMEDIATE").unwrap();
        tokio::time::sleep(Duration::from_millis(1300)).await;
        database.execute_batch("ROLLBACK").unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(offset(), begun);
}
