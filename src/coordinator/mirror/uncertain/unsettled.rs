//! Tasks whose board differs from what we wrote, where it cannot be said yet whether a person did that.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use crate::model::{StoreMillis, Workspace};

/// Tasks to look at again, each with the moment from which on that is worth it.
#[derive(Default)]
pub(in crate::coordinator) struct UnsettledTasks(Mutex<BTreeMap<(Workspace, String), StoreMillis>>);

impl UnsettledTasks {
    /// Has a task looked at again from that moment on, or from an earlier one that was asked for.
    pub(in crate::coordinator) fn add(&self, workspace: &Workspace, task_id: &str, from: StoreMillis) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tasks.entry((workspace.clone(), task_id.to_owned())).or_insert(from);
        *known = from.min(*known);
    }

    /// Those that are due.
    pub(in crate::coordinator) fn take(&self, now: StoreMillis) -> BTreeMap<Workspace, BTreeSet<String>> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        tasks.retain(|(workspace, task_id), from| {
            let is_due = *from <= now;
            if is_due {
                due.entry(workspace.clone()).or_default().insert(task_id.clone());
            }
            !is_due
        });
        due
    }
}
