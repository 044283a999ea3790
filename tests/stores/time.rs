//! The store's time.

use taskgate::{
    model::{Claim, MachineTime, StoreMillis, UnixMillis, Workspace},
    stores::{ConditionalWrite, Kept, Store},
};

use crate::fixtures::claim;

const WALL: i64 = 1_800_000_000_000;
const HOUR: i64 = 3_600_000;
const LEASE: i64 = 600_000;

/// A machine in that run, that long after its start, whose wall clock is that much off.
fn machine(boot: &str, since_boot: i64, wall_off_by: i64) -> MachineTime {
    MachineTime { boot: boot.to_owned(), since_boot, wall: UnixMillis(WALL + since_boot + wall_off_by) }
}

pub async fn a_wall_clock_that_is_set_is_told_and_moves_nothing(store: &dyn Store) {
    let begun = store.begin_time(Box::new(|| machine("one", 1_000, 0)), LEASE).await.unwrap();
    assert_eq!(begun, WALL, "it begins as the wall clock's");
    let keep = async |since_boot, off, sure| {
        store.keep_time(Box::new(move || machine("one", since_boot, off)), WALL, sure).await.unwrap()
    };
    let kept = |stepped| Kept { offset: WALL, stepped };
    assert_eq!(keep(6_000, 4_999, true).await, kept(None), "it may drift a little");
    assert_eq!(keep(7_000, HOUR, false).await, kept(None), "nobody is sure of it yet");
    assert_eq!(keep(8_000, HOUR, true).await.stepped, Some(HOUR - 4_999));
    assert_eq!(keep(9_000, HOUR, true).await, kept(None), "one process says so");
    assert_eq!(keep(10_000, 0, true).await.stepped, Some(-HOUR));
    let behind = store.keep_time(Box::new(|| machine("one", 10_000, 0)), 0, false).await.unwrap();
    assert!(behind.offset >= WALL, "no process stays behind what was kept: {behind:?}");
}

pub async fn the_time_goes_on_whatever_the_wall_clock_shows(store: &dyn Store) {
    let begin = async |machine: MachineTime| {
        let since_boot = machine.since_boot;
        since_boot + store.begin_time(Box::new(|| machine), LEASE).await.unwrap()
    };
    assert_eq!(begin(machine("one", 1_000, 0)).await, WALL + 1_000, "it begins as the wall clock's");
    for off in [0, HOUR, -HOUR, -WALL] {
        assert_eq!(
            begin(machine("one", 5_000, off)).await,
            WALL + 5_000,
            "another process, the wall {off} off"
        );
    }
    store.keep_time(Box::new(|| machine("one", 10_000, 0)), WALL, true).await.unwrap();
    assert_eq!(begin(machine("two", 500, HOUR)).await, WALL + HOUR + 500, "the machine was off for an hour");
    assert_eq!(
        begin(machine("three", 700, 0)).await,
        WALL + HOUR + 500,
        "and then its wall clock was behind"
    );
    let behind = store.keep_time(Box::new(|| machine("three", 800, 0)), 0, false).await.unwrap();
    assert_eq!(behind.offset + 800, WALL + HOUR + 500, "no process stays behind what was kept");
}

pub async fn leases_of_a_clock_that_was_ahead_are_cut(store: &dyn Store) {
    let workspace = Workspace::default();
    let ends = |task: &str, millis: i64| {
        let expires_at = StoreMillis(WALL + millis);
        let claim = Claim { expires_at, ..claim(task, 1) };
        ConditionalWrite { claim: Some(claim), ..ConditionalWrite::default() }
    };
    for (task, millis) in [("ahead", HOUR), ("right", 9)] {
        assert_eq!(store.commit_first(&workspace, vec![ends(task, millis)]).await.unwrap(), Some(0));
    }
    store.begin_time(Box::new(|| machine("one", 0, 0)), LEASE).await.unwrap();
    let workspace = Workspace::default();
    let ended = |millis| store.expired(&workspace, StoreMillis(WALL + millis), 10);
    let found = ended(LEASE).await.unwrap();
    let found: Vec<_> =
        found.iter().map(|claim| (&*claim.task_id, claim.expires_at.0, claim.version)).collect();
    assert_eq!(found, [("right", WALL + 9, 1), ("ahead", WALL + LEASE, 2)]);
    assert_eq!(ended(LEASE - 1).await.unwrap().len(), 1);
    let cut = store.claims(&workspace, Some(vec![String::from("ahead")])).await.unwrap().pop().unwrap();
    let next = Claim { version: cut.version + 1, ..cut };
    let write = ConditionalWrite { claim: Some(next), ..ConditionalWrite::default() };
    assert_eq!(
        store.commit_first(&workspace, vec![write]).await.unwrap(),
        Some(0),
        "decisions go on from there"
    );
    assert_eq!(
        store.begin_time(Box::new(|| machine("one", HOUR, 0)), 1).await.unwrap(),
        WALL,
        "it is done once"
    );
}
