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
    config::{Flags, Settings, SettingsReader},
    coordinator::{Coordinator, CoordinatorError, NextTask, NextTaskRequest, Report, ReportKind},
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
            let agent = AgentId::try_from(format!("{name}-{number}")).expect("an id");
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

async fn one_agent(
    coordinator: &Coordinator,
    principal: &Principal,
    agent: AgentId,
    number: usize,
    (from, until, pace): (Instant, Instant, Duration),
) -> Vec<f64> {
    let request = RequestId::accept(Some(b"bench"), UnixMillis(0));
    let skills = vec![LABELS[number % 8].to_owned(), LABELS[(number + 3) % 8].to_owned()];
    let profile = Profile { name: String::from("a"), role: String::from("Developer"), skills };
    coordinator.register(principal, &request, agent.clone(), profile).await.expect("registered");
    let mut waits = Vec::new();
    // Not all at once.
    tokio::time::sleep(pace * (number as u32 % 64) / 64).await;
    let mut beat = tokio::time::interval(pace.max(Duration::from_nanos(1)));
    while Instant::now() < until {
        if !pace.is_zero() {
            beat.tick().await;
        }
        let begun = Instant::now();
        let next = loop {
            let wanted = NextTaskRequest { agent_id: &agent, wait: Duration::ZERO, client: &Nobody };
            match coordinator.request_next_task(principal, &request, wanted).await {
                // Two processes at full speed on one board: it says to ask again, and the wait goes on.
                Err(CoordinatorError::Contended) => {}
                next => break next.expect("an answer"),
            }
        };
        let NextTask::Granted(grant) = next else { break };
        if begun > from {
            waits.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        let report = Report {
            agent_id: &agent,
            task_id: Some(&grant.claim.task_id),
            generation: Some(grant.claim.generation),
            kind: ReportKind::Complete,
            message: "done",
        };
        coordinator.report(principal, &request, report).await.expect("taken");
    }
    waits
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
