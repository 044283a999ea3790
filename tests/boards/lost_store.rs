//! A store that was lost under agents at work: what the board tells of their claims brings them back, and nothing that a person has.

use std::{collections::BTreeSet, sync::Arc};

use taskgate::{
    boards::GithubBoard,
    coordinator::{Grant, NoTask, ReportKind},
    model::{AgentId, Claim, TaskStatus, Workspace},
    stores::{ClaimStore, ConditionalWrite, sqlite::SqliteStore},
};

use super::{
    person::AtGithub,
    setup::{GATEWAY, REPO, board_by, fake},
};
use crate::{
    office::{HandClock, Office},
    person::Person,
    support::github::FakeGithub,
};

const HELD: usize = 20;
const LEASE_MILLIS: i64 = 600_000;
/// What is added to it, as the board does not hear of every renewal.
const SLACK_MILLIS: i64 = 1_800_000;

fn id(name: &str) -> AgentId {
    AgentId::try_from(name.to_owned()).unwrap()
}

async fn register(office: &Office<GithubBoard>, name: &str) {
    office.register(&id(name)).await;
}

async fn next(office: &Office<GithubBoard>, name: &str) -> Result<Box<Grant>, NoTask> {
    office.offered(&id(name)).await
}

async fn say(office: &Office<GithubBoard>, name: &str, kind: ReportKind, message: &str) -> Claim {
    office.said_by(&id(name), kind, message).await.unwrap().claim
}

/// A process on that board with a store that knows nothing.
async fn with_new_store(github: &FakeGithub, clock: &Arc<HandClock>) -> Office<GithubBoard> {
    Office::over(Arc::new(board_by(github, None, clock.clone())), clock.clone()).await
}

/// The same, with one task, which that agent holds.
async fn with_holder(github: &FakeGithub, clock: &Arc<HandClock>, name: &str) -> Office<GithubBoard> {
    file(github, "an issue");
    let office = with_new_store(github, clock).await;
    register(&office, name).await;
    next(&office, name).await.unwrap();
    office.all_written().await;
    office
}

#[tokio::test]
async fn a_backup_from_before_a_grant_gives_way_to_what_the_board_was_told() {
    let (github, clock) = (fake(), Arc::new(HandClock::default()));
    let office = with_holder(&github, &clock, "ana").await;
    let backup = office.store.claims(&Workspace::default(), None).await.unwrap();
    for _ in 0..9 {
        clock.pass(LEASE_MILLIS / 2);
        say(&office, "ana", ReportKind::Heartbeat, "").await;
    }
    office.all_written().await;
    office.close().await;
    let board = Arc::new(board_by(&github, None, clock.clone()));
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
async fn grant_all(office: &Office<GithubBoard>, round: &str) -> Vec<Box<Grant>> {
    office.coordinator.expire_leases().await.unwrap();
    let mut granted = Vec::new();
    loop {
        let name = format!("{round}-{}", granted.len());
        register(office, &name).await;
        let Ok(grant) = next(office, &name).await else { return granted };
        granted.push(grant);
    }
}

fn file(github: &FakeGithub, title: &str) {
    github.change(|world| {
        world.file_issue(REPO, GATEWAY, title);
    });
}

/// Twenty tasks that agents hold, one of them with words, and three that people have at last.
async fn at_work(github: &FakeGithub, clock: &Arc<HandClock>) {
    let office = with_new_store(github, clock).await;
    let person = AtGithub { github, project: None };
    for (number, end) in ["given back", "taken away", "finished"].into_iter().enumerate() {
        file(github, end);
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
                person.moves(&task, TaskStatus::Todo).await;
                office.coordinator.refresh_boards().await.unwrap();
            }
        }
        office.all_written().await;
        // A person has it now.
        person.moves(&task, TaskStatus::InProgress).await;
        clock.pass(61_000);
        office.coordinator.refresh_boards().await.unwrap();
        office.all_written().await;
    }
    for number in 0..HELD {
        file(github, &format!("issue {number}"));
    }
    clock.pass(61_000);
    office.coordinator.refresh_boards().await.unwrap();
    for number in 0..HELD {
        let name = format!("agent-{number}");
        register(&office, &name).await;
        next(&office, &name).await.unwrap();
    }
    say(&office, "agent-3", ReportKind::Progress(40), "half (40% complete) of: it").await;
    office.all_written().await;
    office.close().await;
}

#[tokio::test]
async fn tasks_of_a_lost_store_are_offered_again_after_their_leases_and_a_persons_never() {
    let (github, clock) = (fake(), Arc::new(HandClock::default()));
    at_work(&github, &clock).await;
    // A person's that no agent ever had, and one with a mark that somebody copied there.
    github.change(|world| {
        let copied = world.issue_comments(4).pop().unwrap();
        for title in ["a person's", "a copied mark"] {
            let issue = world.file_issue(REPO, GATEWAY, title);
            world.label_issue(issue, "ana", "in-progress");
            world.comment_on_issue(issue, "ana", &copied);
        }
    });
    let office = with_new_store(&github, &clock).await;
    assert_eq!(grant_all(&office, "at-once").await.len(), 0);
    clock.pass(LEASE_MILLIS - 1_000);
    assert_eq!(grant_all(&office, "within-the-lease").await.len(), 0);
    clock.pass(SLACK_MILLIS + 2_000);
    let granted = grant_all(&office, "after").await;
    let titles: BTreeSet<_> = granted.iter().map(|grant| grant.card.task.title.clone()).collect();
    assert_eq!((granted.len(), titles.len()), (HELD, HELD));
    assert!(titles.iter().all(|title| title.starts_with("issue ")), "{titles:?}");
    let hand_offs = granted.iter().filter_map(|grant| grant.claim.hand_off.clone());
    let told: Vec<_> = hand_offs.filter(|note| note.progress > 0).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].agent_id.as_str(), told[0].progress), ("agent-3", 40));
    assert_eq!(told[0].message, "half (40% complete) of: it");
    assert!(granted.iter().all(|grant| grant.claim.generation > 1_700_000_000), "they rise for ever");
    office.all_written().await;
    office.close().await;
}

#[tokio::test]
async fn a_renewed_lease_of_a_lost_store_is_known_and_its_holder_goes_on() {
    let (github, clock) = (fake(), Arc::new(HandClock::default()));
    at_work(&github, &clock).await;
    let office = with_new_store(&github, &clock).await;
    register(&office, "agent-0").await;
    clock.pass(LEASE_MILLIS - 1_000);
    let claim = say(&office, "agent-0", ReportKind::Heartbeat, "").await;
    assert_eq!(claim.agent_id, "agent-0");
    let again = next(&office, "agent-0").await.unwrap();
    assert!(again.already_assigned && again.claim.generation == claim.generation);
    office.all_written().await;
    office.close().await;
    // The store is lost once more.
    let office = with_new_store(&github, &clock).await;
    clock.pass(SLACK_MILLIS + 3_000);
    assert_eq!(grant_all(&office, "others").await.len(), HELD - 1);
    clock.pass(SLACK_MILLIS - 60_000);
    let has_it = |granted: &[Box<Grant>]| granted.iter().any(|grant| grant.card.task.id == claim.task_id);
    assert!(!has_it(&grant_all(&office, "within-the-renewed-lease").await));
    clock.pass(60_000);
    assert!(has_it(&grant_all(&office, "the-last").await));
    office.close().await;
}

#[tokio::test]
async fn heartbeats_are_told_to_the_board_as_seldom_as_may_be() {
    let (github, clock) = (fake(), Arc::new(HandClock::default()));
    let office = with_holder(&github, &clock, "agent").await;
    let _ = github.tally();
    for _ in 0..300 {
        clock.pass(LEASE_MILLIS / 30);
        say(&office, "agent", ReportKind::Heartbeat, "").await;
        office.all_written().await;
    }
    let edits = github.tally().total();
    assert!((3..=5).contains(&edits), "{edits} requests in ten leases");
    let comments = github.change(|world| world.issue_comments(0));
    assert_eq!(comments.len(), 1, "{comments:?}");
    assert!(comments[0].starts_with("📋 Task assigned to agent at 2023-11-14T22:13:20"), "{comments:?}");
    office.close().await;
}
