//! A store that was lost under agents at work: what the board tells of their claims brings them back, and nothing that a person has.

use std::{collections::BTreeSet, sync::Arc};

use taskgate::{
    boards::Board,
    coordinator::{Grant, NoTask, ReportKind},
    model::{AgentId, Claim, TaskStatus, Workspace},
    stores::{ClaimStore, ConditionalWrite, sqlite::SqliteStore},
};

use crate::{
    host::Host,
    office::{HandClock, Office},
};

const HELD: usize = 20;
const LEASE_MILLIS: i64 = 600_000;
/// What is added to it, as the board does not hear of every renewal.
const SLACK_MILLIS: i64 = 1_800_000;

fn id(name: &str) -> AgentId {
    AgentId::try_from(name.to_owned()).unwrap()
}

async fn register<B: Board + 'static>(office: &Office<B>, name: &str) {
    office.register(&id(name)).await;
}

async fn next<B: Board + 'static>(office: &Office<B>, name: &str) -> Result<Box<Grant>, NoTask> {
    office.offered(&id(name)).await
}

async fn say<B: Board + 'static>(office: &Office<B>, name: &str, kind: ReportKind, message: &str) -> Claim {
    office.said_by(&id(name), kind, message).await.unwrap().claim
}

/// A process on that board with a store that knows nothing.
async fn with_new_store<H: Host>(host: &H, clock: &Arc<HandClock>) -> Office<H::Board> {
    Office::over(Arc::new(host.open(clock.clone())), clock.clone()).await
}

/// The same, with one task, which that agent holds.
async fn with_holder<H: Host>(host: &H, clock: &Arc<HandClock>, name: &str) -> Office<H::Board> {
    host.file("a task");
    let office = with_new_store(host, clock).await;
    register(&office, name).await;
    next(&office, name).await.unwrap();
    office.all_written().await;
    office
}

pub async fn a_backup_gives_way_to_what_the_board_was_told(host: &impl Host) {
    let clock = Arc::new(HandClock::default());
    let office = with_holder(host, &clock, "ana").await;
    let backup = office.store.claims(&Workspace::default(), None).await.unwrap();
    for _ in 0..9 {
        clock.pass(LEASE_MILLIS / 2);
        say(&office, "ana", ReportKind::Heartbeat, "").await;
    }
    office.all_written().await;
    office.close().await;
    let board = Arc::new(host.open(clock.clone()));
    let restored = async |store: Arc<SqliteStore>| {
        let write = ConditionalWrite { claim: backup.into_iter().next(), ..ConditionalWrite::default() };
        assert_eq!(store.commit_first(&Workspace::default(), vec![write]).await.unwrap(), Some(0));
    };
    let office = Office::with(board, clock.clone(), restored).await;
    assert_eq!(grant_all(&office, "within-the-lease").await.len(), 0);
    clock.pass(LEASE_MILLIS + 2 * SLACK_MILLIS);
    assert_eq!(grant_all(&office, "after").await.len(), 1);
    office.close().await;
}

/// All who can be granted something now, each as a new agent.
async fn grant_all<B: Board + 'static>(office: &Office<B>, round: &str) -> Vec<Box<Grant>> {
    office.coordinator.expire_leases().await.unwrap();
    let mut granted = Vec::new();
    loop {
        let name = format!("{round}-{}", granted.len());
        register(office, &name).await;
        let Ok(grant) = next(office, &name).await else { return granted };
        granted.push(grant);
    }
}

/// Twenty tasks that agents hold, one of them with words, and three that people have at last.
async fn at_work(host: &impl Host, clock: &Arc<HandClock>) -> String {
    let office = with_new_store(host, clock).await;
    let mut held = String::new();
    for (number, end) in ["given back", "taken away", "finished"].into_iter().enumerate() {
        host.file(end);
        office.coordinator.warm(&Workspace::default()).await.unwrap();
        let name = format!("former-{number}");
        register(&office, &name).await;
        let task = next(&office, &name).await.unwrap().card.task.id.clone();
        office.all_written().await;
        match end {
            "given back" => drop(say(&office, &name, ReportKind::Release, "not mine").await),
            "finished" => drop(say(&office, &name, ReportKind::Complete, "").await),
            _ => {
                clock.pass(61_000);
                host.moves(&task, TaskStatus::Todo).await;
                office.coordinator.refresh_boards().await.unwrap();
            }
        }
        office.all_written().await;
        // A person has it now.
        host.moves(&task, TaskStatus::InProgress).await;
        clock.pass(61_000);
        office.coordinator.refresh_boards().await.unwrap();
        office.all_written().await;
    }
    for number in 0..HELD {
        host.file(&format!("task {number}"));
    }
    clock.pass(61_000);
    office.coordinator.refresh_boards().await.unwrap();
    for number in 0..HELD {
        let name = format!("agent-{number}");
        register(&office, &name).await;
        next(&office, &name).await.unwrap().card.task.id.clone_into(&mut held);
    }
    say(&office, "agent-3", ReportKind::Progress(40), "half (40% complete) of: it").await;
    office.all_written().await;
    office.close().await;
    held
}

pub async fn tasks_are_offered_again_after_their_leases(host: &impl Host) {
    let clock = Arc::new(HandClock::default());
    let held = at_work(host, &clock).await;
    // A person's that no agent ever had, and one with a mark that somebody copied there.
    let copied = host.texts(&held).pop().unwrap();
    for title in ["a person's", "a copied mark"] {
        host.says(&host.file_begun(title), &copied);
    }
    let office = with_new_store(host, &clock).await;
    assert_eq!(grant_all(&office, "at-once").await.len(), 0);
    clock.pass(LEASE_MILLIS - 1_000);
    assert_eq!(grant_all(&office, "within-the-lease").await.len(), 0);
    clock.pass(SLACK_MILLIS + 2_000);
    let granted = grant_all(&office, "after").await;
    let titles: BTreeSet<_> = granted.iter().map(|grant| grant.card.task.title.clone()).collect();
    assert_eq!((granted.len(), titles.len()), (HELD, HELD));
    assert!(titles.iter().all(|title| title.starts_with("task ")), "{titles:?}");
    let hand_offs = granted.iter().filter_map(|grant| grant.claim.hand_off.clone());
    let told: Vec<_> = hand_offs.filter(|note| note.progress > 0).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].agent_id.as_str(), told[0].progress), ("agent-3", 40));
    assert_eq!(told[0].message, "half (40% complete) of: it");
    assert!(granted.iter().all(|grant| grant.claim.generation > 1_700_000_000), "they rise for ever");
    office.all_written().await;
    office.close().await;
}

pub async fn a_renewed_lease_is_known(host: &impl Host) {
    let clock = Arc::new(HandClock::default());
    at_work(host, &clock).await;
    let office = with_new_store(host, &clock).await;
    register(&office, "agent-0").await;
    clock.pass(LEASE_MILLIS - 1_000);
    let claim = say(&office, "agent-0", ReportKind::Heartbeat, "").await;
    assert_eq!(claim.agent_id, "agent-0");
    let again = next(&office, "agent-0").await.unwrap();
    assert!(again.already_assigned && again.claim.generation == claim.generation);
    office.all_written().await;
    office.close().await;
    // The store is lost once more.
    let office = with_new_store(host, &clock).await;
    clock.pass(SLACK_MILLIS + 3_000);
    assert_eq!(grant_all(&office, "others").await.len(), HELD - 1);
    clock.pass(SLACK_MILLIS - 60_000);
    let has_it = |granted: &[Box<Grant>]| granted.iter().any(|grant| grant.card.task.id == claim.task_id);
    assert!(!has_it(&grant_all(&office, "within-the-renewed-lease").await));
    clock.pass(60_000);
    assert!(has_it(&grant_all(&office, "the-last").await));
    office.close().await;
}

pub async fn heartbeats_are_told_seldom(host: &impl Host) {
    let clock = Arc::new(HandClock::default());
    let office = with_holder(host, &clock, "agent").await;
    let held = office.store.claims(&Workspace::default(), None).await.unwrap()[0].task_id.clone();
    let _ = host.requests();
    for _ in 0..300 {
        clock.pass(LEASE_MILLIS / 30);
        say(&office, "agent", ReportKind::Heartbeat, "").await;
        office.all_written().await;
    }
    let edits = host.requests();
    assert!((3..=5).contains(&edits), "{edits} requests in ten leases");
    let comments = host.texts(&held);
    assert_eq!(comments.len(), 1, "{comments:?}");
    assert!(comments[0].starts_with("📋 Task assigned to agent at 2023-11-14T22:13:20"), "{comments:?}");
    office.close().await;
}
