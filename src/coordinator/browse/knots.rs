//! Tasks that stand in the way: those that wait for each other, those that wait for what nobody knows, and those whose board refuses
//! what was decided. They are looked for once for each change of that, at most once a second, and apart from the picture's lock.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use super::{Slices, cycles::cycles};
use crate::{
    coordinator::mirror::TaskCard,
    model::{StoreMillis, Workspace},
};

/// For how long what was found is good although something has changed. A page that is rung for each second sees every change.
const KEPT_MILLIS: i64 = 900;
/// Keys that each list of [`Knots`] names at most.
const MOST_NAMED: usize = 100;

/// A task of which the board does not take a change.
#[derive(Clone, Debug)]
pub struct RejectedWrite {
    /// The task's key.
    pub key: String,
    /// The board's reason.
    pub reason: String,
}

/// Open tasks that can never start, those whose dependencies are not all known, and those whose board refuses what was decided.
#[derive(Clone, Debug, Default)]
pub struct Knots {
    /// Groups of open tasks that wait for each other, as keys, 100 in all at most.
    pub cycles: Vec<Vec<String>>,
    /// How many such groups there are.
    pub groups: usize,
    /// How many tasks are in them.
    pub in_cycles: usize,
    /// Keys of open tasks that depend on a task the board does not know, 100 at most.
    pub unknown: Vec<String>,
    /// How many there are.
    pub with_unknown: usize,
    /// Tasks of which the board does not take a change, 100 at most.
    pub rejected: Vec<RejectedWrite>,
    /// How many there are.
    pub with_rejected: usize,
}

/// What was found last in a workspace.
#[derive(Default)]
pub(in crate::coordinator) struct KeptKnots(Mutex<HashMap<Workspace, KnotsFound>>);

struct KnotsFound {
    knots: Arc<Knots>,
    changed: u64,
    at: StoreMillis,
}

impl KeptKnots {
    /// What was found, if nothing has changed since or not much time has passed.
    pub(in crate::coordinator) fn good(
        &self,
        workspace: &Workspace,
        changed: u64,
        now: StoreMillis,
    ) -> Option<Arc<Knots>> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = found.get(workspace)?;
        let is_good = found.changed == changed || now.since(found.at) < KEPT_MILLIS;
        is_good.then(|| Arc::clone(&found.knots))
    }

    /// Looks for them, unless somebody has just done so. Of a walk that nobody waited for nothing is kept: it saw a part.
    pub(in crate::coordinator) fn look(
        &self,
        slices: Slices,
        workspace: &Workspace,
        changed: u64,
        now: StoreMillis,
    ) -> Arc<Knots> {
        if let Some(knots) = self.good(workspace, changed, now) {
            return knots;
        }
        let gone = slices.gone();
        let knots = Arc::new(knots(slices));
        if !gone.load(Ordering::Relaxed) {
            let found = KnotsFound { knots: Arc::clone(&knots), changed, at: now };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace.clone(), found);
        }
        knots
    }
}

/// Looks at every task for those that can never start, and those with a dependency nobody knows.
pub(in crate::coordinator) fn knots(slices: Slices) -> Knots {
    let (mut rejected, mut with_rejected) = (Vec::new(), 0);
    let mut taken = |card: TaskCard| {
        with_rejected += usize::from(card.rejected().is_some());
        if let Some(reason) = card.rejected().filter(|_| rejected.len() < MOST_NAMED) {
            rejected.push(RejectedWrite { key: card.task.key.clone(), reason: reason.to_owned() });
        }
        (!card.status.is_closed(), card.task)
    };
    let tasks: Vec<_> = slices.flatten().map(&mut taken).collect();
    let numbers: HashMap<&str, u32> =
        tasks.iter().zip(0..).map(|((_, task), number)| (task.id.as_str(), number)).collect();
    let mut waits_for = vec![Vec::new(); tasks.len()];
    let mut unknown = Vec::new();
    for (number, (_, task)) in tasks.iter().enumerate().filter(|(_, (is_open, _))| *is_open) {
        let known = task.dependencies.iter().filter_map(|id| numbers.get(id.as_str()).copied());
        let known: Vec<_> = known.collect();
        if known.len() < task.dependencies.len() {
            unknown.push(task.key.clone());
        }
        waits_for[number] = known.into_iter().filter(|other| tasks[*other as usize].0).collect();
    }
    let key = |number: u32| tasks[number as usize].1.key.clone();
    let mut groups: Vec<Vec<_>> =
        cycles(&waits_for).into_iter().map(|group| group.into_iter().map(key).collect()).collect();
    for group in &mut groups {
        group.sort_unstable();
    }
    groups.sort_unstable();
    unknown.sort_unstable();
    let all_groups = groups.len();
    let (in_cycles, with_unknown) = (groups.iter().map(Vec::len).sum(), unknown.len());
    let mut left = MOST_NAMED;
    for group in &mut groups {
        group.truncate(left);
        left -= group.len();
    }
    groups.retain(|group| !group.is_empty());
    unknown.truncate(MOST_NAMED);
    Knots { cycles: groups, groups: all_groups, in_cycles, unknown, with_unknown, rejected, with_rejected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        coordinator::browse::tests::{mirror_of, task},
        model::{Moment, Task},
    };

    fn found(tasks: Vec<Task>) -> Knots {
        knots(Slices::new(mirror_of(tasks), Moment::default()))
    }

    #[test]
    fn what_stands_in_the_way_is_named_and_counted_even_where_it_is_too_much_to_name() {
        let on =
            |number: i64, dependency: i64| Task { dependencies: vec![task(dependency).id], ..task(number) };
        let few = found(vec![on(1, 2), on(2, 1), on(3, 99), task(4), on(5, 4)]);
        assert_eq!(
            (few.cycles, few.in_cycles, few.groups),
            (vec![vec![String::from("T-1"), String::from("T-2")]], 2, 1)
        );
        assert_eq!((few.unknown, few.with_unknown), (vec![String::from("T-3")], 1));
        let ring = (0..20_000).map(|number| on(number, (number + 1) % 20_000));
        let many = found(ring.chain((20_000..25_000).map(|number| on(number, 99_999))).collect());
        assert_eq!((many.cycles.len(), many.cycles[0].len(), many.in_cycles), (1, MOST_NAMED, 20_000));
        assert_eq!((many.unknown.len(), many.with_unknown), (MOST_NAMED, 5_000));
    }
}
