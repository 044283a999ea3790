//! Several processes on one store: in each period one of them asks the board, and the others hear of what it found.

use std::sync::Arc;

use taskgate::{
    coordinator::Coordinator,
    model::{TaskStatus, Workspace},
    stores::EventLog,
};

use crate::{
    office::{Office, REFRESH_MILLIS},
    remote::RemoteBoard,
};

/// Two processes that have read the board, and how often it was asked for changes since.
async fn two() -> (Office, Coordinator) {
    let office = Office::open().await;
    office.make("Wire the pump").await;
    let other = office.beside(office.board.clone());
    for process in [&office.coordinator, &other] {
        process.warm(&Workspace::default()).await.unwrap();
    }
    office.board.inside().asked = 0;
    (office, other)
}

fn asked(office: &Office) -> usize {
    std::mem::take(&mut office.board.inside().asked)
}

#[tokio::test]
async fn of_two_processes_one_asks_in_each_period_and_the_other_hears_of_it() {
    let (office, other) = two().await;
    for _ in 0..10 {
        office.clock.pass(REFRESH_MILLIS);
        for process in [&office.coordinator, &other] {
            process.refresh_boards().await.unwrap();
        }
    }
    assert_eq!(asked(&office), 10);
    let (place, task) =
        (office.store.last_event(&Workspace::default()).await.unwrap(), office.make("Paint the door").await);
    for process in [&office.coordinator, &other] {
        process
            .follow(&office.store.events_after(&Workspace::default(), place, 1_000).await.unwrap().events)
            .await
            .unwrap();
    }
    let place = office.store.last_event(&Workspace::default()).await.unwrap();
    // As a label does, it leaves the moment of the task's last change as it was.
    office.board.inside().labels(&task.id, TaskStatus::Blocked);
    office.clock.pass(REFRESH_MILLIS);
    for process in [&office.coordinator, &other] {
        process.refresh_boards().await.unwrap();
    }
    let news = office.store.events_after(&Workspace::default(), place, 1_000).await.unwrap().events;
    for process in [&office.coordinator, &other] {
        process.follow(&news).await.unwrap();
        let card = process.task(&office.principal, &task.id).await.unwrap();
        assert_eq!(card.status, TaskStatus::Blocked);
    }
    assert_eq!(asked(&office), 1);
    office.close().await;
}

#[tokio::test]
async fn a_process_that_died_or_reaches_no_board_leaves_the_asking_to_another() {
    let (office, other) = two().await;
    office.clock.pass(REFRESH_MILLIS);
    office.coordinator.refresh_boards().await.unwrap();
    for _ in 0..3 {
        office.clock.pass(REFRESH_MILLIS);
        other.refresh_boards().await.unwrap();
    }
    assert_eq!(asked(&office), 3, "the first one does nothing any more: after one period it is missed");
    let behind_a_wall = Arc::new(RemoteBoard::default());
    let cut_off = office.beside(behind_a_wall.clone());
    cut_off.warm(&Workspace::default()).await.unwrap();
    behind_a_wall.inside().is_unreachable = true;
    office.clock.pass(2 * REFRESH_MILLIS);
    cut_off.refresh_boards().await.unwrap_err();
    other.refresh_boards().await.unwrap();
    assert_eq!(asked(&office), 1);
    office.close().await;
}
