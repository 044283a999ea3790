//! The event log, followed across processes by looking every 100 ms, and the places of those who bring it elsewhere.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row, params};

use super::SqliteStore;
use crate::{
    model::{Event, UnixMillis, Workspace},
    stores::{DeliveryLease, EventLog, Followed, FollowerStore, StoreError, StoredEvent, events::known_kind},
};

/// How often another process's commits are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

fn read(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        kind: known_kind(&row.get::<_, String>("kind")?),
        subject: row.get("subject")?,
        version: row.get("version")?,
        action: row.get::<_, String>("action")?.into(),
        agent_id: row.get("agent_id")?,
        detail: row.get("detail")?,
        at: UnixMillis(row.get("at")?),
    })
}

#[async_trait]
impl EventLog for SqliteStore {
    async fn last_event(&self, workspace: &Workspace) -> Result<i64, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let last = "SELECT sequence FROM events WHERE workspace = ?1 ORDER BY sequence DESC LIMIT 1";
            let last = connection.prepare_cached(last)?.query_row([workspace.as_str()], |row| row.get(0));
            Ok(last.optional()?.unwrap_or(0))
        })
        .await
    }

    /// Only the oldest events are ever dropped, so something after `sequence` is gone if the oldest that is left comes later
    /// than the one that would follow. A number that was never given leaves older events in place.
    async fn events_after(
        &self,
        workspace: &Workspace,
        sequence: i64,
        limit: u32,
    ) -> Result<Followed, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let sql =
                "SELECT * FROM events WHERE workspace = ?3 AND sequence > ?1 ORDER BY sequence LIMIT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![sequence, limit, workspace.as_str()], |row| {
                Ok(StoredEvent {
                    sequence: row.get("sequence")?,
                    workspace: Workspace::new(&row.get::<_, String>("workspace")?),
                    event: read(row)?,
                })
            })?;
            let events = rows.collect::<Result<Vec<_>, _>>()?;
            let skips = events.first().is_some_and(|first| first.sequence > sequence + 1);
            let oldest = "SELECT MIN(sequence) FROM events";
            let missed = skips
                && connection
                    .prepare_cached(oldest)?
                    .query_row([], |row| row.get::<_, Option<i64>>(0))?
                    .is_some_and(|oldest| oldest > sequence + 1);
            Ok(Followed { events, missed })
        })
        .await
    }

    async fn trim_events(&self, workspace: &Workspace, keep: i64) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                let trim = "DELETE FROM events WHERE workspace = ?2
                    AND sequence <= (SELECT MAX(sequence) FROM events) - ?1";
                connection.prepare_cached(trim)?.execute(params![keep, workspace.as_str()])?;
                Ok(())
            })
            .await
    }

    async fn wait_for_commit(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most.min(LOOK_EVERY), self.committed.notified()).await;
    }
}

#[async_trait]
impl FollowerStore for SqliteStore {
    /// The column `workspace` has been empty since a file had one log for all workspaces; it has one workspace.
    async fn take_follower(
        &self,
        _: &Workspace,
        name: &str,
        lease: &DeliveryLease,
    ) -> Result<Option<i64>, StoreError> {
        let (name, lease) = (name.to_owned(), lease.clone());
        self.writer
            .write(false, move |connection| {
                let sql = "INSERT INTO followers (workspace, name, place, taken_by, taken_until)
                    VALUES ('', ?1, (SELECT COALESCE(MAX(sequence), 0) FROM events), ?2, ?3)
                    ON CONFLICT (workspace, name) DO UPDATE
                    SET taken_by = excluded.taken_by, taken_until = excluded.taken_until
                    WHERE followers.taken_by = excluded.taken_by OR followers.taken_until <= ?4
                    RETURNING place";
                let of_lease = params![name, lease.instance, lease.until.0, lease.now.0];
                Ok(connection.prepare_cached(sql)?.query_row(of_lease, |row| row.get(0)).optional()?)
            })
            .await
    }

    async fn move_follower(
        &self,
        _: &Workspace,
        name: &str,
        place: i64,
        lease: &DeliveryLease,
    ) -> Result<bool, StoreError> {
        let (name, lease) = (name.to_owned(), lease.clone());
        self.writer
            .write(false, move |connection| {
                let sql = "UPDATE followers SET place = MAX(place, ?3), taken_until = ?4
                    WHERE workspace = '' AND name = ?1 AND taken_by = ?2";
                let of_lease = params![name, lease.instance, place, lease.until.0];
                Ok(connection.prepare_cached(sql)?.execute(of_lease)? > 0)
            })
            .await
    }
}
