//! Every order of events, to a stated depth, against the function that decides: 3 agents and 3 tasks, with crashes, ended
//! leases, people's moves and a clock that jumps. A checker of its own looks at every step.
//!
//! `MODEL_DEPTH=8 cargo test --release --test model -- --nocapture` goes deeper than the default and prints what it saw.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "model/checks.rs"]
mod checks;
#[path = "model/faults.rs"]
mod faults;
#[path = "model/going_back.rs"]
mod going_back;
#[path = "model/records.rs"]
mod records;
#[path = "model/world.rs"]
mod world;

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use going_back::Settling;
use taskgate::coordinator::core::{ReportKind, decide};
use world::{Action, Checked, Decide, Kind, Sight, World};

/// Events in a row, unless `MODEL_DEPTH` says otherwise.
const DEPTH: usize = 6;

const OF_ITS_OWN: Kind = Kind { says_when: true, lags: false, fenced: true, goes_back: None };
const OF_OTHERS: Kind = Kind { says_when: false, ..OF_ITS_OWN };

struct Explored {
    states: usize,
    steps: usize,
    /// What is wrong, and the events that lead there; each only once.
    violations: Vec<(String, Vec<String>)>,
}

/// Breadth first, so that the first violation found has the shortest way to it. `enough`: violations after which nothing more is
/// looked at.
fn explore(decide: Decide, kind: Kind, depth: usize, enough: usize) -> Explored {
    let start = World::new(kind);
    let mut seen = HashSet::from([digest(&start)]);
    // How each state was reached: from which, and by what.
    let mut ways: Vec<(usize, Action)> = vec![(0, Action::Sweep)];
    let mut layer = vec![(start, 0)];
    let mut explored = Explored { states: 1, steps: 0, violations: Vec::new() };
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
                    if explored.violations.iter().all(|(known, _)| *known != what) {
                        explored.violations.push((what, way(&ways, ways.len() - 1)));
                    }
                    if explored.violations.len() == enough {
                        return explored;
                    }
                    continue;
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
    // Worlds that lag or go back are larger.
    let standard = if kind.lags || kind.goes_back.is_some() { DEPTH - 2 } else { DEPTH };
    let depth = std::env::var("MODEL_DEPTH").ok().map_or(standard, |depth| depth.parse().unwrap());
    let explored = explore(decide, kind, depth, 1);
    println!("depth {depth}, a board {board}: {} states, {} steps", explored.states, explored.steps);
    assert_eq!(explored.violations, []);
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
fn no_order_of_events_breaks_a_promise_when_the_store_goes_back() {
    for kind in [OF_ITS_OWN, OF_OTHERS] {
        explore_with("whose store goes back", Kind { goes_back: Some(Settling::Whole), ..kind });
    }
}

#[test]
fn each_step_of_settling_is_missed_where_it_is_left_out() {
    let without = [Settling::WithoutReadingAnew, Settling::WithoutGenerations, Settling::WithoutTerms];
    for settling in without {
        let kind = Kind { goes_back: Some(settling), ..OF_ITS_OWN };
        let (what, way) = explore(decide, kind, 4, 1).violations.remove(0);
        println!("{settling:?}: {what}, after {way:?}");
    }
}

/// What comes of these events, and of all that follows.
fn walk(settling: Settling, actions: &[Action]) -> Checked {
    let mut world = World::new(Kind { goes_back: Some(settling), ..OF_ITS_OWN });
    actions.iter().try_for_each(|action| world.act(decide, action))?;
    world.ends(decide)
}

#[test]
fn who_keeps_its_picture_lets_another_than_the_holder_finish() {
    let actions = [
        Action::Ask(0, Sight::Picture),
        Action::GoBack,
        Action::Follow,
        // What was lost is given to another.
        Action::Ask(1, Sight::Store),
        // Its record becomes as new as the one that was lost.
        Action::Ask(0, Sight::Behind),
        Action::Say(0, ReportKind::Complete, Sight::Picture),
    ];
    assert_eq!(walk(Settling::Whole, &actions), Ok(()));
    let kept = walk(Settling::WithoutReadingAnew, &actions);
    assert_eq!(kept.unwrap_err(), "a stale write was accepted");
}

#[test]
fn who_follows_events_that_begin_again_does_not_hear_of_new_ones() {
    let actions = [
        Action::Ask(0, Sight::Store),
        Action::Follow,
        Action::GoBack,
        Action::Follow,
        Action::Ask(1, Sight::Store),
    ];
    assert_eq!(walk(Settling::Whole, &actions), Ok(()));
    let unheard = walk(Settling::WithoutEvents, &actions);
    assert_eq!(unheard.unwrap_err(), "a gateway shows what is not there");
}

#[test]
fn every_seeded_fault_is_found() {
    let back = Kind { goes_back: Some(Settling::Whole), ..OF_ITS_OWN };
    let worlds = [(back, 3), (OF_ITS_OWN, 5), (OF_OTHERS, 5)];
    for (name, fault) in faults::ALL {
        let found =
            worlds.into_iter().find_map(|(kind, depth)| explore(fault, kind, depth, 1).violations.pop());
        let (what, way) = found.unwrap_or_else(|| panic!("{name} was not found"));
        println!("{name}: {what}, after {way:?}");
    }
}

#[test]
fn a_store_that_lets_an_agent_hold_two_tasks_is_found() {
    for kind in [OF_ITS_OWN, OF_OTHERS] {
        let kind = Kind { lags: true, fenced: false, ..kind };
        let (what, way) = explore(decide, kind, 4, 1).violations.remove(0);
        println!("no fence in the store: {what}, after {way:?}");
        assert_eq!(what, "an agent was granted a second task");
    }
}
