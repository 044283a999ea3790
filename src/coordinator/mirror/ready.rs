//! The index of tasks that can be granted. Tasks of one class that share the same of the agents' words form a group; a
//! choice looks at the groups and takes from the front of the best, so it does not grow with the number of tasks.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use super::order::{class, rises_at};
use crate::model::{Task, UnixMillis};

type Place = (Reverse<u32>, UnixMillis, Arc<str>);
type Group = (u8, Box<[u32]>);

/// Where a task stands in the index.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    group: Group,
    place: Place,
    rises_at: Option<UnixMillis>,
}

#[derive(Default)]
pub(super) struct Ready {
    groups: BTreeMap<Group, BTreeSet<Place>>,
    rising: BTreeSet<(UnixMillis, Arc<str>)>,
}

impl Ready {
    /// Adds a task; `terms` are its words that some agent knows.
    pub(super) fn insert(
        &mut self,
        task: &Task,
        id: &Arc<str>,
        (terms, unblocks): (Box<[u32]>, u32),
        now: UnixMillis,
    ) -> Spot {
        let class = class(task.priority, task.created_at, now);
        let (terms, unblocks) = if class == 0 { (Box::default(), 0) } else { (terms, unblocks) };
        let spot = Spot {
            group: (class, terms),
            place: (Reverse(unblocks), task.created_at, Arc::clone(id)),
            rises_at: rises_at(task.priority, task.created_at, now),
        };
        self.groups.entry(spot.group.clone()).or_default().insert(spot.place.clone());
        self.rising.extend(spot.rises_at.map(|at| (at, Arc::clone(id))));
        spot
    }

    pub(super) fn remove(&mut self, spot: &Spot) {
        if let Some(group) = self.groups.get_mut(&spot.group) {
            group.remove(&spot.place);
            if group.is_empty() {
                self.groups.remove(&spot.group);
            }
        }
        if let Some(at) = spot.rises_at {
            self.rising.remove(&(at, Arc::clone(&spot.place.2)));
        }
    }

    /// A task whose class has changed by `now`.
    pub(super) fn risen(&self, now: UnixMillis) -> Option<Arc<str>> {
        self.rising.first().filter(|(at, _)| *at <= now).map(|(_, id)| Arc::clone(id))
    }

    /// Tasks in the order an agent with these words should have them, each with how many of the words it matches.
    pub(super) fn best<'a>(&'a self, words: &'a HashSet<u32>) -> impl Iterator<Item = &'a Arc<str>> {
        let mut classes: BTreeMap<(u8, Reverse<usize>), Vec<&BTreeSet<Place>>> = BTreeMap::new();
        for ((class, terms), places) in &self.groups {
            let matches = terms.iter().filter(|term| words.contains(term)).count();
            classes.entry((*class, Reverse(matches))).or_default().push(places);
        }
        classes.into_values().flat_map(merged)
    }
}

/// The places of several sorted groups as one sorted sequence.
fn merged<'a>(groups: Vec<&'a BTreeSet<Place>>) -> impl Iterator<Item = &'a Arc<str>> {
    let mut fronts: BTreeMap<&'a Place, std::collections::btree_set::Iter<'a, Place>> = BTreeMap::new();
    for group in groups {
        let mut places = group.iter();
        if let Some(first) = places.next() {
            fronts.insert(first, places);
        }
    }
    std::iter::from_fn(move || {
        let (place, mut rest) = fronts.pop_first()?;
        if let Some(next) = rest.next() {
            fronts.insert(next, rest);
        }
        Some(&place.2)
    })
}
