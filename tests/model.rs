//! Every order of events, to a stated depth, against the function that decides: 3 agents and 3 tasks, with crashes, ended
//! leases, people's moves and a clock that jumps. A checker of its own looks at every step.
//!
//! `MODEL_DEPTH=8 cargo test --release --test model -- --nocapture` goes deeper than the default and prints what it saw.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "model/checks.rs"]
mod checks;
#[path = "model/faults.rs"]
mod faults;
#[path = "model/world.rs"]
mod world;

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use taskgate::coordinator::core::decide;
use world::{Action, Decide, Kind, World};

/// Events in a row, unless `MODEL_DEPTH` says otherwise.
const DEPTH: usize = 6;

const OF_ITS_OWN: Kind = Kind { says_when: true, lags: false, fenced: true };
const OF_OTHERS: Kind = Kind { says_when: false, ..OF_ITS_OWN };

struct Explored {
    states: usize,
    steps: usize,
    /// What is wrong, and the events that lead there.
    violation: Option<(String, Vec<String>)>,
}

/// Breadth first, so that the first violation found has the shortest way to it.
fn explore(decide: Decide, kind: Kind, depth: usize) -> Explored {
    let start = World::new(kind);
    let mut seen = HashSet::from([digest(&start)]);
    // How each state was reached: from which, and by what.
    let mut ways: Vec<(usize, Action)> = vec![(0, Action::Sweep)];
    let mut layer = vec![(start, 0)];
    let mut explored = Explored { states: 1, steps: 0, violation: None };
    for level in 1..=depth {
        let mut next = Vec::new();
        for (world, from) in layer {
            for action in world.actions() {
                explored.steps += 1;
                let mut after = world.clone();
                let mut result = after.act(decide, &action);
                if !seen.insert(digest(&after)) && result.is_ok() {
                    continue;
                }
                if level == depth && result.is_ok() {
                    result = after.clone().ends(decide);
                }
                ways.push((from, action));
                if let Err(what) = result {
                    explored.violation = Some((what, way(&ways, ways.len() - 1)));
                    return explored;
                }
                explored.states += 1;
                next.push((after, ways.len() - 1));
            }
        }
        layer = next;
    }
    explored
}

fn way(ways: &[(usize, Action)], mut at: usize) -> Vec<String> {
    let mut actions = Vec::new();
    while at > 0 {
        actions.push(format!("{:?}", ways[at].1));
        at = ways[at].0;
    }
    actions.reverse();
    actions
}

fn digest(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
}

#[expect(clippy::disallowed_methods, reason = "how far a test goes is no setting of the gateway")]
#[expect(clippy::print_stdout, reason = "how much was looked at is a result")]
fn explore_with(board: &str, kind: Kind) {
    // Worlds that lag are larger.
    let standard = if kind.lags { DEPTH - 2 } else { DEPTH };
    let depth = std::env::var("MODEL_DEPTH").ok().map_or(standard, |depth| depth.parse().unwrap());
    let explored = explore(decide, kind, depth);
    println!("depth {depth}, a board {board}: {} states, {} steps", explored.states, explored.steps);
    assert_eq!(explored.violation, None);
    assert!(explored.states > 1000, "the search went nowhere: {} states", explored.states);
}

#[test]
fn no_order_of_events_breaks_a_promise_on_a_board_that_says_when_a_person_moved_a_task() {
    explore_with("that says when a person moved a task", OF_ITS_OWN);
}

#[test]
fn no_order_of_events_breaks_a_promise_on_a_board_that_does_not() {
    explore_with("that does not say it", OF_OTHERS);
}

#[test]
fn no_order_of_events_breaks_a_promise_on_pictures_that_lack_a_claim() {
    for kind in [OF_ITS_OWN, OF_OTHERS] {
        explore_with("behind which pictures lag", Kind { lags: true, ..kind });
    }
}

#[test]
fn every_seeded_fault_is_found() {
    for (name, fault) in faults::ALL {
        let found = [OF_ITS_OWN, OF_OTHERS].into_iter().find_map(|kind| explore(fault, kind, 5).violation);
        let (what, way) = found.unwrap_or_else(|| panic!("{name} was not found"));
        println!("{name}: {what}, after {way:?}");
    }
}

#[test]
fn a_store_that_lets_an_agent_hold_two_tasks_is_found() {
    for kind in [OF_ITS_OWN, OF_OTHERS] {
        let kind = Kind { lags: true, fenced: false, ..kind };
        let (what, way) = explore(decide, kind, 4).violation.unwrap();
        println!("no fence in the store: {what}, after {way:?}");
        assert_eq!(what, "an agent was granted a second task");
    }
}
