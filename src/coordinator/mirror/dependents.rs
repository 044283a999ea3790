//! Who waits for whom. Open ones are counted along, because a walk for each change would be one of all for each of all.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// For each task, known or not, those that name it as a dependency.
#[derive(Default)]
pub(super) struct DependentsIndex(HashMap<Arc<str>, Dependents>);

#[derive(Default)]
struct Dependents {
    tasks: HashSet<Arc<str>>,
    /// How many of them are open.
    open: u32,
}

impl DependentsIndex {
    /// A task names these dependencies.
    pub(super) fn tie(&mut self, id: &Arc<str>, dependencies: &[String], is_open: bool) {
        for dependency in dependencies {
            let dependents = self.0.entry(dependency.as_str().into()).or_default();
            if dependents.tasks.insert(Arc::clone(id)) {
                dependents.open += u32::from(is_open);
            }
        }
    }

    /// It names them no more.
    pub(super) fn untie(&mut self, id: &Arc<str>, dependencies: &[String], is_open: bool) {
        for dependency in dependencies {
            let Some(dependents) = self.0.get_mut(dependency.as_str()) else { continue };
            if dependents.tasks.remove(id) {
                dependents.open -= u32::from(is_open);
            }
            if dependents.tasks.is_empty() {
                self.0.remove(dependency.as_str());
            }
        }
    }

    /// A task that names these has opened, or closed.
    pub(super) fn turned(&mut self, dependencies: &[String], is_open: bool) {
        for dependency in dependencies {
            if let Some(dependents) = self.0.get_mut(dependency.as_str()) {
                dependents.open =
                    if is_open { dependents.open + 1 } else { dependents.open.saturating_sub(1) };
            }
        }
    }

    /// How many open tasks wait for that one.
    pub(super) fn open(&self, id: &str) -> u32 {
        self.0.get(id).map_or(0, |dependents| dependents.open)
    }

    /// Some of those that name it.
    pub(super) fn some_of(&self, id: &str, most: usize) -> impl Iterator<Item = &Arc<str>> {
        self.0.get(id).into_iter().flat_map(|dependents| &dependents.tasks).take(most)
    }

    /// All that name it.
    pub(super) fn of(&self, id: &str) -> Vec<Arc<str>> {
        self.0.get(id).map(|dependents| dependents.tasks.iter().cloned().collect()).unwrap_or_default()
    }

    /// Whether nobody waits for anything.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
