//! Deliveries of webhooks: what others tell the gateway, each taken once, however often it is sent.

use async_trait::async_trait;

use crate::{
    model::{Effects, StoreMillis, Workspace},
    stores::StoreError,
};

/// A delivery as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// The tenant.
    pub workspace: Workspace,
    /// Who sent it, such as `github`: ids are theirs.
    pub sender: &'static str,
    /// Its id, the same each time it is sent.
    pub id: String,
    /// Until when it is known to have been taken.
    pub forget_at: StoreMillis,
}

/// Deliveries of webhooks.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Remembers a delivery and appends its effects, which outlive the process and the machine once this answers `true`.
    /// One that is remembered changes nothing: `false`.
    async fn take_delivery(&self, delivery: WebhookDelivery, effects: Effects) -> Result<bool, StoreError>;

    /// Drops what is forgotten at `now`.
    async fn forget_deliveries(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError>;
}
