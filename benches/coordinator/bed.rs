//! A coordinator over SQLite in a folder or over Redis, its deliverer, and agents that claim and complete.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use taskgate::{
    app::Services,
    auth::local_principal,
    clock::{Clock, SystemClock},
    config::{Flags, Settings, SettingsReader},
    coordinator::{Coordinator, CoordinatorError, Grant, NextTask, NextTaskRequest, Report, ReportKind},
    model::{
        AgentId, Capability, ClientChannel, Effects, LogLevel, Principal, Priority, Profile, RequestId, Task,
        TaskStatus, UnixMillis, Workspace,
    },
    shutdown::Lifecycle,
};

const SECRET: &str = "Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj1QaE";
/// Tasks that are written beside each other.
const AT_ONCE: usize = 256;
/// Not measured.
const WARM_UP: Duration = Duration::from_millis(500);
/// How often agents ask at once, when they complete what they got, and how far apart that is: long enough for all.
pub const ROUNDS: usize = 5;
const COMPLETE_AFTER: Duration = Duration::from_millis(1_500);
const BETWEEN_ROUNDS: Duration = Duration::from_secs(3);
const READY: &str = "all are ready before it begins";
const LABELS: [&str; 8] = ["backend", "frontend", "database", "api", "testing", "docs", "devops", "security"];
const PRIORITIES: [Priority; 5] =
    [Priority::Urgent, Priority::High, Priority::Medium, Priority::Low, Priority::None];

/// Tasks as a team has them: labels, priorities, descriptions, and every fourth waits for an earlier one.
pub fn tasks(count: usize) -> Vec<Task> {
    let task = |number: usize| Task {
        id: format!("task-{number:06}"),
        key: format!("T-{}", number + 1),
        url: None,
        title: format!("Improve the {} of part {}", LABELS[number % 8], number % 97),
        description: "What is wanted, in a few sentences. ".repeat(8),
        status: TaskStatus::Todo,
        priority: PRIORITIES[number * 7 % 5],
        labels: vec![LABELS[number % 8].to_owned(), LABELS[number * 3 % 8].to_owned()],
        dependencies: if number % 4 == 3 { vec![format!("task-{:06}", number / 2)] } else { Vec::new() },
        assignee: None,
        estimate_minutes: Some(60),
        created_at: UnixMillis(1_790_000_000_000 + number as i64),
        updated_at: UnixMillis(1_790_000_000_000 + number as i64),
        moved_at: Some(UnixMillis(0)),
        note: None,
    };
    (0..count).map(task).collect()
}

/// Where the board is kept, as the setting that says so.
#[derive(Clone)]
pub struct Place(String);

impl Place {
    pub fn folder(path: &Path) -> Self {
        Self(format!("TASKGATE_DATA_DIR={}", path.display()))
    }

    pub fn redis(url: &str) -> Self {
        Self(format!("REDIS_URL={url}"))
    }

    /// What `fmt` wrote.
    pub const fn read(text: String) -> Self {
        Self(text)
    }

    async fn open(&self, lifecycle: Lifecycle) -> Services {
        let (name, value) = self.0.split_once('=').expect("a setting");
        let environment = [(name, value), ("MCP_SECRET_KEY", SECRET), ("MCP_AUTH_TOKENS", "bench-key")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = environment.into_iter().collect();
        let settings = Settings::load(SettingsReader::new(Flags::new(), environment), true).settings;
        Services::open(&settings, lifecycle).await.expect("services")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

pub fn fill(place: &Place, count: usize) {
    runtime().block_on(async {
        let lifecycle = Lifecycle::default();
        let store = place.open(lifecycle.clone()).await.store;
        let workspace = Workspace::default();
        for some in tasks(count).chunks(AT_ONCE) {
            let fill = |task| store.create_task(&workspace, task, Effects::default());
            futures_util::future::try_join_all(some.iter().cloned().map(fill)).await.expect("it is kept");
        }
        lifecycle.stop_now().await;
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// Prints the microseconds of every request.
pub fn work(place: &Place, name: &str, agents: usize, (for_long, pace): (Duration, Duration)) {
    for micros in measure(place, name, agents, (for_long, pace)) {
        println!("{micros}");
    }
}

/// Agents claim and complete in a loop, each once in `pace`; the microseconds each `request_next_task` took.
fn measure(place: &Place, name: &str, agents: usize, (for_long, pace): (Duration, Duration)) -> Vec<f64> {
    runtime().block_on(async {
        let lifecycle = Lifecycle::default();
        let services = place.open(lifecycle.clone()).await;
        services.start_jobs(None).expect("it starts");
        let principal = Arc::new(local_principal());
        services.coordinator.warm(&principal.workspace).await.expect("a picture");
        let waits = Arc::new(Mutex::new(Vec::new()));
        // What filling the board left for the disk to do is no part of it.
        let from = Instant::now() + WARM_UP;
        let until = from + for_long;
        let mut set = tokio::task::JoinSet::new();
        for number in 0..agents {
            let agent = format!("{name}-{number}");
            let (coordinator, principal) = (Arc::clone(&services.coordinator), Arc::clone(&principal));
            let waits = Arc::clone(&waits);
            set.spawn(async move {
                let own = one_agent(&coordinator, &principal, agent, number, (from, until, pace)).await;
                waits.lock().expect("no agent panics").extend(own);
            });
        }
        set.join_all().await;
        lifecycle.stop_now().await;
        std::mem::take(&mut *waits.lock().expect("no agent panics"))
    })
}

/// Agents ask at once, each once a round, and complete well before the next; prints the round and the microseconds from its beginning to
/// each grant. The first round begins at that moment, so that several processes begin together.
pub fn ask_at_once(place: &Place, name: &str, agents: usize, begins: UnixMillis) {
    runtime().block_on(async {
        let left = u64::try_from(begins.0 - SystemClock::new().now().0).expect(READY);
        let begins = Instant::now() + Duration::from_millis(left);
        let lifecycle = Lifecycle::default();
        let services = place.open(lifecycle.clone()).await;
        services.start_jobs(None).expect("it starts");
        let principal = Arc::new(local_principal());
        services.coordinator.warm(&principal.workspace).await.expect("a picture");
        let mut set = tokio::task::JoinSet::new();
        for number in 0..agents {
            let (coordinator, principal) = (Arc::clone(&services.coordinator), Arc::clone(&principal));
            let name = format!("{name}-{number}");
            set.spawn(async move {
                let agent = Asking::register(&coordinator, &principal, name, number).await;
                for round in 0..ROUNDS {
                    let begins = begins + BETWEEN_ROUNDS * round as u32;
                    assert!(Instant::now() < begins, "{READY}");
                    tokio::time::sleep_until(begins.into()).await;
                    let grant = agent.claim().await.expect("there are tasks");
                    let taken = begins.elapsed().as_micros();
                    println!("{round} {taken}");
                    tokio::time::sleep_until((begins + COMPLETE_AFTER).into()).await;
                    agent.complete(&grant).await;
                }
            });
        }
        set.join_all().await;
        lifecycle.stop_now().await;
    });
}

async fn one_agent(
    coordinator: &Coordinator,
    principal: &Principal,
    agent: String,
    number: usize,
    (from, until, pace): (Instant, Instant, Duration),
) -> Vec<f64> {
    let agent = Asking::register(coordinator, principal, agent, number).await;
    let mut waits = Vec::new();
    // Not all at once.
    tokio::time::sleep(pace * (number as u32 % 64) / 64).await;
    let mut beat = tokio::time::interval(pace.max(Duration::from_nanos(1)));
    while Instant::now() < until {
        if !pace.is_zero() {
            beat.tick().await;
        }
        let begun = Instant::now();
        let Some(grant) = agent.claim().await else { break };
        if begun > from {
            waits.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        agent.complete(&grant).await;
    }
    waits
}

/// An agent of one of these processes.
struct Asking<'a> {
    coordinator: &'a Coordinator,
    principal: &'a Principal,
    request: RequestId,
    agent: AgentId,
}

impl<'a> Asking<'a> {
    async fn register(
        coordinator: &'a Coordinator,
        principal: &'a Principal,
        name: String,
        number: usize,
    ) -> Self {
        let agent = AgentId::try_from(name).expect("an id");
        let request = RequestId::accept(Some(b"bench"), UnixMillis(0));
        let skills = vec![LABELS[number % 8].to_owned(), LABELS[(number + 3) % 8].to_owned()];
        let profile = Profile { name: String::from("a"), role: String::from("Developer"), skills };
        coordinator.register(principal, &request, agent.clone(), profile).await.expect("registered");
        Self { coordinator, principal, request, agent }
    }

    /// Asks until there is an answer; `None`: no task is left.
    async fn claim(&self) -> Option<Grant> {
        let next = loop {
            let wanted = NextTaskRequest { agent_id: &self.agent, wait: Duration::ZERO, client: &Nobody };
            match self.coordinator.request_next_task(self.principal, &self.request, wanted).await {
                // Two processes at full speed on one board: it says to ask again, and the wait goes on.
                Err(CoordinatorError::Contended) => {}
                next => break next.expect("an answer"),
            }
        };
        match next {
            NextTask::Granted(grant) => Some(*grant),
            NextTask::Nothing(_) => None,
        }
    }

    async fn complete(&self, grant: &Grant) {
        let report = Report {
            agent_id: &self.agent,
            task_id: Some(&grant.claim.task_id),
            generation: Some(grant.claim.generation),
            kind: ReportKind::Complete,
            message: "done",
        };
        self.coordinator.report(self.principal, &self.request, report).await.expect("taken");
    }
}

struct Nobody;

impl ClientChannel for Nobody {
    fn progress(&self, _: f64, _: Option<f64>, _: Option<&str>) {}
    fn log(&self, _: LogLevel, _: &str, _: serde_json::Value) {}
    fn supports(&self, _: Capability) -> bool {
        false
    }
    fn close_stream(&self) {}
    fn left(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
    fn is_back(&self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(true))
    }
}
