//! The contract of the stores, run on every backend.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "stores/board.rs"]
mod board;
#[path = "stores/keys.rs"]
mod keys;
#[path = "stores/newer.rs"]
mod newer;
#[path = "stores/outbox.rs"]
mod outbox;
#[path = "stores/sessions.rs"]
mod sessions;
#[path = "stores/time.rs"]
mod time;

use taskgate::{
    boards::sample_tasks,
    model::{
        Agent, AgentId, AuditRecord, BoardMark, BoardWrite, Claim, ClaimRef, ClaimState, Effects, Event,
        EventKind, Moment, OutboxEntry, OwedWrite, Profile, StoreMillis, Task, TaskStatus, UnixMillis,
        Workspace, WriteOutcome,
    },
    secrets::{AuditKey, SecretKey},
    stores::{
        AuditFilter, AuditLog, ClaimStore, Completion, ConditionalWrite, EventLog, KeyStore, Outbox,
        SessionStore, StoreTime, TaskEdit, TaskStore, UsageStore, sqlite::SqliteStore,
    },
};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
/// The store's time has nothing to do with it.
const STORE: StoreMillis = StoreMillis(5_000_000);

const fn at(millis: i64) -> Moment {
    Moment { wall: NOW.plus(millis), store: STORE.plus(millis) }
}

trait Store:
    AuditLog + ClaimStore + EventLog + KeyStore + TaskStore + Outbox + SessionStore + StoreTime + UsageStore
{
}
impl<T> Store for T where
    T: AuditLog
        + ClaimStore
        + EventLog
        + KeyStore
        + TaskStore
        + Outbox
        + SessionStore
        + StoreTime
        + UsageStore
{
}

/// Every kind of effect, about one task.
fn effects(task: &str, name: &str) -> Effects {
    let entry = OutboxEntry {
        moved_at: None,
        id: format!("{task}-{name}"),
        at: NOW,
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
        events: vec![Event::about(EventKind::Claim, task, "task.test", NOW)],
    }
}

fn agent(version: i64, name: &str) -> Agent {
    Agent {
        id: AgentId::try_from(String::from("agent")).unwrap(),
        owner: String::from("u"),
        profile: Profile { name: name.to_owned(), role: String::from("r"), skills: vec![String::from("s")] },
        registered_at: NOW,
        completed: 0,
        held: None,
        notices: vec![String::from("notice")],
        version,
    }
}

fn claim(task: &str, version: i64) -> Claim {
    Claim {
        moved_at: None,
        task_id: task.to_owned(),
        agent_id: String::from("agent"),
        generation: 7,
        state: ClaimState::Live,
        granted_at: STORE,
        expires_at: STORE.plus(10),
        progress: 5,
        message: String::from("said"),
        severity: None,
        lost_by: vec![String::from("other")],
        expiry_recorded: false,
        hand_off: None,
        seen: BoardMark { status: TaskStatus::Todo, at: STORE },
        delivered: None,
        rejected: None,
        version,
    }
}

async fn one_decision_is_made_of_each_state(store: &dyn Store) {
    let workspace = Workspace::default();
    let write = |task: &str, version, name: &str| ConditionalWrite {
        claim: Some(claim(task, version)),
        effects: effects(task, name),
        ..ConditionalWrite::default()
    };
    let decide = async |writes| store.commit_first(&workspace, writes).await.unwrap();
    assert_eq!(decide(vec![write("t1", 1, "first")]).await, Some(0));
    assert_eq!(decide(vec![write("t1", 1, "late"), write("t2", 1, "second")]).await, Some(1));
    assert_eq!(decide(vec![write("t1", 1, "late"), write("t2", 3, "early")]).await, None);
    let with_agent = ConditionalWrite { agent: Some(agent(2, "x")), ..write("t1", 2, "wrong agent") };
    assert_eq!(decide(vec![with_agent]).await, None, "both records must be as they were");
    let audit = store.audit(&workspace, AuditFilter::default(), 10).await.unwrap();
    let names: Vec<_> = audit.iter().map(|entry| entry.record.request_id.as_str()).collect();
    assert_eq!(names, ["second", "first"], "effects of what was decided alone");
    let completion =
        Completion { task_id: String::from("t1"), generation: 7, agent_id: String::from("a"), at: NOW };
    let complete =
        |version| ConditionalWrite { completion: Some(completion.clone()), ..write("t1", version, "done") };
    assert_eq!(decide(vec![complete(2)]).await, Some(0));
    assert!(
        store.commit_first(&workspace, vec![complete(3)]).await.is_err(),
        "a generation is completed once"
    );
    let claims =
        store.claims(&workspace, Some(vec![String::from("t1"), String::from("none")])).await.unwrap();
    assert_eq!(claims, [claim("t1", 2)], "what failed left nothing behind");
    assert_eq!(store.claims(&workspace, None).await.unwrap().len(), 2);
    assert!(store.claims(&Workspace::new("other"), None).await.unwrap().is_empty());
}

/// What a decision is made on may know less than the store does: the agent's record may name a claim it never saw.
async fn an_agent_has_one_live_claim_whatever_was_known(store: &dyn Store) {
    let workspace = Workspace::new("one-claim");
    let at = STORE.plus(5);
    let decide =
        async |write: ConditionalWrite| store.commit_first(&workspace, vec![write]).await.unwrap().is_some();
    let of = |task: &str, version, state| Claim { state, ..claim(task, version) };
    let alone = |claim| ConditionalWrite { claim: Some(claim), at, ..ConditionalWrite::default() };
    let named = |version, task: &str| Agent {
        held: Some(ClaimRef { task_id: task.to_owned(), generation: 7 }),
        ..agent(version, "a")
    };
    let with = |claim: Claim, version| ConditionalWrite {
        agent: Some(named(version, &claim.task_id)),
        ..alone(claim)
    };
    assert!(decide(with(of("one", 1, ClaimState::Live), 1)).await);
    assert!(!decide(with(of("two", 1, ClaimState::Live), 2)).await, "a grant beside a live claim");
    assert!(!decide(alone(of("two", 1, ClaimState::Live))).await, "a revival beside a live claim");
    assert!(decide(alone(of("two", 1, ClaimState::Done))).await, "what ends a claim leaves no second one");
    assert!(decide(alone(of("one", 2, ClaimState::Live))).await, "its own claim is renewed");
    let late = ConditionalWrite {
        at: STORE.plus(10),
        ..alone(Claim { expires_at: STORE.plus(99), ..claim("three", 1) })
    };
    assert!(decide(late).await, "the lease of the other has ended");
    let release =
        ConditionalWrite { agent: Some(agent(2, "a")), ..alone(of("one", 3, ClaimState::Released)) };
    assert!(decide(release).await);
    assert!(decide(with(of("four", 1, ClaimState::Live), 3)).await, "it holds nothing any more");
}

async fn ended_leases_are_found_until_they_are_recorded(store: &dyn Store) {
    let workspace = Workspace::default();
    assert!(store.expired(STORE.plus(9), 10).await.unwrap().is_empty());
    let found = store.expired(STORE.plus(10), 10).await.unwrap();
    let tasks: Vec<_> = found.iter().map(|(_, claim)| claim.task_id.as_str()).collect();
    assert_eq!(tasks, ["t1", "t2"]);
    assert_eq!(store.expired(STORE.plus(10), 1).await.unwrap().len(), 1);
    let recorded = Claim { expiry_recorded: true, ..claim("t2", 2) };
    let write = ConditionalWrite { claim: Some(recorded), ..ConditionalWrite::default() };
    assert_eq!(store.commit_first(&workspace, vec![write]).await.unwrap(), Some(0));
    assert_eq!(store.expired(STORE.plus(10), 10).await.unwrap().len(), 1);
}

async fn agents_are_replaced_under_their_version(store: &dyn Store) {
    let workspace = Workspace::default();
    let put = async |agent| {
        let write = ConditionalWrite { agent: Some(agent), ..ConditionalWrite::default() };
        store.commit_first(&workspace, vec![write]).await.unwrap().is_some()
    };
    assert!(put(agent(1, "one")).await && put(agent(2, "two")).await);
    assert!(!put(agent(2, "three")).await && !put(agent(1, "four")).await);
    assert_eq!(store.agents(&workspace, None).await.unwrap(), [agent(2, "two")]);
    let named = store.agents(&workspace, Some(vec![String::from("agent")])).await.unwrap();
    assert_eq!(named, [agent(2, "two")]);
    assert!(store.agents(&Workspace::new("other"), None).await.unwrap().is_empty());
}

async fn events_are_ordered(store: &dyn Store) {
    let last = store.last_event().await.unwrap();
    let events = store.events_after(0, 1000).await.unwrap().events;
    assert!(events.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    assert_eq!(events.last().unwrap().sequence, last);
    assert!(store.events_after(last, 10).await.unwrap().events.is_empty());
    assert!(!store.events_after(0, 1).await.unwrap().missed);
    store.trim_events(1).await.unwrap();
    let left = store.events_after(0, 1000).await.unwrap();
    assert_eq!((left.events.len(), left.missed), (1, true));
    for (place, missed) in [(last - 2, true), (last - 1, false), (last, false)] {
        assert_eq!(store.events_after(place, 10).await.unwrap().missed, missed, "after {place} of {last}");
    }
}

async fn the_board_is_seeded_once_and_a_write_counts_once(store: &dyn Store) {
    let workspace = Workspace::default();
    assert!(store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap());
    assert!(!store.seed_board(&workspace, sample_tasks(NOW), Effects::default()).await.unwrap());
    let task = store.task(&workspace, "T-3").await.unwrap().unwrap();
    assert_eq!(store.task(&workspace, &task.id).await.unwrap().unwrap(), task);
    assert_eq!(
        store.tasks(&workspace, Some(vec![task.id.clone()])).await.unwrap(),
        std::slice::from_ref(&task)
    );
    assert_eq!(task.dependencies.len(), 2);
    let entry = |sequence, write| OwedWrite {
        sequence,
        attempts: 0,
        entry: OutboxEntry {
            moved_at: None,
            id: format!("e{sequence}"),
            at: NOW.plus(sequence),
            workspace: workspace.clone(),
            task_id: task.id.clone(),
            write,
        },
    };
    let write = async |entry| store.write_tasks(vec![entry], NOW).await.unwrap()[0].unwrap();
    let status = async || store.task(&workspace, "T-3").await.unwrap().unwrap().status;
    let comment = || entry(1, BoardWrite::Comment { text: String::from("hello") });
    assert_eq!(
        (write(comment()).await, write(comment()).await),
        (WriteOutcome::Written, WriteOutcome::Written)
    );
    assert_eq!(store.comments(&workspace, &task.id).await.unwrap(), ["hello"]);
    let done = || entry(2, BoardWrite::Move { status: TaskStatus::Done });
    assert_eq!((write(done()).await, status().await), (WriteOutcome::Written, TaskStatus::Done));
    let two = [(3, "the lease ended"), (4, "parked")].map(|(sequence, text)| {
        let mut taken = entry(sequence, BoardWrite::Comment { text: text.to_owned() });
        taken.entry.id = format!("z{}", 99 - sequence);
        taken
    });
    store.write_tasks(two.to_vec(), NOW.plus(-99)).await.unwrap();
    let comments = store.comments(&workspace, &task.id).await.unwrap();
    assert_eq!(comments, ["hello", "the lease ended", "parked"], "whatever their ids and the clock");
    let edit = TaskEdit { status: Some(TaskStatus::Todo), at: NOW.plus(5), ..TaskEdit::default() };
    assert!(store.edit_task(&workspace, &task.id, edit, Effects::default()).await.unwrap());
    assert_eq!(
        (write(done()).await, status().await),
        (WriteOutcome::Superseded, TaskStatus::Todo),
        "delivered before"
    );
    let late = entry(4, BoardWrite::Move { status: TaskStatus::Blocked });
    assert_eq!(
        (write(late).await, status().await),
        (WriteOutcome::Superseded, TaskStatus::Todo),
        "decided before"
    );
    let newer = entry(6, BoardWrite::Move { status: TaskStatus::InProgress });
    assert_eq!((write(newer).await, status().await), (WriteOutcome::Written, TaskStatus::InProgress));
    assert!(store.tasks(&Workspace::new("other"), None).await.unwrap().is_empty());
    assert!(store.delete_task(&workspace, &task.id, UnixMillis(1), Effects::default()).await.unwrap());
    assert!(store.write_tasks(vec![comment()], NOW).await.unwrap()[0].is_none(), "there is no such task");
}

async fn nothing_is_decided_or_written_over_a_persons_move(store: &dyn Store) {
    let workspace = Workspace::default();
    let task = store.task(&workspace, "T-1").await.unwrap().unwrap();
    let before = task.moved_at;
    let edit = TaskEdit { status: Some(TaskStatus::Backlog), at: NOW, ..TaskEdit::default() };
    assert!(store.edit_task(&workspace, &task.id, edit, Effects::default()).await.unwrap());
    let moved_at = store.task(&workspace, &task.id).await.unwrap().unwrap().moved_at;
    assert!(moved_at > before);
    let entry = OutboxEntry {
        moved_at: before,
        id: String::from("unaware"),
        at: NOW.plus(99),
        workspace: workspace.clone(),
        task_id: task.id.clone(),
        write: BoardWrite::Move { status: TaskStatus::Blocked },
    };
    let written =
        store.write_tasks(vec![OwedWrite { sequence: 1000, attempts: 0, entry }], NOW).await.unwrap();
    assert_eq!(
        written,
        [Some(WriteOutcome::Superseded)],
        "decided later, but without knowing of the person's move"
    );
    let decide = async |version, moved_at| {
        let write = ConditionalWrite {
            claim: Some(claim(&task.id, version)),
            moved_at,
            ..ConditionalWrite::default()
        };
        store.commit_first(&workspace, vec![write]).await.unwrap()
    };
    assert_eq!(decide(1, before).await, None);
    assert_eq!(decide(1, moved_at).await, Some(0));
    assert!(store.delete_task(&workspace, &task.id, UnixMillis(1), Effects::default()).await.unwrap());
    assert_eq!(decide(2, moved_at).await, None);
    let last = store.tasks(&workspace, None).await.unwrap().pop().unwrap();
    assert!(store.delete_task(&workspace, &last.id, UnixMillis(1), Effects::default()).await.unwrap());
    let next = Task { id: String::from("new"), ..last.clone() };
    let next = store.create_task(&workspace, next, Effects::default()).await.unwrap();
    assert_ne!(next.key, last.key, "a number is given once");
}

fn audit_key() -> AuditKey {
    SecretKey::new("audit".repeat(8).into(), None).audit_key()
}

async fn contract(store: &dyn Store) {
    one_decision_is_made_of_each_state(store).await;
    ended_leases_are_found_until_they_are_recorded(store).await;
    outbox::the_outbox_delivers_in_order_per_task_to_one_at_a_time(store).await;
    agents_are_replaced_under_their_version(store).await;
    an_agent_has_one_live_claim_whatever_was_known(store).await;
    events_are_ordered(store).await;
    keys::keys_are_found_by_hash_and_revoked_once(store).await;
    keys::the_secret_key_is_the_one_the_records_were_made_under(store).await;
    keys::an_answer_is_kept_for_a_day_with_the_change_it_belongs_to(store).await;
    keys::audit_records_are_linked_and_found(store).await;
    keys::usage_adds_up_and_is_forgotten(store).await;
    the_board_is_seeded_once_and_a_write_counts_once(store).await;
    nothing_is_decided_or_written_over_a_persons_move(store).await;
    sessions::an_ended_session_stays_ended(store).await;
    sessions::one_thing_changes_at_a_time(store).await;
    sessions::what_a_user_leaves_behind_has_bounds(store).await;
    time::the_time_goes_on_whatever_the_wall_clock_shows(store).await;
    board::a_board_says_what_changed_since_an_event(store).await;
    board::what_is_left_of_a_deleted_task_is_forgotten(store).await;
    board::a_task_is_made_once_under_its_id(store).await;
    outbox::a_write_that_fails_is_shown_until_a_later_move(store).await;
}

#[tokio::test]
async fn sqlite_in_a_file_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    contract(&SqliteStore::open(folder.path(), audit_key()).unwrap()).await;
}

#[tokio::test]
async fn sqlite_in_memory_keeps_the_contract() {
    contract(&SqliteStore::in_memory(audit_key()).unwrap()).await;
}

#[tokio::test]
async fn leases_of_a_clock_that_was_ahead_are_cut_when_a_store_gets_a_time_of_its_own() {
    time::leases_of_a_clock_that_was_ahead_are_cut(&SqliteStore::in_memory(audit_key()).unwrap()).await;
}
