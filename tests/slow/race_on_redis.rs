//! Agents against three gateways on one Redis, all of which are killed and started again, in all three transports, while keys are made
//! and revoked. What was acknowledged holds as far as Redis kept it: with `appendfsync always` that is all of it.
//!
//! A short form runs with the other tests. The long forms, which print their verdict in one line:
//! `REDIS_RACE_CLAIMS=100000 REDIS_RACE_AGENTS=200 REDIS_RACE_BOARD=5000 REDIS_RACE_KILL_SECONDS=3 cargo test --release --test slow
//! race_on_redis -- --nocapture`

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    key_durability::{self, Ledger},
    race::{
        agent::Field,
        checker,
        client::{Bases, Connection, Way},
        history::{History, Line},
        run::number,
    },
    redis_server::RedisServer,
    support::{ADMIN, Gateway},
};

const LEASE_SECONDS: u64 = 4;
/// Gateways on one Redis.
const MACHINES: usize = 3;
/// Of so many deaths one is that of Redis.
const REDIS_DIES: usize = 4;
/// Agents that are added beside those that claim, which make and revoke keys.
const KEY_WRITERS: usize = 4;

/// The machines and their Redis.
struct Plant {
    redis: RedisServer,
    gateways: Vec<Gateway>,
    bases: Bases,
    /// Where keys are made.
    keys_at: Arc<Mutex<String>>,
}

impl Plant {
    fn start(options: &[&str]) -> Self {
        let redis = RedisServer::start(options);
        let gateways: Vec<_> = (0..MACHINES).map(|_| gateway(&redis.url())).collect();
        let bases = Bases::new(gateways.iter().map(|gateway| gateway.base.clone()).collect());
        let keys_at = Arc::new(Mutex::new(gateways[0].base.clone()));
        Self { redis, gateways, bases, keys_at }
    }

    /// Kills one of them at once, and starts it again.
    fn kill(&mut self, number: usize) {
        if number % REDIS_DIES == REDIS_DIES - 1 {
            self.redis.kill();
            self.redis.start_again();
            return;
        }
        let victim = number % MACHINES;
        self.gateways[victim].child.kill().unwrap();
        self.gateways[victim] = gateway(&self.redis.url());
        self.bases.set(victim, &self.gateways[victim].base);
        self.gateways[victim].base.clone_into(&mut self.keys_at.lock().unwrap());
    }

    /// The generations under which each task was finished, as the store has them.
    fn completions(&self) -> BTreeMap<String, BTreeSet<i64>> {
        let names: Vec<String> = self.redis.put(&["KEYS", "tg:{default}:done:*"]);
        let of = |name: &String| {
            let generations: Vec<String> = self.redis.put(&["HKEYS", name]);
            let task = name.trim_start_matches("tg:{default}:done:").to_owned();
            (task, generations.iter().map(|generation| generation.parse().unwrap()).collect())
        };
        names.iter().map(of).collect()
    }
}

fn gateway(url: &str) -> Gateway {
    let lease = LEASE_SECONDS.to_string();
    let settings = [
        ("REDIS_URL", url),
        ("MCP_SECRET_KEY", "Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj1QaE"),
        ("MCP_ADMIN_TOKEN", ADMIN),
        ("TASKGATE_TRUSTED_PROXIES", "127.0.0.1"),
        ("TASKGATE_LEASE_SECONDS", &lease),
        ("RUST_LOG", "warn,taskgate::cli=info"),
    ];
    Gateway::on(Arc::new(tempfile::tempdir().unwrap()), &settings)
}

/// Of what the agents and the makers of keys were told, how much the store does not have.
#[derive(Debug, Default, PartialEq, Eq)]
struct Missing {
    completions: usize,
    keys: usize,
    revocations: usize,
}

fn missing_completions(plant: &Plant, lines: &[Line]) -> usize {
    let kept = plant.completions();
    let twice: Vec<_> = kept.iter().filter(|(_, generations)| generations.len() > 1).collect();
    assert!(twice.is_empty(), "finished under two claims: {twice:?}");
    let told = lines.iter().filter(|line| line.what == "complete" && line.outcome == "ok");
    told.filter(|line| !kept.get(&line.task).is_some_and(|kept| kept.contains(&line.generation))).count()
}

#[expect(clippy::print_stdout, reason = "the counts are what a long run is for")]
async fn race(options: &[&str]) -> Missing {
    let (claims, agents) = (number("REDIS_RACE_CLAIMS", 400), number("REDIS_RACE_AGENTS", 24));
    let board = number("REDIS_RACE_BOARD", 100);
    let kill_every = Duration::from_secs(number("REDIS_RACE_KILL_SECONDS", 1) as u64);
    let folder: TempDir = tempfile::tempdir().unwrap();
    let mut plant = Plant::start(options);
    let history = History::create(&folder.path().join("history.jsonl"));
    let lease = Duration::from_secs(LEASE_SECONDS);
    let field = Arc::new(Field::new(plant.bases.clone(), history.clone(), lease));
    let (ledger, stop) = (Arc::<Ledger>::default(), Arc::<AtomicBool>::default());
    let mut running = field.start(board, agents);
    for _ in 0..KEY_WRITERS {
        let at = Arc::clone(&plant.keys_at);
        running.spawn(key_durability::write(at, Arc::clone(&ledger), Arc::clone(&stop)));
    }
    let (begun, mut kills) = (Instant::now(), 0);
    while field.claims.load(Ordering::Relaxed) < claims || kills < REDIS_DIES {
        tokio::time::sleep(kill_every).await;
        plant.kill(kills);
        kills += 1;
    }
    let raced = begun.elapsed();
    field.stop.store(true, Ordering::Relaxed);
    stop.store(true, Ordering::Relaxed);
    running.join_all().await;
    finish(&plant).await;
    history.close();
    let lines = checker::read(&folder.path().join("history.jsonl"));
    let mut verdict = checker::judge(&lines, LEASE_SECONDS);
    verdict.completions = plant.completions().len();
    let (lost, alive) = key_durability::missing(&plant.gateways, &ledger).await;
    let missing =
        Missing { completions: missing_completions(&plant, &lines), keys: lost, revocations: alive };
    println!(
        "{} {agents} agents, {kills} deaths, {:.0} s: {verdict}, {missing:?}",
        options.join(" "),
        raced.as_secs_f64()
    );
    assert_eq!(verdict.violations, Vec::<String>::new());
    let keys = ledger.made.lock().unwrap().len().min(ledger.revoked.lock().unwrap().len());
    assert!(
        verdict.grants >= claims && verdict.completions > claims / 2 && keys > 0,
        "the race was none: {verdict}"
    );
    missing
}

/// Waits until nothing of the board is left.
async fn finish(plant: &Plant) {
    let mut caller = Connection::new(Way::Modern, plant.bases.clone(), 0);
    let begun = Instant::now();
    loop {
        if let Ok(Ok(status)) = caller.tool("get_project_status", &json!({})).await {
            let count = |name: &str| status["project"][name].as_u64().unwrap();
            let open = count("total_tasks") - count("completed") - count("blocked");
            if open == 0 && status["board_sync"]["pending"] == 0 {
                return;
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the board is never finished");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_missing_where_redis_writes_before_it_answers() {
    let missing = race(&["--appendonly", "yes", "--appendfsync", "always"]).await;
    assert_eq!(missing, Missing::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_task_has_two_holders_where_redis_writes_each_second() {
    // What is missing is told: a process that is killed leaves to the machine what it wrote, but no one promises that.
    race(&["--appendonly", "yes", "--appendfsync", "everysec"]).await;
}
