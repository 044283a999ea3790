//! Followers of the event log.

use async_trait::async_trait;

use super::super::{
    RedisStore,
    script::{ScriptArguments, script},
};
use crate::{
    model::Workspace,
    stores::{DeliveryLease, FollowerStore, StoreError},
};

script!(FOLLOWER, "access/follower");

impl RedisStore {
    async fn follow(
        &self,
        workspace: &Workspace,
        name: &str,
        lease: &DeliveryLease,
        place: Option<i64>,
    ) -> Result<Option<i64>, StoreError> {
        let arguments = ScriptArguments::default()
            .bytes(name)
            .bytes(lease.instance.as_str())
            .number(lease.now.0)
            .number(lease.until.0)
            .optional(place);
        let (place,): (Option<i64>,) = self.run(workspace, &FOLLOWER, arguments).await?;
        Ok(place)
    }
}

#[async_trait]
impl FollowerStore for RedisStore {
    async fn take_follower(
        &self,
        workspace: &Workspace,
        name: &str,
        lease: &DeliveryLease,
    ) -> Result<Option<i64>, StoreError> {
        self.follow(workspace, name, lease, None).await
    }

    async fn move_follower(
        &self,
        workspace: &Workspace,
        name: &str,
        place: i64,
        lease: &DeliveryLease,
    ) -> Result<bool, StoreError> {
        Ok(self.follow(workspace, name, lease, Some(place)).await?.is_some())
    }
}
