//! Deliveries of webhooks, by the moments from which on they are forgotten.

use async_trait::async_trait;

use super::super::{RedisStore, change::Change};
use crate::{
    model::{Effects, StoreMillis, Workspace},
    stores::{StoreError, WebhookDelivery, WebhookStore},
};

const DELIVERIES: &str = "wh";
const UNTIL: &str = "wh:until";

#[async_trait]
impl WebhookStore for RedisStore {
    async fn take_delivery(&self, delivery: WebhookDelivery, effects: Effects) -> Result<bool, StoreError> {
        let WebhookDelivery { workspace, sender, id, forget_at } = delivery;
        let name = format!("{sender} {id}");
        let taken = Change::default().while_score(UNTIL, &name, None).place(UNTIL, &name, forget_at.0);
        self.change(&workspace, taken, &effects).await
    }

    async fn forget_deliveries(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError> {
        self.forget(workspace, DELIVERIES, now, &[]).await
    }
}
