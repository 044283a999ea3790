//! The contract of the stores, run on every backend.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use taskgate::{
    auth::{ApiKey, NewKey, SecretKey},
    boards::sample_tasks,
    model::{
        AgentId, AuditRecord, BoardWrite, ClaimState, Effects, Event, EventKind, OutboxEntry, TaskStatus,
        UnixMillis, Workspace,
    },
    stores::{
        AuditLog, Candidate, ClaimOutcome, ClaimRequest, ClaimStore, EventLog, KeyStore, LocalBoard, Outbox,
        Registration, Report, ReportKind, ReportOutcome, SessionRow, SessionStore, sqlite::SqliteStore,
    },
};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
const LEASE: i64 = 60_000;

trait Store: AuditLog + ClaimStore + EventLog + KeyStore + LocalBoard + Outbox + SessionStore {}
impl<T: AuditLog + ClaimStore + EventLog + KeyStore + LocalBoard + Outbox + SessionStore> Store for T {}

/// Every kind of effect, about one task.
fn effects(task: &str, name: &str) -> Effects {
    let entry = OutboxEntry {
        id: format!("{task}-{name}"),
        workspace: Workspace::default(),
        task_id: task.to_owned(),
        write: BoardWrite::Comment { text: name.to_owned() },
    };
    let audit = AuditRecord {
        actor: String::from("key"),
        action: "task.test".into(),
        target: task.to_owned(),
        request_id: name.to_owned(),
        at: NOW,
    };
    Effects {
        outbox: vec![entry],
        audit: vec![audit],
        events: vec![Event { kind: EventKind::Task, subject: task.to_owned() }],
    }
}

fn wish(agent: &str, tasks: &[&str], now: UnixMillis) -> ClaimRequest {
    let candidate = |task: &&str| Candidate { task_id: (*task).to_owned(), effects: effects(task, agent) };
    ClaimRequest {
        workspace: Workspace::default(),
        agent_id: agent.to_owned(),
        candidates: tasks.iter().map(candidate).collect(),
        now,
        lease_millis: LEASE,
    }
}

fn report(agent: &str, task: &str, kind: ReportKind, now: UnixMillis) -> Report {
    Report {
        workspace: Workspace::default(),
        agent_id: agent.to_owned(),
        task_id: task.to_owned(),
        generation: None,
        kind,
        message: String::from("said"),
        now,
        lease_millis: LEASE,
        effects: effects(task, &format!("report-{}-{}", agent, now.0)),
    }
}

async fn claims_are_one_atomic_step(store: &dyn Store) {
    let ClaimOutcome::Granted(first, None) = store.claim(wish("a", &["t1", "t2"], NOW)).await.unwrap() else {
        panic!("the first candidate is granted");
    };
    assert_eq!((first.task_id.as_str(), first.generation), ("t1", NOW.seconds()));
    assert!(
        matches!(store.claim(wish("a", &["t2"], NOW.plus(5))).await.unwrap(), ClaimOutcome::Held(held) if held.task_id == "t1")
    );
    assert!(matches!(store.claim(wish("b", &["t1"], NOW)).await.unwrap(), ClaimOutcome::AllTaken));
    assert!(
        matches!(store.claim(wish("b", &["t1", "t2"], NOW)).await.unwrap(), ClaimOutcome::Granted(c, _) if c.task_id == "t2")
    );
    assert_eq!(
        store.newest_audit(&Workspace::default(), 10).await.unwrap().len(),
        2,
        "effects of grants alone"
    );
    let late = NOW.plus(5 + LEASE);
    let ClaimOutcome::Granted(second, Some(note)) = store.claim(wish("c", &["t1"], late)).await.unwrap()
    else {
        panic!("an ended lease frees the task and leaves a note");
    };
    assert!(second.generation > first.generation);
    assert_eq!(note.agent_id, "a");
    let lost = store.report(report("a", "t1", ReportKind::Complete, late)).await.unwrap();
    assert!(matches!(lost, ReportOutcome::NotHolder));
    let done = store.report(report("c", "t1", ReportKind::Complete, late)).await.unwrap();
    assert!(
        matches!(done, ReportOutcome::Accepted(claim) if claim.state == ClaimState::Done && claim.progress == 100)
    );
    let again = store.report(report("c", "t1", ReportKind::Complete, late.plus(1))).await.unwrap();
    assert!(matches!(again, ReportOutcome::Repeated(_)));
    assert!(matches!(
        store.claim(wish("d", &["t1"], late.plus(LEASE * 9))).await.unwrap(),
        ClaimOutcome::AllTaken
    ));
    let after_its_lease =
        store.report(report("b", "t2", ReportKind::Progress { progress: 7 }, late)).await.unwrap();
    assert!(
        matches!(after_its_lease, ReportOutcome::Accepted(claim) if claim.is_live(late.plus(1))),
        "nobody else got it"
    );
    let stale = Report { generation: Some(1), ..report("b", "t2", ReportKind::Complete, late) };
    assert!(matches!(store.report(stale).await.unwrap(), ReportOutcome::NotHolder));
}

async fn agents_belong_to_their_owner(store: &dyn Store) {
    let workspace = Workspace::default();
    let registration = |owner: &str, name: &str| Registration {
        id: AgentId::try_from(String::from("agent")).unwrap(),
        owner: owner.to_owned(),
        name: name.to_owned(),
        role: String::from("r"),
        skills: vec![String::from("s")],
    };
    assert!(
        store.register_agent(&workspace, registration("u", "one"), NOW, Effects::default()).await.unwrap()
    );
    assert!(
        store.register_agent(&workspace, registration("u", "two"), NOW, Effects::default()).await.unwrap()
    );
    assert!(
        !store.register_agent(&workspace, registration("v", "three"), NOW, effects("x", "no")).await.unwrap()
    );
    let holding = store.agent(&workspace, "agent", NOW).await.unwrap().unwrap();
    assert_eq!((holding.agent.name.as_str(), holding.agent.owner.as_str()), ("two", "u"));
    assert!(store.agent(&Workspace::new("other"), "agent", NOW).await.unwrap().is_none());
}

async fn the_outbox_delivers_in_order_per_task_to_one_at_a_time(store: &dyn Store) {
    let take = async |instance: &str, now| {
        store.take(instance, now, 1000).await.unwrap().map(|taken| taken.entry.id)
    };
    let mut seen = Vec::new();
    while let Some(id) = take("one", NOW).await {
        seen.push(id);
    }
    let of_t1 = seen.iter().filter(|id| id.starts_with("t1")).count();
    assert_eq!(of_t1, 1, "only the oldest of a task, and only once while it is taken: {seen:?}");
    let first = seen.iter().find(|id| id.starts_with("t1")).unwrap();
    assert_eq!(take("two", NOW.plus(1001)).await.as_ref(), Some(first), "a lease that ended");
    store.retry_at(first, NOW.plus(9000)).await.unwrap();
    store.done(first).await.unwrap();
    let mut next = Vec::new();
    while let Some(id) = take("two", NOW.plus(1002)).await {
        next.push(id);
    }
    assert!(next.iter().any(|id| id.starts_with("t1")), "the next of the task follows: {next:?}");
    for id in seen.iter().chain(&next) {
        store.give_up(id).await.unwrap();
    }
}

async fn events_are_ordered(store: &dyn Store) {
    let last = store.last_event().await.unwrap();
    let events = store.events_after(0, 1000).await.unwrap();
    assert!(events.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    assert_eq!(events.last().unwrap().sequence, last);
    assert!(store.events_after(last, 10).await.unwrap().is_empty());
    store.trim_events(1).await.unwrap();
    assert_eq!(store.events_after(0, 1000).await.unwrap().len(), 1);
}

async fn keys_are_found_by_hash_and_revoked_once(store: &dyn Store) {
    let secret = SecretKey::new("k".repeat(32).into(), None);
    let key = ApiKey::generate();
    let new = NewKey { user_id: String::from("u"), expires_at: Some(NOW.plus(10)), ..NewKey::default() };
    let (record, entailed) = key.record(&secret, new, "test", NOW);
    let id = record.id.clone();
    assert!(store.create_first_key(record.clone(), entailed).await.unwrap());
    let (second, _) = ApiKey::generate().record(&secret, NewKey::default(), "test", NOW);
    assert!(!store.create_first_key(second, Effects::default()).await.unwrap());
    let found = store.key_by_hash(secret.hash_key(key.expose())).await.unwrap().unwrap();
    assert!(found.is_live(NOW) && !found.is_live(NOW.plus(10)) && found.user_id == "u");
    assert!(store.key_by_hash([0; 32]).await.unwrap().is_none());
    let workspace = Workspace::default();
    assert!(!store.revoke_key(&Workspace::new("other"), &id, NOW, Effects::default()).await.unwrap());
    assert!(store.revoke_key(&workspace, &id, NOW, Effects::default()).await.unwrap());
    assert!(!store.revoke_key(&workspace, &id, NOW, Effects::default()).await.unwrap());
    assert!(!store.keys(&workspace).await.unwrap()[0].is_live(NOW));
}

async fn the_board_is_seeded_once_and_a_write_counts_once(store: &dyn Store) {
    let workspace = Workspace::default();
    assert!(store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap());
    assert!(!store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap());
    let task = store.task(&workspace, "T-3").await.unwrap().unwrap();
    assert_eq!(store.task(&workspace, &task.id).await.unwrap().unwrap(), task);
    assert_eq!(task.dependencies.len(), 2);
    let entry = |id: &str, write| OutboxEntry {
        id: id.to_owned(),
        workspace: workspace.clone(),
        task_id: task.id.clone(),
        write,
    };
    let comment = entry("e1", BoardWrite::Comment { text: String::from("hello") });
    assert!(store.write_task(&comment, NOW).await.unwrap() && store.write_task(&comment, NOW).await.unwrap());
    assert_eq!(store.comments(&workspace, &task.id).await.unwrap(), ["hello"]);
    assert!(
        store.write_task(&entry("e2", BoardWrite::Move { status: TaskStatus::Done }), NOW).await.unwrap()
    );
    assert_eq!(store.task(&workspace, "T-3").await.unwrap().unwrap().status, TaskStatus::Done);
    let gone = OutboxEntry { task_id: String::from("gone"), ..comment };
    assert!(!store.write_task(&gone, NOW).await.unwrap());
    assert!(store.tasks(&Workspace::new("other")).await.unwrap().is_empty());
}

async fn an_ended_session_stays_ended(store: &dyn Store) {
    let row = |ended| SessionRow {
        digest: String::from("d"),
        ended,
        forget_at: NOW.plus(10),
        ..SessionRow::default()
    };
    store.put_session(row(true), Effects::default()).await.unwrap();
    store.put_session(row(false), Effects::default()).await.unwrap();
    assert!(store.session("d").await.unwrap().unwrap().ended);
    assert_eq!(store.sessions(NOW).await.unwrap().len(), 1);
    store.forget_sessions(NOW.plus(10)).await.unwrap();
    assert!(store.session("d").await.unwrap().is_none());
}

async fn contract(store: &dyn Store) {
    claims_are_one_atomic_step(store).await;
    the_outbox_delivers_in_order_per_task_to_one_at_a_time(store).await;
    agents_belong_to_their_owner(store).await;
    events_are_ordered(store).await;
    keys_are_found_by_hash_and_revoked_once(store).await;
    the_board_is_seeded_once_and_a_write_counts_once(store).await;
    an_ended_session_stays_ended(store).await;
}

#[tokio::test]
async fn sqlite_in_a_file_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    contract(&SqliteStore::open(folder.path()).unwrap()).await;
}

#[tokio::test]
async fn sqlite_in_memory_keeps_the_contract() {
    contract(&SqliteStore::in_memory().unwrap()).await;
}
