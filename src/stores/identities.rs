//! Which board the records of a workspace are of, so that those of another board are not taken for its own.

use async_trait::async_trait;

use super::StoreError;
use crate::model::Workspace;

/// The identities of boards.
#[async_trait]
pub trait BoardIdentityStore: Send + Sync {
    /// The identity of the board that the workspace's records are of; `None` as long as nobody kept one.
    async fn board_identity(&self, workspace: &Workspace) -> Result<Option<String>, StoreError>;

    /// Keeps `identity` in the place of `before`, if that is what is kept; says whether.
    async fn keep_board_identity(
        &self,
        workspace: &Workspace,
        before: Option<&str>,
        identity: &str,
    ) -> Result<bool, StoreError>;
}
