//! Deliveries of webhooks.

use async_trait::async_trait;
use rusqlite::params;

use crate::{
    model::{Effects, StoreMillis, Workspace},
    stores::{
        StoreError, WebhookDelivery, WebhookStore,
        sqlite::{SqliteStore, effects::append},
    },
};

#[async_trait]
impl WebhookStore for SqliteStore {
    async fn take_delivery(&self, delivery: WebhookDelivery, effects: Effects) -> Result<bool, StoreError> {
        self.writer
            .write(true, move |connection| {
                let WebhookDelivery { workspace, sender, id, forget_at } = delivery;
                let workspace = workspace.as_str();
                let taken = connection
                    .prepare_cached(
                        "INSERT OR IGNORE INTO webhook_deliveries (workspace, sender, id, forget_at)
                         VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![workspace, sender, id, forget_at.0])?;
                if taken > 0 {
                    append(connection, workspace, &effects)?;
                }
                Ok(taken > 0)
            })
            .await
    }

    async fn forget_deliveries(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                let forget = "DELETE FROM webhook_deliveries WHERE forget_at <= ?1 AND workspace = ?2";
                connection.prepare_cached(forget)?.execute(params![now.0, workspace.as_str()])?;
                Ok(())
            })
            .await
    }
}
