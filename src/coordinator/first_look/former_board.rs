//! Records of another board: when the workspace's board is not the one they are of, what is held there is held no longer.

use crate::{
    boards::answer_in_time,
    coordinator::{Coordinator, CoordinatorError},
    model::{ClaimState, Workspace},
    stores::BoardIdentityStore,
};

/// Tries while other processes keep other identities.
const ATTEMPTS: usize = 8;

impl Coordinator {
    /// Keeps which board the records are of. If they were of another, live claims on tasks that this one does not have end first, so
    /// that a process that dies in between leaves it to the next start. A board that does not say which it is changes nothing.
    pub async fn keep_board_identity(
        &self,
        identities: &dyn BoardIdentityStore,
        workspace: &Workspace,
    ) -> Result<(), CoordinatorError> {
        let board = self.parts.boards.of(workspace);
        let identity = answer_in_time(&*board, board.identity()).await;
        let identity =
            identity.map_err(|error| CoordinatorError::of_board(&*board, error, self.now().wall))?;
        for _ in 0..ATTEMPTS {
            let former = identities.board_identity(workspace).await?;
            if former.as_ref() == Some(&identity) {
                return Ok(());
            }
            if former.is_some() {
                self.end_claims_elsewhere(workspace).await?;
            }
            if identities.keep_board_identity(workspace, former.as_deref(), &identity).await? {
                if let Some(former) = former {
                    tracing::warn!(
                        former,
                        board = identity,
                        "the board is another than before: what agents held on the former one has ended"
                    );
                }
                return Ok(());
            }
        }
        Err(CoordinatorError::Contended)
    }

    /// Whether the board of that workspace was read by now.
    pub fn has_read(&self, workspace: &Workspace) -> bool {
        self.mirrors.filled().iter().any(|(read, _)| read == workspace)
    }

    async fn end_claims_elsewhere(&self, workspace: &Workspace) -> Result<(), CoordinatorError> {
        let claims = self.parts.claims.claims(workspace, None).await?;
        let live = claims.into_iter().filter(|claim| claim.state == ClaimState::Live);
        let held: Vec<_> = live.map(|claim| claim.task_id).collect();
        if held.is_empty() {
            return Ok(());
        }
        let mirror = self.mirrors.entry(workspace);
        let reading = self.mirrors.reread_tasks(workspace, &mirror, held).await?;
        self.reconcile(workspace, &mirror, reading).await
    }
}
