//! The index of tasks that can be granted. Tasks of one class that share the same of the agents' words form a group; a
//! choice looks at the groups and takes from the front of the best, so it does not grow with the number of tasks.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashSet},
    ops::Bound,
    sync::Arc,
};

use super::{
    order::{class, rises_at},
    place::{ReadyPlace, TaskPlace},
};
use crate::model::{Task, UnixMillis};

type Group = (u8, Box<[u32]>);

/// Where a task stands in the index.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    group: Group,
    place: ReadyPlace,
    rises_at: Option<UnixMillis>,
}

/// The places of a group, of which those that calls are about to get are apart: nobody has to pass over them.
#[derive(Default)]
struct Places {
    free: BTreeSet<ReadyPlace>,
    reserved: BTreeSet<ReadyPlace>,
}

#[derive(Default)]
pub(super) struct ReadyIndex {
    groups: BTreeMap<Group, Places>,
    rising: BTreeSet<(UnixMillis, Arc<str>)>,
}

impl Spot {
    /// The task's class.
    pub(super) fn class(&self) -> u8 {
        self.group.0
    }

    /// How many of these words it has.
    pub(super) fn matches(&self, words: &HashSet<u32>) -> usize {
        self.group.1.iter().filter(|term| words.contains(term)).count()
    }

    /// Its place in its group.
    pub(super) const fn place(&self) -> &ReadyPlace {
        &self.place
    }
}

impl ReadyIndex {
    /// Adds a task; `terms` are its words that some agent knows. It is free, or a call is about to get it.
    pub(super) fn insert(
        &mut self,
        task: &Task,
        id: &Arc<str>,
        (terms, unblocks, is_reserved): (Box<[u32]>, u32, bool),
        now: UnixMillis,
    ) -> Spot {
        let class = class(task.priority, task.created_at, now);
        let (terms, unblocks) = if class == 0 { (Box::default(), 0) } else { (terms, unblocks) };
        let spot = Spot {
            group: (class, terms),
            place: (Reverse(unblocks), task.created_at, Arc::clone(id)),
            rises_at: rises_at(task.priority, task.created_at, now),
        };
        let group = self.groups.entry(spot.group.clone()).or_default();
        let places = if is_reserved { &mut group.reserved } else { &mut group.free };
        places.insert(spot.place.clone());
        self.rising.extend(spot.rises_at.map(|at| (at, Arc::clone(id))));
        spot
    }

    pub(super) fn remove(&mut self, spot: &Spot) {
        if let Some(group) = self.groups.get_mut(&spot.group) {
            let _ = group.free.remove(&spot.place) || group.reserved.remove(&spot.place);
            if group.free.is_empty() && group.reserved.is_empty() {
                self.groups.remove(&spot.group);
            }
        }
        if let Some(at) = spot.rises_at {
            self.rising.remove(&(at, Arc::clone(&spot.place.2)));
        }
    }

    /// A call is about to get the task.
    pub(super) fn reserve(&mut self, spot: &Spot) {
        if let Some(group) = self.groups.get_mut(&spot.group) {
            group.reserved.extend(group.free.take(&spot.place));
        }
    }

    /// None is any more.
    pub(super) fn unreserve(&mut self, spot: &Spot) {
        if let Some(group) = self.groups.get_mut(&spot.group) {
            group.free.extend(group.reserved.take(&spot.place));
        }
    }

    /// A task whose class has changed by `now`.
    pub(super) fn risen(&self, now: UnixMillis) -> Option<Arc<str>> {
        self.rising.first().filter(|(at, _)| *at <= now).map(|(_, id)| Arc::clone(id))
    }

    /// The groups: their class, the words their tasks share, their tasks. Of one group there may be two parts.
    pub(super) fn groups(&self) -> impl Iterator<Item = (u8, &[u32], &BTreeSet<ReadyPlace>)> {
        let parts = self
            .groups
            .iter()
            .flat_map(|(group, Places { free, reserved })| [(group, free), (group, reserved)]);
        parts.map(|((class, terms), places)| (*class, &**terms, places))
    }

    /// Free tasks in the order an agent with these words should have them. Among tasks that differ in age alone, those of that
    /// age and younger come before the others, if it is given.
    pub(super) fn best<'a>(
        &'a self,
        words: &HashSet<u32>,
        from: Option<&'a TaskPlace>,
    ) -> impl Iterator<Item = &'a Arc<str>> + use<'a> {
        self.in_order(|places| &places.free, words, from)
    }

    /// Tasks that calls are about to get, in the same order.
    pub(super) fn reserved<'a>(
        &'a self,
        words: &HashSet<u32>,
    ) -> impl Iterator<Item = &'a Arc<str>> + use<'a> {
        self.in_order(|places| &places.reserved, words, None)
    }

    fn in_order<'a>(
        &'a self,
        part: fn(&Places) -> &BTreeSet<ReadyPlace>,
        words: &HashSet<u32>,
        from: Option<&'a TaskPlace>,
    ) -> impl Iterator<Item = &'a Arc<str>> + use<'a> {
        let mut classes: BTreeMap<(u8, Reverse<usize>), Vec<&BTreeSet<ReadyPlace>>> = BTreeMap::new();
        for ((class, terms), places) in &self.groups {
            let matches = terms.iter().filter(|term| words.contains(term)).count();
            classes.entry((*class, Reverse(matches))).or_default().push(part(places));
        }
        classes.into_values().flat_map(move |groups| merged(groups, from))
    }
}

/// The places of several groups as one sequence.
fn merged<'a>(
    groups: Vec<&'a BTreeSet<ReadyPlace>>,
    from: Option<&'a TaskPlace>,
) -> impl Iterator<Item = &'a Arc<str>> {
    let is_behind =
        move |place: &ReadyPlace| from.is_some_and(|from| (place.1, &place.2) < (from.created_at, &from.id));
    let key = move |place: &'a ReadyPlace| (place.0, is_behind(place), place.1, &place.2);
    let mut fronts = BTreeMap::new();
    for group in groups {
        let mut places = in_turn(group, from);
        if let Some(first) = places.next() {
            fronts.insert(key(first), places);
        }
    }
    std::iter::from_fn(move || {
        let ((.., id), mut rest) = fronts.pop_first()?;
        if let Some(next) = rest.next() {
            fronts.insert(key(next), rest);
        }
        Some(id)
    })
}

/// The places of a group in their order; of those for which as many tasks wait, first those from that age on.
fn in_turn<'a>(
    group: &'a BTreeSet<ReadyPlace>,
    from: Option<&'a TaskPlace>,
) -> Box<dyn Iterator<Item = &'a ReadyPlace> + 'a> {
    let Some(from) = from else { return Box::new(group.iter()) };
    let mut waiting = group.first().map(|place| place.0);
    let runs = std::iter::from_fn(move || {
        let Reverse(count) = waiting?;
        let start = |count| (Reverse(count), UnixMillis(i64::MIN), Arc::from(""));
        let turn = (Reverse(count), from.created_at, Arc::clone(&from.id));
        let end = count.checked_sub(1).map_or(Bound::Unbounded, |next| Bound::Excluded(start(next)));
        let rest = count.checked_sub(1).and_then(|next| group.range(start(next)..).next());
        waiting = rest.map(|place| place.0);
        let first = group.range((Bound::Included(turn.clone()), end));
        Some(first.chain(group.range(start(count)..turn)))
    });
    Box::new(runs.flatten())
}
