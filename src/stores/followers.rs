//! Followers of the event log: who brings it to somebody outside. Each has a place that lasts, and one process at a time.

use async_trait::async_trait;

use super::{DeliveryLease, StoreError};
use crate::model::Workspace;

/// Followers by name, each of the log of its workspace.
#[async_trait]
pub trait FollowerStore: Send + Sync {
    /// Gives a follower to one instance at a time for as long as its lease lasts, and answers its place: the event it has come
    /// to. One that is new begins at the log's end. `None`: another instance has it.
    async fn take_follower(
        &self,
        workspace: &Workspace,
        name: &str,
        lease: &DeliveryLease,
    ) -> Result<Option<i64>, StoreError>;

    /// Moves a follower on to `place`, and goes on with the lease on it, if the instance still has it; says whether. A place
    /// never goes back. With a lease that ends at once the follower is anybody's.
    async fn move_follower(
        &self,
        workspace: &Workspace,
        name: &str,
        place: i64,
        lease: &DeliveryLease,
    ) -> Result<bool, StoreError>;
}
