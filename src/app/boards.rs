//! Which board a workspace works on: the only file besides a provider's own folder that names one.

use std::sync::Arc;

use crate::{
    boards::{Boards, GithubBoard, LinearBoard, LocalBoard, PlankaBoard, SharedPictures, sample_tasks},
    clock::Clock,
    config::{BoardProvider, BoardSettings, Settings},
    github::{Credential, Github},
    model::{Effects, UnixMillis, Workspace},
    net::HttpClient,
    secrets::MarkKey,
    stores::{Store, StoreError, TaskStore},
    telemetry::metrics::Upstream,
};

/// The boards of all workspaces, as `KANBAN_PROVIDER` says. `client`: the way out; `credential`: the workspace's own at GitHub;
/// `mark_key`: what is written elsewhere of claims is signed with it.
pub(super) fn open_boards(
    settings: &BoardSettings,
    store: Arc<dyn TaskStore>,
    (client, github, credential): (&HttpClient, &Github, Option<Credential>),
    (clock, mark_key): (Arc<dyn Clock>, MarkKey),
) -> Boards {
    match (&settings.provider, credential) {
        (BoardProvider::Github(board), Some(credential)) => {
            let (github, board, names) = (github.clone(), board.clone(), settings.statuses.clone());
            Boards::new(move |_| {
                let (github, credential, names) = (github.clone(), credential.clone(), names.clone());
                let marks = (Arc::clone(&clock), mark_key.clone());
                Arc::new(GithubBoard::new(github, credential, &board, names, marks))
            })
        }
        (BoardProvider::Linear(board), _) => {
            let (client, board, names) =
                (client.to(Upstream::Linear), board.clone(), settings.statuses.clone());
            Boards::new(move |_| {
                let marks = (Arc::clone(&clock), mark_key.clone());
                Arc::new(LinearBoard::new(client.clone(), &board, names.clone(), marks))
            })
        }
        (BoardProvider::Planka(board), _) => {
            let (client, board, names) =
                (client.to(Upstream::Planka), board.clone(), settings.statuses.clone());
            Boards::new(move |_| {
                let marks = (Arc::clone(&clock), mark_key.clone());
                Arc::new(PlankaBoard::new(client.clone(), board.clone(), names.clone(), marks))
            })
        }
        // Settings of a board at GitHub without a credential are a fault: nothing starts with them.
        (BoardProvider::Github(_) | BoardProvider::Local(_), _) => {
            let local = move |workspace: &Workspace| {
                LocalBoard::new(workspace.clone(), Arc::clone(&store), Arc::clone(&clock))
            };
            Boards::new(move |workspace| Arc::new(local(workspace)))
        }
    }
}

/// Where gateways on several machines keep what one of them has read of a board elsewhere; nothing where there is but one machine.
pub(super) fn shared_pictures(
    settings: &Settings,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
    instance: &str,
) -> Option<SharedPictures> {
    Some(SharedPictures {
        pictures: Arc::clone(store).pictures()?,
        followers: store.clone(),
        clock: Arc::clone(clock),
        instance: instance.to_owned(),
        refresh_millis: settings.board.refresh_millis,
    })
}

/// Fills a board of ours that is new with the sample, if that is wanted; says whether it did.
pub(super) async fn fill_new_board(
    provider: &BoardProvider,
    store: &dyn TaskStore,
    now: UnixMillis,
) -> Result<bool, StoreError> {
    match provider {
        BoardProvider::Local(local) if local.sample => {
            store.seed_board(&Workspace::default(), sample_tasks(now), Effects::default()).await
        }
        BoardProvider::Local(_)
        | BoardProvider::Github(_)
        | BoardProvider::Linear(_)
        | BoardProvider::Planka(_) => Ok(false),
    }
}
