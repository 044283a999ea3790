//! What is looked at once, as soon as the board was read: which board the records are of, and whether the board tells of claims that
//! no record tells of.

use std::{sync::Arc, time::Duration};

use crate::{
    coordinator::{Coordinator, CoordinatorError},
    model::{Causes, Workspace, doubled_millis},
    stores::BoardIdentityStore,
};

/// The wait after a first failure, which doubles with each further one, and the longest.
const FIRST_WAIT_MILLIS: i64 = 1_000;
const MOST_WAIT_MILLIS: i64 = 60_000;
/// Failures from one line of the log about them to the next.
const TELL_EVERY: u32 = 10;
/// Between two looks at whether the board was read.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) struct FirstLook {
    pub(super) coordinator: Arc<Coordinator>,
    pub(super) identities: Arc<dyn BoardIdentityStore>,
}

impl FirstLook {
    /// Tries until it is done, then does nothing until it is dropped.
    pub(super) async fn run(self) {
        let (workspace, mut failures) = (Workspace::default(), 0);
        while !self.coordinator.has_read(&workspace) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        while let Err(error) = self.look(&workspace).await {
            if failures % TELL_EVERY == 0 {
                tracing::warn!(
                    error = %Causes(&error),
                    "it is not known yet whether the board is the one the records are of, and what it tells of claims"
                );
            }
            let wait = doubled_millis(FIRST_WAIT_MILLIS, failures, MOST_WAIT_MILLIS);
            tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
            failures += 1;
        }
        std::future::pending::<()>().await;
    }

    async fn look(&self, workspace: &Workspace) -> Result<(), CoordinatorError> {
        self.coordinator.keep_board_identity(&*self.identities, workspace).await?;
        self.coordinator.recover_claims(workspace).await
    }
}
