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
    coordinator::{Coordinator, CoordinatorError, CoordinatorParts, Deliverer, Grant, NextTask, NoTask},
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

pub struct Office<B = RemoteBoard> {
    pub board: Arc<B>,
    pub store: Arc<SqliteStore>,
    pub coordinator: Coordinator,
    pub clock: Arc<HandClock>,
    pub owed: Arc<Notify>,
    pub principal: Principal,
    pub agent: AgentId,
    stop: CancellationToken,
    at_work: JoinSet<()>,
}

/// A process that works on those boards with that store.
fn process(
    (boards, store, clock): (&Arc<Boards>, &Arc<SqliteStore>, &Arc<HandClock>),
    owed: &Arc<Notify>,
    stopping: CancellationToken,
) -> Coordinator {
    Coordinator::new(CoordinatorParts {
        boards: Arc::clone(boards),
        claims: store.clone(),
        events: store.clone(),
        followers: store.clone(),
        instance: uuid::Uuid::new_v4().to_string(),
        tasks: store.clone(),
        history: store.clone(),
        outbox: store.clone(),
        clock: clock.clone(),
        owed: Arc::clone(owed),
        instructor: Arc::new(Templates),
        stopping,
        lease_millis: 600_000,
        refresh_millis: REFRESH_MILLIS,
    })
}

impl<B: Board + 'static> Office<B> {
    /// One over that board, and a store of its own.
    pub async fn over(board: Arc<B>, clock: Arc<HandClock>) -> Self {
        Self::with(board, clock, async |_| {}).await
    }

    /// The same with what is put into its store first.
    pub async fn with(
        board: Arc<B>,
        clock: Arc<HandClock>,
        fill: impl AsyncFnOnce(Arc<SqliteStore>),
    ) -> Self {
        let store = store();
        fill(store.clone()).await;
        let (owed, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let behind: Arc<dyn Board> = board.clone();
        let boards = Arc::new(Boards::new(move |_: &Workspace| Arc::clone(&behind)));
        let coordinator = process((&boards, &store, &clock), &owed, stop.clone());
        let deliverer = Deliverer::new(store.clone(), boards, clock.clone(), owed.clone(), "one".to_owned())
            .with_held_back(coordinator.held_back());
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
        office.register(&office.agent).await;
        office.coordinator.recover_claims(&Workspace::default()).await.unwrap();
        office
    }

    /// Another process on the same store, which works on that board.
    pub fn beside(&self, board: Arc<dyn Board>) -> Coordinator {
        let boards = Arc::new(Boards::new(move |_: &Workspace| Arc::clone(&board)));
        process((&boards, &self.store, &self.clock), &self.owed, self.stop.clone())
    }

    pub async fn make(&self, title: &str) -> Task {
        self.coordinator.create_task(&self.principal, &request(), new_task(title)).await.unwrap().0
    }

    /// Until when the board takes nothing, as the project's status tells.
    pub async fn held_back_until(&self) -> Option<UnixMillis> {
        self.coordinator.project_status(&self.principal).await.unwrap().sync.held_back_until
    }

    pub async fn register(&self, agent: &AgentId) {
        let (name, role) = (agent.as_str().to_owned(), String::from("dev"));
        let profile = Profile { name, role, skills: Vec::new() };
        self.coordinator.register(&self.principal, &request(), agent.clone(), profile).await.unwrap();
    }

    pub async fn next(&self) -> Box<Grant> {
        self.offered(&self.agent).await.unwrap()
    }

    /// What that agent is given when it asks.
    pub async fn offered(&self, agent_id: &AgentId) -> Result<Box<Grant>, NoTask> {
        let wanted = NextTaskRequest { agent_id, wait: Duration::ZERO, client: &Nobody };
        match self.coordinator.request_next_task(&self.principal, &request(), wanted).await.unwrap() {
            NextTask::Granted(grant) => Ok(grant),
            NextTask::Nothing(nothing) => Err(nothing),
        }
    }

    pub async fn say(&self, kind: ReportKind, message: &str) -> Result<AcceptedReport, CoordinatorError> {
        self.said_by(&self.agent, kind, message).await
    }

    /// What comes of what that agent says.
    pub async fn said_by(
        &self,
        agent_id: &AgentId,
        kind: ReportKind,
        message: &str,
    ) -> Result<AcceptedReport, CoordinatorError> {
        let report = Report { agent_id, task_id: None, generation: None, kind, message };
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
        panic!("not all was written");
    }

    pub async fn close(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.at_work.join_next().await {
            ended.unwrap();
        }
    }
}

impl Office {
    /// One over a board elsewhere.
    pub async fn open() -> Self {
        Self::over(Arc::new(RemoteBoard::default()), Arc::new(HandClock::default())).await
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
}

pub fn request() -> RequestId {
    RequestId::accept(Some(b"request"), UnixMillis(0))
}
