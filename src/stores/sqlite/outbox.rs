//! The outbox: in order per task, one instance at a time.

use std::{collections::HashSet, sync::Once};

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use super::{SqliteStore, effects::append, row::json};
use crate::{
    model::{BoardWrite, Causes, Effects, OutboxEntry, OwedWrite, StoreMillis, UnixMillis, Workspace},
    stores::{Backlog, Delivered, DeliveryLease, Outbox, StoreError},
};

/// Failed entries kept of a workspace.
const KEEP_FAILED: u32 = 1_000;
/// Entries nobody works on or waits to retry, nor on an earlier entry of the same task. Walked by sequence, which the `+` sees to:
/// few are taken of what may be many.
const DUE: &str = "
    SELECT sequence, workspace, id, task_id, write, attempts, at, moved_at FROM outbox AS entry
    WHERE +workspace = ?2 AND failed = 0 AND not_before <= ?1 AND NOT EXISTS (
        SELECT 1 FROM outbox AS earlier WHERE earlier.workspace = entry.workspace
        AND earlier.task_id = entry.task_id AND earlier.failed = 0 AND earlier.sequence < entry.sequence
        AND earlier.not_before > ?1)
    ORDER BY sequence";

/// Workspaces with an entry that may be due. It goes from one to the next by the index, and in each as far as the first such entry:
/// it is asked at every decision, also when a board that is down is owed thousands.
const OWING: &str = "
    WITH RECURSIVE owed(workspace) AS (
        SELECT MIN(workspace) FROM outbox WHERE failed = 0
        UNION ALL
        SELECT (SELECT MIN(workspace) FROM outbox WHERE failed = 0 AND workspace > owed.workspace)
        FROM owed WHERE owed.workspace IS NOT NULL)
    SELECT workspace FROM owed WHERE EXISTS (
        SELECT 1 FROM outbox AS entry
        WHERE entry.workspace = owed.workspace AND entry.failed = 0 AND entry.not_before <= ?1)";

fn read(row: &Row<'_>) -> rusqlite::Result<OwedWrite> {
    let entry = OutboxEntry {
        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
        id: row.get("id")?,
        task_id: row.get("task_id")?,
        write: json(row, "write")?,
        at: UnixMillis(row.get("at")?),
        moved_at: row.get::<_, Option<i64>>("moved_at")?.map(UnixMillis),
    };
    Ok(OwedWrite { sequence: row.get("sequence")?, entry, attempts: row.get("attempts")? })
}

/// At most `most` entries that are due and can be read.
fn due(
    connection: &Connection,
    workspace: &str,
    now: StoreMillis,
    most: usize,
) -> Result<Vec<OwedWrite>, StoreError> {
    static TOLD: Once = Once::new();
    let mut statement = connection.prepare_cached(DUE)?;
    let mut rows = statement.query(params![now.0, workspace])?;
    let (mut found, mut held_up) = (Vec::new(), HashSet::new());
    while let Some(row) = rows.next()?.filter(|_| found.len() < most) {
        let task_id: String = row.get("task_id")?;
        if held_up.contains(&task_id) {
            continue;
        }
        match read(row) {
            Ok(entry) => found.push(entry),
            Err(error) => {
                TOLD.call_once(|| {
                    tracing::warn!(
                        error = %Causes(&error),
                        task_id,
                        "a board write that this version cannot read is left to a newer one"
                    );
                });
                held_up.insert(task_id);
            }
        }
    }
    Ok(found)
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn owing(&self, now: StoreMillis) -> Result<Vec<Workspace>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(OWING)?;
            let rows = statement.query_map([now.0], |row| row.get::<_, String>(0))?;
            Ok(rows.map(|row| row.map(|name| Workspace::new(&name))).collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn take(
        &self,
        workspace: &Workspace,
        lease: &DeliveryLease,
        limit: u32,
    ) -> Result<Vec<OwedWrite>, StoreError> {
        let (owner, now) = (workspace.clone(), lease.now);
        let none_due =
            self.read(move |connection| Ok(due(connection, owner.as_str(), now, 1)?.is_empty())).await?;
        if none_due {
            return Ok(Vec::new());
        }
        let (workspace, lease) = (workspace.clone(), lease.clone());
        self.writer
            .write(false, move |connection| {
                let taken = due(connection, workspace.as_str(), lease.now, limit as usize)?;
                let mut mark = connection.prepare_cached(
                    "UPDATE outbox SET taken_by = ?2, not_before = ?3, attempts = attempts + 1 WHERE sequence = ?1",
                )?;
                for owed in &taken {
                    mark.execute(params![owed.sequence, lease.instance, lease.until.0])?;
                }
                Ok(taken)
            })
            .await
    }

    async fn renew(&self, owed: &[OwedWrite], lease: &DeliveryLease) -> Result<(), StoreError> {
        let sequences: Vec<_> = owed.iter().map(|owed| owed.sequence).collect();
        let lease = lease.clone();
        self.writer
            .write(false, move |connection| {
                let mut renew = connection.prepare_cached(
                    "UPDATE outbox SET not_before = ?3 WHERE sequence = ?1 AND taken_by = ?2",
                )?;
                for sequence in &sequences {
                    renew.execute(params![sequence, lease.instance, lease.until.0])?;
                }
                Ok(())
            })
            .await
    }

    async fn end(&self, ended: Vec<(OwedWrite, Delivered)>) -> Result<(), StoreError> {
        self.writer
            .write(false, move |connection| {
                for (owed, how) in &ended {
                    note(connection, owed, how)?;
                }
                let Some((first, _)) = ended.first() else { return Ok(()) };
                let effects = Effects { events: Delivered::events(&ended), ..Effects::default() };
                append(connection, first.entry.workspace.as_str(), &effects)?;
                Ok(())
            })
            .await
    }

    async fn backlog(&self, workspace: &Workspace) -> Result<Backlog, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let sql = "SELECT COUNT(*), MIN(at) FROM outbox WHERE workspace = ?1 AND failed = 0";
            Ok(connection.prepare_cached(sql)?.query_row([workspace.as_str()], |row| {
                let oldest: Option<i64> = row.get(1)?;
                let pending = row.get::<_, i64>(0)?.unsigned_abs();
                Ok(Backlog { pending, oldest: oldest.map(UnixMillis) })
            })?)
        })
        .await
    }
}

fn note(connection: &Connection, owed: &OwedWrite, how: &Delivered) -> Result<(), StoreError> {
    let sequence = owed.sequence;
    match how {
        Delivered::Written(_) | Delivered::Superseded => {
            let ended =
                connection.prepare_cached("DELETE FROM outbox WHERE sequence = ?1")?.execute([sequence])?;
            // Another instance ended it while this one stood still, and may have delivered later ones.
            if ended == 0 {
                return Ok(());
            }
        }
        Delivered::Failed { reason, .. } => return note_failed(connection, owed, reason),
        Delivered::RetryAt(at) => {
            connection
                .prepare_cached("UPDATE outbox SET not_before = ?2, taken_by = NULL WHERE sequence = ?1")?
                .execute([sequence, at.0])?;
        }
    }
    if let (Delivered::Written(at), BoardWrite::Move { status }) = (how, &owed.entry.write) {
        connection
            .prepare_cached(
                "UPDATE claims SET delivered_status = ?3, delivered_at = ?4, rejected = NULL
                 WHERE workspace = ?1 AND task_id = ?2",
            )?
            .execute(params![
                owed.entry.workspace.as_str(),
                owed.entry.task_id,
                status.as_str(),
                at.store.0
            ])?;
    }
    Ok(())
}

/// The entry stays as failed, and its task's claim says why.
fn note_failed(connection: &Connection, owed: &OwedWrite, reason: &str) -> Result<(), StoreError> {
    let entry = &owed.entry;
    let failed = connection
        .prepare_cached("UPDATE outbox SET failed = 1, reason = ?2 WHERE sequence = ?1 AND failed = 0")?
        .execute(params![owed.sequence, reason])?;
    if failed == 0 {
        return Ok(());
    }
    connection
        .prepare_cached("UPDATE claims SET rejected = ?3 WHERE workspace = ?1 AND task_id = ?2")?
        .execute(params![entry.workspace.as_str(), entry.task_id, reason])?;
    let surplus = "DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox
        WHERE workspace = ?1 AND failed = 1 ORDER BY sequence DESC LIMIT -1 OFFSET ?2)";
    connection.prepare_cached(surplus)?.execute(params![entry.workspace.as_str(), KEEP_FAILED])?;
    Ok(())
}
