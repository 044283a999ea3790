//! How the project stands.

use std::sync::Arc;

use crate::coordinator::{
    Coordinator, CoordinatorError,
    browse::{Knots, Slices, knots},
    mirror::Standing,
};
use crate::{
    boards::BoardDescription,
    model::{Principal, UnixMillis, Workspace},
};

/// What the board is owed.
#[derive(Clone, Copy, Debug, Default)]
pub struct BoardSync {
    /// Writes not delivered yet.
    pub pending: u64,
    /// When the oldest pending write was decided.
    pub oldest: Option<UnixMillis>,
    /// When the board is written to again, which takes nothing just now.
    pub held_back_until: Option<UnixMillis>,
}

/// A board, and how old the picture of it is.
#[derive(Clone, Debug)]
pub struct BoardState {
    /// The board.
    pub about: BoardDescription,
    /// Whole seconds since it was last read; `None`: it never was.
    pub refreshed_seconds_ago: Option<u64>,
}

/// Counts of a workspace.
#[derive(Clone, Debug)]
pub struct ProjectStatus {
    /// Tasks, cancelled ones left out.
    pub total_tasks: usize,
    /// Done.
    pub completed: usize,
    /// Held by an agent or a person.
    pub in_progress: usize,
    /// Blocked or parked.
    pub blocked: usize,
    /// Registered agents.
    pub agents: usize,
    /// Agents that hold a task.
    pub active_agents: usize,
    /// The board.
    pub board: BoardState,
    /// What the board is owed.
    pub sync: BoardSync,
    /// What stands in the way.
    pub knots: Knots,
}

impl ProjectStatus {
    /// Done of all, in percent with one decimal; 0 for an empty board.
    pub fn completion_percentage(&self) -> f64 {
        if self.total_tasks == 0 {
            return 0.0;
        }
        (self.completed as f64 * 1000.0 / self.total_tasks as f64).round() / 10.0
    }
}

impl Coordinator {
    /// Counts tasks and agents, and looks for what stands in the way.
    pub async fn project_status(&self, principal: &Principal) -> Result<ProjectStatus, CoordinatorError> {
        let mirror = self.mirrors.of(&principal.workspace).await?;
        let sync = self.board_sync(&principal.workspace).await?;
        let now = self.now();
        let knots = self.knots.run(Slices::new(Arc::clone(&mirror), now), knots).await?;
        let (counts, agents) = mirror.with(|picture| (picture.counts(now), picture.agent_count()));
        Ok(ProjectStatus {
            total_tasks: counts.total() - counts.of(Standing::Cancelled),
            completed: counts.of(Standing::Done),
            in_progress: counts.of(Standing::Held) + counts.of(Standing::WithPerson),
            blocked: counts.of(Standing::Blocked),
            agents,
            // An agent holds one task at a time.
            active_agents: counts.of(Standing::Held).min(agents),
            board: self.board_state(&principal.workspace),
            sync,
            knots,
        })
    }

    /// What the board of a workspace is owed.
    pub async fn board_sync(&self, workspace: &Workspace) -> Result<BoardSync, CoordinatorError> {
        let backlog = self.parts.outbox.backlog(workspace).await?;
        let now = self.now();
        let until = self.held_back.until(workspace, now.store).filter(|_| backlog.pending > 0);
        Ok(BoardSync {
            pending: backlog.pending,
            oldest: backlog.oldest,
            held_back_until: until.map(|until| now.wall.plus(until.since(now.store))),
        })
    }

    /// Whether the board of a workspace was read and, if somebody else keeps it, has not failed since.
    pub fn board_answers(&self, workspace: &Workspace) -> bool {
        match self.mirrors.known(workspace) {
            Some(mirror) => !mirror.is_out_of_reach(),
            None => !self.parts.boards.of(workspace).describe().is_remote(),
        }
    }

    /// How many agents are registered in a workspace, once its board was read.
    pub fn agent_count(&self, workspace: &Workspace) -> Option<usize> {
        Some(self.mirrors.known(workspace)?.with(|picture| picture.agent_count()))
    }

    /// The board of a workspace, and how old the picture of it is.
    pub fn board_state(&self, workspace: &Workspace) -> BoardState {
        let mirror = self.mirrors.known(workspace);
        let age =
            mirror.map(|mirror| self.now().store.since(mirror.refreshed_at()).max(0).unsigned_abs() / 1000);
        BoardState { about: self.parts.boards.of(workspace).describe(), refreshed_seconds_ago: age }
    }
}
