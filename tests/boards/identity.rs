//! The store keeps which board its records are of. Another one ends what is held on the former, once, and only if it says which
//! it is.

use std::sync::Arc;

use taskgate::{
    boards::{Board, Boards},
    coordinator::{Coordinator, CoordinatorParts, Templates},
    model::{ClaimState, Workspace},
    stores::{BoardIdentityStore, ClaimStore, EventLog},
};

use crate::{office::Office, remote::RemoteBoard};

/// Another process on the office's store, which works on that board.
fn beside(office: &Office, board: RemoteBoard) -> Coordinator {
    let board: Arc<dyn Board> = Arc::new(board);
    Coordinator::new(CoordinatorParts {
        boards: Arc::new(Boards::new(move |_: &Workspace| Arc::clone(&board))),
        claims: office.store.clone(),
        events: office.store.clone(),
        outbox: office.store.clone(),
        clock: office.clock.clone(),
        owed: Arc::clone(&office.owed),
        instructor: Arc::new(Templates),
        stopping: tokio_util::sync::CancellationToken::new(),
        lease_millis: 600_000,
        refresh_millis: 30_000,
    })
}

async fn kept(office: &Office) -> Option<String> {
    office.store.board_identity(&Workspace::default()).await.unwrap()
}

async fn state(office: &Office, task_id: &str) -> ClaimState {
    let claims = office.store.claims(&Workspace::default(), Some(vec![task_id.to_owned()])).await.unwrap();
    claims[0].state
}

#[tokio::test]
async fn another_board_ends_what_is_held_on_the_former_once() {
    let (office, workspace) = (Office::open().await, Workspace::default());
    office.make("held").await;
    let held = office.next().await.claim.task_id.clone();
    office.coordinator.keep_board_identity(&*office.store, &workspace).await.unwrap();
    assert_eq!(kept(&office).await.as_deref(), Some("remote"), "nothing was kept, so nothing changed");
    office.coordinator.keep_board_identity(&*office.store, &workspace).await.unwrap();
    assert_eq!(state(&office, &held).await, ClaimState::Live);
    let two = [(); 2].map(|()| beside(&office, RemoteBoard::named("github:x/1")));
    let both = two.iter().map(|process| process.keep_board_identity(&*office.store, &workspace));
    futures_util::future::try_join_all(both).await.unwrap();
    assert_eq!(kept(&office).await.as_deref(), Some("github:x/1"));
    assert_eq!(state(&office, &held).await, ClaimState::Ended);
    let events = office.store.events_after(0, 1000).await.unwrap().events;
    let ended = events.iter().filter(|stored| stored.event.action == "task.moved_by_person");
    assert_eq!(ended.count(), 1);
}

#[tokio::test]
async fn what_is_held_on_the_new_board_already_stays() {
    let (office, workspace) = (Office::open().await, Workspace::default());
    office.make("held").await;
    let held = office.next().await.claim.task_id.clone();
    assert!(office.store.keep_board_identity(&workspace, None, "local").await.unwrap());
    office.coordinator.keep_board_identity(&*office.store, &workspace).await.unwrap();
    assert_eq!(kept(&office).await.as_deref(), Some("remote"));
    assert_eq!(state(&office, &held).await, ClaimState::Live);
}

#[tokio::test]
async fn a_board_that_does_not_say_which_it_is_changes_nothing() {
    let (office, workspace) = (Office::open().await, Workspace::default());
    office.make("held").await;
    let held = office.next().await.claim.task_id.clone();
    office.coordinator.keep_board_identity(&*office.store, &workspace).await.unwrap();
    let dead = beside(&office, RemoteBoard::nameless());
    assert!(dead.keep_board_identity(&*office.store, &workspace).await.is_err());
    assert_eq!(kept(&office).await.as_deref(), Some("remote"));
    assert_eq!(state(&office, &held).await, ClaimState::Live);
}
