//! The audit log. A link is made inside the transaction that appends its record, so that processes share one chain.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::SqliteStore;
use crate::{
    model::{AuditRecord, UnixMillis, Workspace},
    stores::{AuditEntry, AuditFilter, AuditLog, StoreError},
};

/// Appends a record with its link.
pub(super) fn append(
    connection: &Connection,
    workspace: &str,
    record: &AuditRecord,
) -> Result<(), StoreError> {
    let last = "SELECT sequence, link FROM audit ORDER BY sequence DESC LIMIT 1";
    let last =
        connection.prepare_cached(last)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (sequence, link): (i64, Option<Vec<u8>>) = last.unwrap_or((0, None));
    connection
        .prepare_cached(
            "INSERT INTO audit (sequence, workspace, actor, action, target, request_id, at, link)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, audit_link(?8, ?1, ?2, ?3, ?4, ?5, ?6, ?7))",
        )?
        .execute(params![
            sequence + 1,
            workspace,
            record.actor,
            record.action,
            record.target,
            record.request_id,
            record.at.0,
            link
        ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    let record = AuditRecord {
        actor: row.get("actor")?,
        action: row.get::<_, String>("action")?.into(),
        target: row.get("target")?,
        request_id: row.get("request_id")?,
        at: UnixMillis(row.get("at")?),
    };
    Ok(AuditEntry {
        sequence: row.get("sequence")?,
        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
        record,
        link: row.get::<_, Vec<u8>>("link").ok().and_then(|link| link.try_into().ok()).unwrap_or_default(),
    })
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn append_audit(&self, workspace: &Workspace, record: AuditRecord) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer.write(true, move |connection| append(connection, workspace.as_str(), &record)).await
    }

    async fn audit(
        &self,
        workspace: &Workspace,
        filter: AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let sql = "SELECT * FROM audit WHERE workspace = ?1 AND (?2 IS NULL OR sequence < ?2)
                AND (?3 IS NULL OR actor = ?3) AND (?4 IS NULL OR substr(action, 1, length(?4)) = ?4)
                AND (?5 IS NULL OR target = ?5) AND (?6 IS NULL OR at >= ?6) ORDER BY sequence DESC LIMIT ?7";
            let mut statement = connection.prepare_cached(sql)?;
            let filter = params![
                workspace.as_str(),
                filter.before,
                filter.actor,
                filter.action,
                filter.target,
                filter.since.map(|at| at.0),
                limit
            ];
            let rows = statement.query_map(filter, read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn audit_after(&self, sequence: i64, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT * FROM audit WHERE sequence > ?1 OR (?1 = ?3 AND sequence = ?3) ORDER BY sequence LIMIT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![sequence, limit, i64::MIN], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn last_audit(&self) -> Result<Option<AuditEntry>, StoreError> {
        self.read(|connection| {
            let last = "SELECT * FROM audit ORDER BY sequence DESC LIMIT 1";
            Ok(connection.prepare_cached(last)?.query_row([], read).optional()?)
        })
        .await
    }
}
