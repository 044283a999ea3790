//! Tasks whose board differs from what we wrote, where it cannot be said yet whether a person did that.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use crate::model::Workspace;

/// Tasks to look at again.
#[derive(Default)]
pub(in crate::coordinator) struct UnsettledTasks(Mutex<BTreeMap<Workspace, BTreeSet<String>>>);

impl UnsettledTasks {
    pub(in crate::coordinator) fn add(&self, workspace: &Workspace, task_id: &str) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.entry(workspace.clone()).or_default().insert(task_id.to_owned());
    }

    pub(in crate::coordinator) fn take(&self) -> BTreeMap<Workspace, BTreeSet<String>> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
