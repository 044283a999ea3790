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

use reqwest::Method;
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
const EACH_SECOND: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "everysec"];
/// Beyond two seconds everybody would wait for it.
const SLOW_FSYNC: Duration = Duration::from_millis(1_500);
/// Gateways on one Redis.
const MACHINES: usize = 3;
/// Of so many deaths one is that of Redis.
const REDIS_DIES: usize = 4;
/// How often a race that goes on for hours says how far it is.
const DEATHS_A_LINE: usize = 20;
/// Agents that are added beside those that claim, which make and revoke keys.
const KEY_WRITERS: usize = 4;
/// Of each, or most that is written would be keys.
const KEY_PAUSE: Duration = Duration::from_millis(100);

/// The machines and their Redis.
struct Plant {
    redis: RedisServer,
    gateways: Vec<Gateway>,
    bases: Bases,
    /// Where keys are made.
    keys_at: Arc<Mutex<String>>,
}

impl Plant {
    fn start(redis: RedisServer) -> Self {
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
    /// How often the audit log tells of a loss.
    losses_named: usize,
}

fn missing_completions(plant: &Plant, lines: &[Line]) -> usize {
    let kept = plant.completions();
    let twice: Vec<_> = kept.iter().filter(|(_, generations)| generations.len() > 1).collect();
    assert!(twice.is_empty(), "finished under two claims: {twice:?}");
    let told = lines.iter().filter(|line| line.what == "complete" && line.outcome == "ok");
    told.filter(|line| !kept.get(&line.task).is_some_and(|kept| kept.contains(&line.generation))).count()
}

#[expect(clippy::print_stdout, reason = "the counts are what a long run is for")]
async fn race(redis: RedisServer, deaths_of_redis: usize) -> Missing {
    let (claims, agents) = (number("REDIS_RACE_CLAIMS", 400), number("REDIS_RACE_AGENTS", 24));
    let board = number("REDIS_RACE_BOARD", 100);
    let kill_every = Duration::from_secs(number("REDIS_RACE_KILL_SECONDS", 1) as u64);
    let folder: TempDir = tempfile::tempdir().unwrap();
    let mut plant = Plant::start(redis);
    let history = History::create(&folder.path().join("history.jsonl"));
    let lease = Duration::from_secs(LEASE_SECONDS);
    let field = Arc::new(Field::new(plant.bases.clone(), history.clone(), lease));
    let (ledger, stop) = (Arc::<Ledger>::default(), Arc::<AtomicBool>::default());
    let mut running = field.start(board, agents);
    for _ in 0..KEY_WRITERS {
        let at = Arc::clone(&plant.keys_at);
        running.spawn(key_durability::write(at, Arc::clone(&ledger), Arc::clone(&stop), KEY_PAUSE));
    }
    let (begun, mut kills) = (Instant::now(), 0);
    while field.claims.load(Ordering::Relaxed) < claims || kills < deaths_of_redis * REDIS_DIES {
        tokio::time::sleep(kill_every).await;
        plant.kill(kills);
        kills += 1;
        if kills % DEATHS_A_LINE == 0 {
            let (claims, seconds) = (field.claims.load(Ordering::Relaxed), begun.elapsed().as_secs());
            println!("{seconds} s: {claims} claims, {kills} deaths");
        }
    }
    let raced = begun.elapsed();
    field.stop.store(true, Ordering::Relaxed);
    stop.store(true, Ordering::Relaxed);
    running.join_all().await;
    finish(&plant).await;
    history.close();
    let lines = checker::read(&folder.path().join("history.jsonl"));
    let losses_named = losses_named(&plant).await;
    let mut verdict = checker::judge(&lines, (losses_named == 0).then_some(LEASE_SECONDS));
    verdict.completions = plant.completions().len();
    let (lost, alive) = key_durability::missing(&plant.gateways, &ledger).await;
    let completions = missing_completions(&plant, &lines);
    let missing = Missing { completions, keys: lost, revocations: alive, losses_named };
    println!(
        "{} {agents} agents, {kills} deaths, {:.0} s: {verdict}, {missing:?}",
        plant.redis.options().join(" "),
        raced.as_secs_f64()
    );
    assert_eq!(verdict.violations, Vec::<String>::new());
    assert_eq!(missing.revocations, 0, "a gateway lived that knew of each");
    assert!(completions + lost == 0 || losses_named > 0, "a loss is named: {missing:?}");
    let keys = ledger.made.lock().unwrap().len().min(ledger.revoked.lock().unwrap().len());
    assert!(
        verdict.grants >= claims && verdict.completions > claims / 2 && keys > 0,
        "the race was none: {verdict}"
    );
    missing
}

/// How often the audit log says that Redis lost what was acknowledged.
async fn losses_named(plant: &Plant) -> usize {
    let caller = plant.gateways[0].caller_with(ADMIN);
    let (mut named, mut path) = (0, String::from("/admin/audit?action=store.lost&limit=1000"));
    loop {
        let answer = caller.request(Method::GET, &path).send().await.unwrap().text().await.unwrap();
        let page: serde_json::Value = serde_json::from_str(&answer).unwrap();
        named += page["records"].as_array().unwrap().len();
        let Some(next) = page["next_cursor"].as_i64() else { return named };
        path = format!("/admin/audit?action=store.lost&limit=1000&cursor={next}");
    }
}

/// Waits until nothing of the board is left.
async fn finish(plant: &Plant) {
    let mut caller = Connection::new(Way::Modern, plant.bases.clone(), 0);
    let begun = Instant::now();
    let mut last = serde_json::Value::Null;
    loop {
        if let Ok(Ok(status)) = caller.tool("get_project_status", &json!({})).await {
            let count = |name: &str| status["project"][name].as_u64().unwrap();
            let open = count("total_tasks") - count("completed") - count("blocked");
            if open == 0 && status["board_sync"]["pending"] == 0 {
                return;
            }
            last = status;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the board is never finished: {last}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_missing_where_redis_writes_before_it_answers() {
    let redis = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    assert_eq!(race(redis, 1).await, Missing::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_task_has_two_holders_where_redis_writes_each_second() {
    // What is missing is told: a process that is killed leaves to the machine what it wrote, but no one promises that.
    race(RedisServer::start(&EACH_SECOND), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_slow_disk_loses_is_named_and_no_task_has_two_holders() {
    // Redis answers while an fsync takes its time, and writes what it answered only after that: of some deaths one falls in between.
    let missing = race(RedisServer::with_slow_disk(&EACH_SECOND, SLOW_FSYNC), 4).await;
    assert!(missing.losses_named > 0, "the disk is not slow: {missing:?}");
}
