//! Which board a workspace works on.

use std::sync::Arc;

use dashmap::DashMap;

use super::{Board, SharedPictures, shared::SharedBoard, traced::TracedBoard};
use crate::{model::Workspace, telemetry::traces};

type Open = dyn Fn(&Workspace) -> Arc<dyn Board> + Send + Sync;

/// The board of each workspace, opened when it is first asked for.
pub struct Boards {
    open: Box<Open>,
    opened: DashMap<Workspace, Arc<dyn Board>>,
    shared: Option<Arc<SharedPictures>>,
}

impl Boards {
    /// Boards that `open` makes, once for each workspace. It connects to nothing.
    pub fn new(open: impl Fn(&Workspace) -> Arc<dyn Board> + Send + Sync + 'static) -> Self {
        Self { open: Box::new(open), opened: DashMap::new(), shared: None }
    }

    /// The same boards, of which those elsewhere are read once for all processes that share these pictures.
    pub fn shared(self, pictures: Option<SharedPictures>) -> Self {
        Self { shared: pictures.map(Arc::new), ..self }
    }

    /// The board of that workspace.
    pub fn of(&self, workspace: &Workspace) -> Arc<dyn Board> {
        if let Some(board) = self.opened.get(workspace) {
            return Arc::clone(&board);
        }
        let open = || {
            let board = (self.open)(workspace);
            let board = if traces::is_on() { Arc::new(TracedBoard(board)) } else { board };
            match &self.shared {
                Some(shared) if board.describe().is_remote() => {
                    Arc::new(SharedBoard::new(board, workspace.clone(), Arc::clone(shared)))
                }
                _ => board,
            }
        };
        Arc::clone(&self.opened.entry(workspace.clone()).or_insert_with(open))
    }
}
