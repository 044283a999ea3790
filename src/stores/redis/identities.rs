//! Which board the records of a workspace are of.

use async_trait::async_trait;

use super::{RedisStore, change::Change};
use crate::{
    model::{Effects, Workspace},
    stores::{BoardIdentityStore, StoreError},
};

/// Facts of a workspace.
const FACTS: &str = "facts";
const BOARD: &str = "board";

#[async_trait]
impl BoardIdentityStore for RedisStore {
    async fn board_identity(&self, workspace: &Workspace) -> Result<Option<String>, StoreError> {
        let name = self.name(workspace, FACTS);
        self.link.send(redis::cmd("HGET").arg(name).arg(BOARD)).await
    }

    async fn keep_board_identity(
        &self,
        workspace: &Workspace,
        before: Option<&str>,
        identity: &str,
    ) -> Result<bool, StoreError> {
        let change = Change::default().while_row(FACTS, BOARD, before).put(FACTS, BOARD, identity);
        self.change(workspace, change, &Effects::default()).await
    }
}
