//! Coordinators on a server that lost what it had acknowledged: nothing is decided or answered on what it had, until all is read anew.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use taskgate::{
    auth::local_principal,
    boards::{Board, Boards, LocalBoard},
    clock::SystemClock,
    coordinator::{
        AcceptedReport, Coordinator, CoordinatorError, CoordinatorParts, Grant, NextTask, NextTaskRequest,
        Report, ReportKind, Templates,
    },
    model::{
        AgentId, Capability, Claim, ClientChannel, LogLevel, NewTask, Priority, Profile, RequestId,
        TaskStatus, UnixMillis, Workspace,
    },
    stores::{ClaimStore, EventLog, OneTimeCodeStore, StoreError, redis::RedisStore},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{fixtures::audit_key, on_redis::server::RedisServer};

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

/// What decides at a gateway, without what follows the events beside it.
struct Decider {
    store: Arc<RedisStore>,
    coordinator: Coordinator,
}

impl Decider {
    fn on(server: &RedisServer) -> Self {
        let store = Arc::new(server.store("tg", audit_key()));
        let clock = Arc::new(SystemClock::new());
        let (tasks, time) = (store.clone(), clock.clone());
        let board = move |workspace: &Workspace| -> Arc<dyn Board> {
            Arc::new(LocalBoard::new(workspace.clone(), tasks.clone(), time.clone()))
        };
        let coordinator = Coordinator::new(CoordinatorParts {
            boards: Arc::new(Boards::new(board)),
            claims: store.clone(),
            events: store.clone(),
            followers: store.clone(),
            instance: uuid::Uuid::new_v4().to_string(),
            tasks: store.clone(),
            history: store.clone(),
            outbox: store.clone(),
            clock,
            owed: Arc::new(Notify::new()),
            instructor: Arc::new(Templates),
            stopping: CancellationToken::new(),
            lease_millis: 600_000,
            refresh_millis: 30_000,
        });
        Self { store, coordinator }
    }

    async fn next(&self, agent: &str) -> Result<Box<Grant>, CoordinatorError> {
        let agent_id = id(agent);
        let profile = Profile { name: agent.to_owned(), role: String::from("dev"), skills: Vec::new() };
        let principal = local_principal();
        self.coordinator.register(&principal, &request(), agent_id.clone(), profile).await?;
        let wanted = NextTaskRequest { agent_id: &agent_id, wait: Duration::ZERO, client: &Nobody };
        match self.coordinator.request_next_task(&principal, &request(), wanted).await? {
            NextTask::Granted(grant) => Ok(grant),
            NextTask::Nothing(nothing) => panic!("{nothing:?}"),
        }
    }

    /// What comes of ana's report under that claim.
    async fn says(&self, claim: &Claim, kind: ReportKind) -> Result<AcceptedReport, CoordinatorError> {
        let report = Report {
            agent_id: &id("ana"),
            task_id: Some(&claim.task_id),
            generation: Some(claim.generation),
            kind,
            message: "it is done",
        };
        self.coordinator.report(&local_principal(), &request(), report).await
    }

    /// Until it has settled with a server that was started again.
    async fn settles(&self) {
        let began = std::time::Instant::now();
        while self.store.term(&Workspace::default()).number == 0 {
            assert!(began.elapsed() < Duration::from_secs(10), "it is not settled");
            self.store.wait_for_commit(Duration::from_millis(5)).await;
        }
    }
}

/// The server loses what it wrote behind that size, and is settled with.
async fn goes_back(server: &mut RedisServer, size: u64, [one, other]: [&Decider; 2]) {
    // What was written is in its log by then.
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.lose_after(size);
    tokio::join!(one.settles(), other.settles());
}

fn id(agent: &str) -> AgentId {
    AgentId::try_from(agent.to_owned()).unwrap()
}

fn request() -> RequestId {
    RequestId::accept(Some(b"request"), UnixMillis(0))
}

async fn make(by: &Decider, title: &str) {
    let task = NewTask {
        title: title.to_owned(),
        description: String::new(),
        status: TaskStatus::Todo,
        priority: Priority::Medium,
        labels: Vec::new(),
        dependencies: Vec::new(),
        estimate_minutes: None,
    };
    by.coordinator.create_task(&local_principal(), &request(), task).await.unwrap();
}

#[tokio::test]
async fn nothing_is_answered_on_what_was_lost_until_all_is_read_anew() {
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "everysec"]);
    let (one, other) = (Decider::on(&server), Decider::on(&server));
    make(&one, "the only one").await;
    // It is there, and has decided something.
    other.store.first_time("word").await.unwrap();
    let size = server.log_size();
    let lost = one.next("ana").await.unwrap().claim;
    one.says(&lost, ReportKind::Complete).await.unwrap();
    other.coordinator.reread().await.unwrap();
    goes_back(&mut server, size, [&one, &other]).await;
    for decider in [&one, &other] {
        assert!(decider.coordinator.is_outdated());
        // Neither what was taken before nor what never was is known from what is left.
        let earlier = Claim { generation: lost.generation - 1, ..lost.clone() };
        for (claim, kind) in [(&lost, ReportKind::Complete), (&earlier, ReportKind::Heartbeat)] {
            let answer = decider.says(claim, kind).await;
            assert!(matches!(answer, Err(CoordinatorError::Store(StoreError::Unsettled))), "{answer:?}");
        }
    }
    for decider in [&one, &other] {
        decider.coordinator.reread().await.unwrap();
        assert!(!decider.coordinator.is_outdated());
        let card = decider.coordinator.task(&local_principal(), &lost.task_id).await.unwrap();
        assert!(card.claim.is_none(), "{card:?}");
        let refused = decider.says(&lost, ReportKind::Complete).await;
        assert!(matches!(refused, Err(CoordinatorError::AgentNotFound(_))), "{refused:?}");
    }
    let anew = other.next("bob").await.unwrap();
    assert_eq!(anew.claim.task_id, lost.task_id, "it is offered again");
    assert!(anew.claim.generation > lost.generation);
}

#[tokio::test]
async fn a_task_that_was_lost_is_gone_from_every_picture_with_the_claim_on_it() {
    let mut server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "everysec"]);
    let (one, other) = (Decider::on(&server), Decider::on(&server));
    make(&one, "one that stays").await;
    other.store.first_time("word").await.unwrap();
    let size = server.log_size();
    let stays = one.next("ana").await.unwrap().claim;
    for (agent, title) in [("ben", "held"), ("cat", "finished")] {
        make(&one, title).await;
        let claim = one.next(agent).await.unwrap().claim;
        if title == "finished" {
            let report = Report {
                agent_id: &id(agent),
                task_id: None,
                generation: None,
                kind: ReportKind::Complete,
                message: "it is done",
            };
            one.coordinator.report(&local_principal(), &request(), report).await.unwrap();
        }
        other.coordinator.reread().await.unwrap();
        other.coordinator.task(&local_principal(), &claim.task_id).await.unwrap();
    }
    goes_back(&mut server, size, [&one, &other]).await;
    for decider in [&one, &other] {
        decider.coordinator.reread().await.unwrap();
        let status = decider.coordinator.project_status(&local_principal()).await.unwrap();
        assert_eq!(status.total_tasks, 1);
        let card = decider.coordinator.task(&local_principal(), &stays.task_id).await.unwrap();
        assert_eq!(card.status, TaskStatus::Todo);
    }
}
