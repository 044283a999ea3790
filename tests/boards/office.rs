//! A gateway's inside over a board elsewhere: store, coordinator and deliverer, with a clock that is set by hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use taskgate::{
    auth::local_principal,
    boards::{Board, Boards},
    clock::Clock,
    coordinator::{AcceptedReport, NextTaskRequest, Report, ReportKind, Templates},
    coordinator::{Coordinator, CoordinatorError, CoordinatorParts, Deliverer, Grant, NextTask},
    model::{AgentId, Capability, ClientChannel, LogLevel, Principal, Profile, RequestId, StoreMillis, Task},
    model::{UnixMillis, Workspace},
    stores::sqlite::SqliteStore,
};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{new_task, remote::RemoteBoard, store};

/// How often a board is asked what changed.
pub const REFRESH_MILLIS: i64 = 30_000;

/// Both clocks, set by hand.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn pass(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Default for HandClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_700_000_000_000))
    }
}

impl Clock for HandClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }

    fn store_now(&self) -> StoreMillis {
        StoreMillis(self.0.load(Ordering::SeqCst))
    }
}

pub struct Nobody;

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

pub struct Office {
    pub board: Arc<RemoteBoard>,
    pub store: Arc<SqliteStore>,
    pub coordinator: Coordinator,
    pub clock: Arc<HandClock>,
    pub owed: Arc<Notify>,
    pub principal: Principal,
    pub agent: AgentId,
    stop: CancellationToken,
    at_work: JoinSet<()>,
}

impl Office {
    pub async fn open() -> Self {
        let (store, board, clock) =
            (store(), Arc::new(RemoteBoard::default()), Arc::new(HandClock::default()));
        let (owed, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let behind: Arc<dyn Board> = board.clone();
        let boards = Arc::new(Boards::new(move |_: &Workspace| Arc::clone(&behind)));
        let coordinator = Coordinator::new(CoordinatorParts {
            boards: Arc::clone(&boards),
            claims: store.clone(),
            events: store.clone(),
            outbox: store.clone(),
            clock: clock.clone(),
            owed: Arc::clone(&owed),
            instructor: Arc::new(Templates),
            stopping: stop.clone(),
            lease_millis: 600_000,
            refresh_millis: REFRESH_MILLIS,
        });
        let deliverer = Deliverer::new(store.clone(), boards, clock.clone(), owed.clone(), "one".to_owned());
        let mut at_work = JoinSet::new();
        let until = stop.clone();
        at_work.spawn(async move { deliverer.run(&until).await });
        let agent = AgentId::try_from(String::from("ana")).unwrap();
        let office = Self {
            board,
            store,
            coordinator,
            clock,
            owed,
            principal: local_principal(),
            agent,
            stop,
            at_work,
        };
        let profile = Profile { name: String::from("Ana"), role: String::from("dev"), skills: Vec::new() };
        let (agent, request) = (office.agent.clone(), request());
        office.coordinator.register(&office.principal, &request, agent, profile).await.unwrap();
        office
    }

    pub async fn make(&self, title: &str) -> Task {
        self.coordinator.create_task(&self.principal, &request(), new_task(title)).await.unwrap()
    }

    pub async fn next(&self) -> Box<Grant> {
        let wanted = NextTaskRequest { agent_id: &self.agent, wait: Duration::ZERO, client: &Nobody };
        match self.coordinator.request_next_task(&self.principal, &request(), wanted).await.unwrap() {
            NextTask::Granted(grant) => grant,
            NextTask::Nothing(nothing) => panic!("{nothing:?}"),
        }
    }

    pub async fn say(&self, kind: ReportKind, message: &str) -> Result<AcceptedReport, CoordinatorError> {
        let report = Report { agent_id: &self.agent, task_id: None, generation: None, kind, message };
        self.coordinator.report(&self.principal, &request(), report).await
    }

    /// Writes that are owed and have not failed.
    pub async fn pending(&self) -> u64 {
        self.coordinator.project_status(&self.principal).await.unwrap().sync.pending
    }

    /// Returns once everything that is owed was written.
    pub async fn all_written(&self) {
        for _ in 0..2_000 {
            if self.pending().await == 0 {
                return;
            }
            self.owed.notify_one();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("not all was written: {:?} came", self.board.inside().came);
    }

    /// Returns once that many writes have come to the board.
    pub async fn came(&self, writes: usize) {
        for _ in 0..2_000 {
            if self.board.inside().came.len() >= writes {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("only {} of {writes} writes came", self.board.inside().came.len());
    }

    /// Gives the deliverer every occasion to write; whether it did.
    pub async fn writes_now(&self) -> bool {
        let before = self.board.inside().came.len();
        for _ in 0..10 {
            self.owed.notify_one();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.board.inside().came.len() > before
    }

    pub async fn close(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.at_work.join_next().await {
            ended.unwrap();
        }
    }
}

pub fn request() -> RequestId {
    RequestId::accept(Some(b"request"), UnixMillis(0))
}
