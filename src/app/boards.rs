//! Which board a workspace works on: the only file besides a provider's own folder that names one.

use std::sync::Arc;

use crate::{
    boards::{Boards, LocalBoard, sample_tasks},
    clock::Clock,
    config::BoardProvider,
    model::{Effects, UnixMillis, Workspace},
    stores::{StoreError, TaskStore},
};

/// The boards of all workspaces, as `KANBAN_PROVIDER` says.
pub(super) fn open_boards(
    provider: BoardProvider,
    store: Arc<dyn TaskStore>,
    clock: Arc<dyn Clock>,
) -> Boards {
    match provider {
        BoardProvider::Local(_) => Boards::new(move |workspace| {
            Arc::new(LocalBoard::new(workspace.clone(), Arc::clone(&store), Arc::clone(&clock)))
        }),
    }
}

/// Fills a board of ours that is new with the sample, if that is wanted; says whether it did.
pub(super) async fn fill_new_board(
    provider: BoardProvider,
    store: &dyn TaskStore,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    match provider {
        BoardProvider::Local(local) if local.sample => {
            store.seed_board(&Workspace::default(), sample_tasks(now), Effects::default()).await
        }
        BoardProvider::Local(_) => Ok(false),
    }
}
