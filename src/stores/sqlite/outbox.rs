//! The outbox: oldest entry of a task first, one instance at a time.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};

use super::{SqliteStore, row::json};
use crate::{
    model::{OutboxEntry, UnixMillis, Workspace},
    stores::{Outbox, StoreError, TakenEntry},
};

/// The oldest entry that is first of its task and that nobody works on or waits to retry.
const OLDEST: &str = "
    SELECT sequence, workspace, id, task_id, write, attempts FROM outbox AS entry
    WHERE failed = 0 AND not_before <= ?1 AND NOT EXISTS (
        SELECT 1 FROM outbox AS earlier WHERE earlier.workspace = entry.workspace
        AND earlier.task_id = entry.task_id AND earlier.failed = 0 AND earlier.sequence < entry.sequence)
    ORDER BY sequence LIMIT 1";

#[async_trait]
impl Outbox for SqliteStore {
    async fn take(
        &self,
        instance: &str,
        now: UnixMillis,
        lease_millis: i64,
    ) -> Result<Option<TakenEntry>, StoreError> {
        let empty = self
            .read(move |connection| {
                Ok(connection.prepare_cached(OLDEST)?.query_row([now.0], |_| Ok(())).optional()?.is_none())
            })
            .await?;
        if empty {
            return Ok(None);
        }
        let instance = instance.to_owned();
        self.writer
            .write(false, move |connection| {
                let found = connection.prepare_cached(OLDEST)?.query_row([now.0], |row| {
                    let entry = OutboxEntry {
                        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
                        id: row.get("id")?,
                        task_id: row.get("task_id")?,
                        write: json(row, "write")?,
                    };
                    Ok((row.get::<_, i64>("sequence")?, TakenEntry { entry, attempts: row.get("attempts")? }))
                });
                let Some((sequence, taken)) = found.optional()? else { return Ok(None) };
                let mark = "UPDATE outbox SET taken_by = ?2, not_before = ?3, attempts = attempts + 1 WHERE sequence = ?1";
                connection.prepare_cached(mark)?.execute(params![sequence, instance, now.plus(lease_millis).0])?;
                Ok(Some(taken))
            })
            .await
    }

    async fn done(&self, entry_id: &str) -> Result<(), StoreError> {
        self.end("DELETE FROM outbox WHERE id = ?1 AND ?2 IS NOT NULL", entry_id, 0).await
    }

    async fn retry_at(&self, entry_id: &str, at: UnixMillis) -> Result<(), StoreError> {
        self.end("UPDATE outbox SET not_before = ?2, taken_by = NULL WHERE id = ?1", entry_id, at.0).await
    }

    async fn give_up(&self, entry_id: &str) -> Result<(), StoreError> {
        self.end("UPDATE outbox SET failed = 1 + 0 * ?2, taken_by = NULL WHERE id = ?1", entry_id, 0).await
    }
}

impl SqliteStore {
    async fn end(&self, sql: &'static str, entry_id: &str, at: i64) -> Result<(), StoreError> {
        let entry_id = entry_id.to_owned();
        self.writer
            .write(false, move |connection| {
                connection.prepare_cached(sql)?.execute(params![entry_id, at])?;
                Ok(())
            })
            .await
    }
}
