//! Delivery to boards that fail, wait and take their time: nothing is lost, nothing is done twice, and no board waits for another.

use std::{sync::Arc, time::Duration};

use taskgate::{
    boards::{Board, BoardError, Boards},
    clock::{Clock, SystemClock},
    coordinator::{Deliverer, ReportKind},
    model::{BoardWrite, Effects, UnixMillis, Workspace},
    stores::{ClaimStore, ConditionalWrite, Outbox, sqlite::SqliteStore},
};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    new_task,
    office::Office,
    owed,
    person::Person,
    recorded,
    remote::{Fault, RemoteBoard},
    store,
};

fn dead() -> BoardError {
    BoardError::unavailable(std::io::Error::other("the line is dead"))
}

#[tokio::test]
async fn what_a_board_fails_at_comes_again_in_its_time_and_is_done_once() {
    let office = Office::open().await;
    let made = office.make("Wire the pump").await;
    office.board.inside().faults.extend([Fault::Fails(dead()), Fault::AnswerLost, Fault::Fails(dead())]);
    office.next().await;
    office.say(ReportKind::Progress(10), "begun").await.unwrap();
    for (tries, wait) in [(1, 500), (2, 1_000), (3, 2_000)] {
        office.came(tries).await;
        assert!(!office.writes_now().await, "it waits for {wait} ms");
        office.clock.pass(wait - 1);
        assert!(!office.writes_now().await, "1 ms is left of {wait}");
        office.clock.pass(1);
        office.owed.notify_one();
    }
    office.all_written().await;
    let comments = office.board.comments(&made.id).await;
    assert!(comments.len() == 2 && comments[1].contains("begun"), "{comments:?}");
    office.close().await;
}

#[tokio::test]
async fn a_board_that_asks_for_a_pause_gets_it() {
    let office = Office::open().await;
    let made = office.make("Wire the pump").await;
    let until = UnixMillis(office.clock.now().0 + 90_000);
    office.board.inside().faults.push_back(Fault::Fails(BoardError::RateLimited { until }));
    office.next().await;
    office.came(1).await;
    office.say(ReportKind::Progress(10), "begun").await.unwrap();
    assert!(!office.writes_now().await);
    assert_eq!(office.held_back_until().await, Some(until), "and it is told");
    office.clock.pass(89_999);
    assert!(!office.writes_now().await, "nor what was decided since");
    office.clock.pass(1);
    office.all_written().await;
    assert_eq!(office.held_back_until().await, None);
    assert_eq!(office.board.comments(&made.id).await.len(), 2);
    office.close().await;
}

/// Two boards, two workspaces, and what they are owed.
async fn owe(store: &SqliteStore, workspace: &Workspace, task_id: &str, writes: i64) {
    let entry = |number: i64| {
        let text = format!("{} {number}", workspace.as_str());
        let mut entry = owed(number, task_id, BoardWrite::comment(text)).entry;
        entry.workspace = workspace.clone();
        entry.id = format!("{}-{number}", workspace.as_str());
        entry
    };
    let effects = Effects { outbox: (0..writes).map(entry).collect(), ..Effects::default() };
    let write = ConditionalWrite { effects, ..ConditionalWrite::default() };
    assert_eq!(store.commit_first(workspace, vec![write]).await.unwrap(), Some(0));
}

fn deliverer(store: &Arc<SqliteStore>, boards: &Arc<Boards>, instance: &str) -> Deliverer {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let owed = Arc::new(Notify::new());
    Deliverer::new(store.clone(), Arc::clone(boards), clock, owed, instance.to_owned())
}

async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came to that");
}

#[tokio::test]
async fn a_board_that_stands_still_delays_no_other() {
    let store = store();
    let (still, quick) =
        (Arc::new(RemoteBoard::slow(Duration::from_secs(3_600))), Arc::new(RemoteBoard::default()));
    let (one, two) = (Workspace::new("still"), Workspace::new("quick"));
    let task = quick.create(&new_task("quick"), "quick", &recorded).await.unwrap().task;
    owe(&store, &one, "none", 3).await;
    owe(&store, &two, &task.id, 3).await;
    let (slow, fast): (Arc<dyn Board>, Arc<dyn Board>) = (still.clone(), quick.clone());
    let boards = Boards::new(move |workspace: &Workspace| {
        Arc::clone(if workspace.as_str() == "still" { &slow } else { &fast })
    });
    let (deliverer, stop) = (deliverer(&store, &Arc::new(boards), "one"), CancellationToken::new());
    let mut at_work = JoinSet::new();
    at_work.spawn(async move { deliverer.run(&stop).await });
    until(async || store.backlog(&two).await.unwrap().pending == 0).await;
    owe(&store, &two, &task.id, 4).await;
    until(async || quick.comments(&task.id).await.len() == 4).await;
    assert_eq!(store.backlog(&one).await.unwrap().pending, 3, "the other is still at its first");
}

#[tokio::test]
async fn a_batch_that_takes_longer_than_a_lease_is_delivered_by_one_process() {
    let store = store();
    let board = Arc::new(RemoteBoard::slow(Duration::from_millis(25)));
    let task = board.create(&new_task("long"), "long", &recorded).await.unwrap().task;
    let workspace = Workspace::default();
    owe(&store, &workspace, &task.id, 64).await;
    let behind: Arc<dyn Board> = board.clone();
    let boards = Arc::new(Boards::new(move |_: &Workspace| Arc::clone(&behind)));
    let stop = CancellationToken::new();
    let mut at_work = JoinSet::new();
    for instance in ["one", "two"] {
        let deliverer = deliverer(&store, &boards, instance).with_lease(Duration::from_millis(300));
        let stop = stop.clone();
        at_work.spawn(async move { deliverer.run(&stop).await });
    }
    until(async || store.backlog(&workspace).await.unwrap().pending == 0).await;
    stop.cancel();
    at_work.join_all().await;
    assert_eq!(board.inside().came.len(), 64, "no write came twice");
    assert_eq!(board.comments(&task.id).await.len(), 64);
}
