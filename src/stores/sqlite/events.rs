//! The event log, followed across processes by looking every 100 ms.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::params;

use super::{SqliteStore, row::word};
use crate::{
    model::{Event, EventKind, Workspace},
    stores::{EventLog, StoreError, StoredEvent},
};

/// How often another process's commits are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[async_trait]
impl EventLog for SqliteStore {
    async fn last_event(&self) -> Result<i64, StoreError> {
        self.read(|connection| {
            let last = "SELECT COALESCE(MAX(sequence), 0) FROM events";
            Ok(connection.query_row(last, [], |row| row.get(0))?)
        })
        .await
    }

    async fn events_after(&self, sequence: i64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT sequence, workspace, kind, subject FROM events WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
            )?;
            let rows = statement.query_map(params![sequence, limit], |row| {
                Ok(StoredEvent {
                    sequence: row.get(0)?,
                    workspace: Workspace::new(&row.get::<_, String>(1)?),
                    event: Event { kind: word(row, "kind", EventKind::from_word)?, subject: row.get(3)? },
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn trim_events(&self, keep: i64) -> Result<(), StoreError> {
        self.writer
            .write(false, move |connection| {
                let trim = "DELETE FROM events WHERE sequence <= (SELECT MAX(sequence) FROM events) - ?1";
                connection.prepare_cached(trim)?.execute([keep])?;
                Ok(())
            })
            .await
    }

    async fn wait_for_commit(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most.min(LOOK_EVERY), self.committed.notified()).await;
    }
}
