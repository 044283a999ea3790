//! Deliveries of webhooks.

use async_trait::async_trait;
use rusqlite::params;

use crate::{
    model::{Effects, StoreMillis},
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

    async fn forget_deliveries(&self, now: StoreMillis) -> Result<(), StoreError> {
        self.writer
            .write(false, move |connection| {
                let forget = "DELETE FROM webhook_deliveries WHERE forget_at <= ?1";
                connection.prepare_cached(forget)?.execute([now.0])?;
                Ok(())
            })
            .await
    }
}
