//! Which board a workspace works on: the only file besides a provider's own folder that names one.

use std::sync::Arc;

use crate::{
    boards::{Boards, LocalBoard, sample_tasks},
    clock::Clock,
    model::{Effects, UnixMillis, Workspace},
    stores::{StoreError, TaskStore},
};

/// The boards of all workspaces, as `KANBAN_PROVIDER` says: the built-in one.
pub(super) fn open_boards(store: Arc<dyn TaskStore>, clock: Arc<dyn Clock>) -> Boards {
    Boards::new(move |workspace| {
        Arc::new(LocalBoard::new(workspace.clone(), Arc::clone(&store), Arc::clone(&clock)))
    })
}

/// Fills a built-in board that is new with the sample; says whether it did.
pub(super) async fn fill_new_board(store: &dyn TaskStore, now: UnixMillis) -> Result<bool, StoreError> {
    store.seed_board(&Workspace::default(), sample_tasks(now), Effects::default()).await
}
