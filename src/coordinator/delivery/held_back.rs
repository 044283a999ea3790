//! Until when each board is left alone that does not take what it is owed, for whoever asks.

use std::sync::Arc;

use dashmap::DashMap;

use crate::model::{StoreMillis, Workspace};

/// Boards that are left alone, as the deliverer of this process knows them. Cloning shares.
#[derive(Clone, Default)]
pub struct HeldBack(Arc<DashMap<Workspace, StoreMillis>>);

impl HeldBack {
    /// Nothing is written to that board before that moment.
    pub(super) fn note(&self, workspace: &Workspace, not_before: StoreMillis) {
        self.0.insert(workspace.clone(), not_before);
    }

    /// When the board is written to again that is left alone at that moment.
    pub(in crate::coordinator) fn until(
        &self,
        workspace: &Workspace,
        now: StoreMillis,
    ) -> Option<StoreMillis> {
        self.0.get(workspace).map(|until| *until).filter(|until| now < *until)
    }
}
