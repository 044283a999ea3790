//! The outbox: in order per task, one instance at a time.

use std::{collections::HashSet, sync::Once};

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use super::{SqliteStore, effects::append, row::json};
use crate::{
    model::{BoardWrite, Causes, Effects, Event, EventKind, OutboxEntry, StoreMillis, UnixMillis, Workspace},
    stores::{Backlog, Delivered, Outbox, StoreError, TakenEntry},
};

/// Entries nobody works on or waits to retry, nor on an earlier entry of the same task.
const DUE: &str = "
    SELECT sequence, workspace, id, task_id, write, attempts, at, moved_at FROM outbox AS entry
    WHERE failed = 0 AND not_before <= ?1 AND NOT EXISTS (
        SELECT 1 FROM outbox AS earlier WHERE earlier.workspace = entry.workspace
        AND earlier.task_id = entry.task_id AND earlier.failed = 0 AND earlier.sequence < entry.sequence
        AND earlier.not_before > ?1)
    ORDER BY sequence";

fn read(row: &Row<'_>) -> rusqlite::Result<TakenEntry> {
    let entry = OutboxEntry {
        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
        id: row.get("id")?,
        task_id: row.get("task_id")?,
        write: json(row, "write")?,
        at: UnixMillis(row.get("at")?),
        moved_at: row.get::<_, Option<i64>>("moved_at")?.map(UnixMillis),
    };
    Ok(TakenEntry { sequence: row.get("sequence")?, entry, attempts: row.get("attempts")? })
}

/// At most `most` entries that are due and can be read.
fn due(connection: &Connection, now: StoreMillis, most: usize) -> Result<Vec<TakenEntry>, StoreError> {
    static TOLD: Once = Once::new();
    let mut statement = connection.prepare_cached(DUE)?;
    let mut rows = statement.query([now.0])?;
    let (mut found, mut held_up) = (Vec::new(), HashSet::new());
    while let Some(row) = rows.next()?.filter(|_| found.len() < most) {
        let task: (String, String) = (row.get("workspace")?, row.get("task_id")?);
        if held_up.contains(&task) {
            continue;
        }
        match read(row) {
            Ok(entry) => found.push(entry),
            Err(error) => {
                let task_id = &task.1;
                TOLD.call_once(|| {
                    tracing::warn!(
                        error = %Causes(&error),
                        task_id,
                        "a board write that this version cannot read is left to a newer one"
                    );
                });
                held_up.insert(task);
            }
        }
    }
    Ok(found)
}

#[async_trait]
impl Outbox for SqliteStore {
    async fn take(
        &self,
        instance: &str,
        now: StoreMillis,
        lease_millis: i64,
        limit: u32,
    ) -> Result<Vec<TakenEntry>, StoreError> {
        let none_due = self.read(move |connection| Ok(due(connection, now, 1)?.is_empty())).await?;
        if none_due {
            return Ok(Vec::new());
        }
        let instance = instance.to_owned();
        self.writer
            .write(false, move |connection| {
                let taken = due(connection, now, limit as usize)?;
                let mut mark = connection.prepare_cached(
                    "UPDATE outbox SET taken_by = ?2, not_before = ?3, attempts = attempts + 1 WHERE sequence = ?1",
                )?;
                for entry in &taken {
                    mark.execute(params![entry.sequence, instance, now.plus(lease_millis).0])?;
                }
                Ok(taken)
            })
            .await
    }

    async fn end(&self, ended: Vec<(TakenEntry, Delivered)>) -> Result<(), StoreError> {
        self.writer
            .write(false, move |connection| {
                let mut told = None;
                for (taken, how) in &ended {
                    note(connection, taken, *how)?;
                    let Delivered::Written(at) = *how else { continue };
                    if told == Some(&taken.entry.task_id) {
                        continue;
                    }
                    told = Some(&taken.entry.task_id);
                    let event = Event::about(EventKind::Task, &taken.entry.task_id, "board.written", at.wall);
                    let effects = Effects { events: vec![event], ..Effects::default() };
                    append(connection, taken.entry.workspace.as_str(), &effects)?;
                }
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

fn note(connection: &Connection, taken: &TakenEntry, how: Delivered) -> Result<(), StoreError> {
    let sequence = taken.sequence;
    match how {
        Delivered::Written(_) | Delivered::Superseded => {
            let ended =
                connection.prepare_cached("DELETE FROM outbox WHERE sequence = ?1")?.execute([sequence])?;
            // Another instance ended it while this one stood still, and may have delivered later ones.
            if ended == 0 {
                return Ok(());
            }
        }
        Delivered::RetryAt(at) => {
            connection
                .prepare_cached("UPDATE outbox SET not_before = ?2, taken_by = NULL WHERE sequence = ?1")?
                .execute([sequence, at.0])?;
        }
    }
    if let (Delivered::Written(at), BoardWrite::Move { status }) = (how, &taken.entry.write) {
        connection
            .prepare_cached(
                "UPDATE claims SET delivered_status = ?3, delivered_at = ?4 WHERE workspace = ?1 AND task_id = ?2",
            )?
            .execute(params![taken.entry.workspace.as_str(), taken.entry.task_id, status.as_str(), at.store.0])?;
    }
    Ok(())
}
