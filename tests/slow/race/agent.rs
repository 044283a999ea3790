//! What the agents do: claim, report, dawdle, die.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    client::{Bases, Connection, Way},
    history::{History, Line, now},
};

/// Who make tasks, so that many agents have enough of them.
const MAKERS: usize = 8;
/// Names under which an agent comes back, so that a long race stays below the agents a user may have.
const LIVES: usize = 4;

pub struct Field {
    pub bases: Bases,
    pub history: History,
    pub claims: AtomicUsize,
    pub finished: AtomicUsize,
    pub created: AtomicUsize,
    pub stop: AtomicBool,
    pub lease: Duration,
}

/// A small generator of its own, so that a run needs no more than its agents' numbers.
struct Dice(u64);

impl Dice {
    /// 0 to 99.
    fn percent(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % 100
    }
}

struct Worker<'a> {
    field: &'a Field,
    line: Connection,
    name: String,
    dice: Dice,
}

impl Field {
    /// A field on which nothing has happened yet.
    pub fn new(bases: Bases, history: History, lease: Duration) -> Self {
        Self {
            bases,
            history,
            claims: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            created: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            lease,
        }
    }

    /// Has that many agents work on it, with so many open tasks.
    pub fn start(self: &Arc<Self>, board: usize, agents: usize) -> JoinSet<()> {
        let mut running = JoinSet::new();
        for number in 0..MAKERS {
            let field = Arc::clone(self);
            running.spawn(async move { field.fill(number, board).await });
        }
        for number in 0..agents {
            let field = Arc::clone(self);
            running.spawn(async move { field.agent(number).await });
        }
        running
    }

    /// Keeps the board at that many open tasks until the race is over.
    async fn fill(&self, number: usize, board: usize) {
        let mut line = Connection::new(Way::Modern, self.bases.clone(), number);
        while !self.stop.load(Ordering::Relaxed) {
            let created = self.created.load(Ordering::Relaxed);
            if created >= self.finished.load(Ordering::Relaxed) + board {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            let priority = ["urgent", "high", "medium", "low", "none"][created % 5];
            let label = ["api", "backend", "docs", "testing"][created % 4];
            let new = json!({"title": format!("task {created}"), "priority": priority,
                "labels": [label]});
            if matches!(line.tool("create_task", &new).await, Ok(Ok(_))) {
                self.created.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Works until the race is over, then until nothing is left. Dies now and then and comes back as another.
    async fn agent(&self, number: usize) {
        let way = [Way::Modern, Way::Session, Way::Sse][number % 3];
        let line = Connection::new(way, self.bases.clone(), number / 3);
        let seed = 0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1).wrapping_mul(0xD134_2543_DE82_EF95);
        let mut worker = Worker { field: self, line, name: String::new(), dice: Dice(seed) };
        let mut life = 0;
        let mut idle_since: Option<Instant> = None;
        loop {
            if worker.name.is_empty() {
                worker.name = format!("agent-{number}-{}", life % LIVES);
                life += 1;
                worker.register().await;
            }
            if worker.work_once().await {
                idle_since = None;
            } else if self.stop.load(Ordering::Relaxed) {
                let since = *idle_since.get_or_insert_with(Instant::now);
                if since.elapsed() > self.lease * 2 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
    }
}

impl Worker<'_> {
    async fn register(&mut self) {
        let skills = json!(["backend"]);
        let profile = json!({"agent_id": self.name, "name": self.name, "role": "Tester", "skills": skills});
        while !matches!(self.line.tool("register_agent", &profile).await, Ok(Ok(_))) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// One task, or `false` when there was none.
    async fn work_once(&mut self) -> bool {
        let sent = now();
        let wish = json!({"agent_id": self.name, "wait_seconds": 1});
        let Ok(answer) = self.line.tool("request_next_task", &wish).await else { return true };
        let Ok(next) = answer else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            return false;
        };
        if next["success"] != true {
            return false;
        }
        let task = next["task"]["id"].as_str().unwrap().to_owned();
        let generation = next["task"]["claim_generation"].as_i64().unwrap();
        let already = next["task"]["already_assigned"] == true;
        self.note(sent, "claim", (&task, generation), ("ok", already));
        self.field.claims.fetch_add(usize::from(!already), Ordering::Relaxed);
        let ending = self.field.stop.load(Ordering::Relaxed);
        match self.dice.percent() {
            // Dies with the task in its hands.
            0..4 if !ending => self.name.clear(),
            // Sleeps through its lease, then tries to finish.
            4..8 if !ending => {
                tokio::time::sleep(self.field.lease + Duration::from_millis(500)).await;
                self.say("complete", &task, generation).await;
            }
            8..12 if !ending => self.say("release", &task, generation).await,
            12..30 => {
                self.say("progress", &task, generation).await;
                tokio::time::sleep(Duration::from_millis(30)).await;
                self.say("heartbeat", &task, generation).await;
                self.say("complete", &task, generation).await;
            }
            // Says it twice, as after a lost answer.
            30..40 => {
                self.say("complete", &task, generation).await;
                self.say("complete", &task, generation).await;
            }
            _ => self.say("complete", &task, generation).await,
        }
        true
    }

    async fn say(&mut self, what: &str, task: &str, generation: i64) {
        let sent = now();
        let mut arguments = json!({"agent_id": self.name, "task_id": task, "claim_generation": generation});
        let tool = match what {
            "heartbeat" => "heartbeat",
            "release" => "release_task",
            _ => {
                arguments["status"] =
                    if what == "complete" { json!("completed") } else { json!("in_progress") };
                arguments["message"] = Value::from(format!("{what} by {} under {generation}", self.name));
                "report_task_progress"
            }
        };
        let outcome = match self.line.tool(tool, &arguments).await {
            Ok(Ok(_)) => "ok",
            Ok(Err(refused)) if refused["code"] == "not_task_holder" => "refused",
            Ok(Err(_)) | Err(_) => "unknown",
        };
        self.note(sent, what, (task, generation), (outcome, false));
        if what == "complete" && outcome == "ok" {
            self.field.finished.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn note(&self, sent: i64, what: &str, (task, generation): (&str, i64), (outcome, already): (&str, bool)) {
        self.field.history.write(&Line {
            sent,
            answered: now(),
            agent: self.name.clone(),
            what: what.to_owned(),
            task: task.to_owned(),
            generation,
            outcome: outcome.to_owned(),
            already,
        });
    }
}
