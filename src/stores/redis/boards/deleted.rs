//! What is left of tasks that were deleted.

use crate::{
    model::{Effects, UnixMillis, Workspace},
    stores::{
        StoreError,
        redis::{RedisStore, change::Change},
    },
};

/// Tasks looked at at once.
const PART: usize = 500;

impl RedisStore {
    /// Forgets claims and completions of tasks deleted before that moment, at most `limit` tasks. A claim that is still live is
    /// left until it has ended.
    pub(super) async fn forget_what_is_left(
        &self,
        workspace: &Workspace,
        before: UnixMillis,
        limit: usize,
    ) -> Result<(), StoreError> {
        let (mut forgotten, mut held) = (0, 0);
        loop {
            let part = self.deleted(workspace, before, held).await?;
            let is_last = part.len() < PART;
            for (id, leased) in part {
                if forgotten == limit {
                    return Ok(());
                }
                if !leased && self.forget_task(workspace, &id).await? {
                    forgotten += 1;
                } else {
                    held += 1;
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Tasks deleted before that moment, after the first `passed` ones, and whether an agent still holds them.
    async fn deleted(
        &self,
        workspace: &Workspace,
        before: UnixMillis,
        passed: usize,
    ) -> Result<Vec<(String, bool)>, StoreError> {
        let mut deleted = redis::cmd("ZRANGEBYSCORE");
        deleted.arg(self.name(workspace, "deleted")).arg("-inf").arg(format!("({}", before.0));
        let ids: Vec<String> = self.link.send(deleted.arg("LIMIT").arg(passed).arg(PART)).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut leases = redis::cmd("ZMSCORE");
        leases.arg(self.name(workspace, "leases")).arg(&ids);
        let leases: Vec<Option<f64>> = self.link.send(&leases).await?;
        Ok(ids.into_iter().zip(leases.iter().map(Option::is_some)).collect())
    }

    async fn forget_task(&self, workspace: &Workspace, id: &str) -> Result<bool, StoreError> {
        let change = Change::default()
            .while_score("leases", id, None)
            .drop_row("claims", id)
            .drop_row("delivered", id)
            .drop_row("rejected", id)
            .command("UNLINK", &format!("done:{id}"), &[])
            .displace("deleted", id);
        self.change(workspace, change, &Effects::default()).await
    }
}
