//! The store keeps which board its records are of. Another one ends what is held on the former, once, and only if it says which
//! it is.

use std::sync::Arc;

use taskgate::{
    model::{ClaimState, Workspace},
    stores::{BoardIdentityStore, ClaimStore, EventLog},
};

use crate::{office::Office, remote::RemoteBoard};

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
    let two = [(); 2].map(|()| office.beside(Arc::new(RemoteBoard::named("github:x/1"))));
    let both = two.iter().map(|process| process.keep_board_identity(&*office.store, &workspace));
    futures_util::future::try_join_all(both).await.unwrap();
    assert_eq!(kept(&office).await.as_deref(), Some("github:x/1"));
    assert_eq!(state(&office, &held).await, ClaimState::Ended);
    let events = office.store.events_after(&Workspace::default(), 0, 1000).await.unwrap().events;
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
    let dead = office.beside(Arc::new(RemoteBoard::nameless()));
    assert!(dead.keep_board_identity(&*office.store, &workspace).await.is_err());
    assert_eq!(kept(&office).await.as_deref(), Some("remote"));
    assert_eq!(state(&office, &held).await, ClaimState::Live);
}
