//! Appends what a decision entails, inside the decision's savepoint. Also the audit log.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::{SqliteStore, row::to_json};
use crate::{
    model::{AuditRecord, Effects, UnixMillis, Workspace},
    stores::{AuditLog, StoreError},
};

/// Appends `effects`.
pub(super) fn append(connection: &Connection, workspace: &str, effects: &Effects) -> Result<(), StoreError> {
    for entry in &effects.outbox {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO outbox (workspace, id, task_id, write, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                entry.workspace.as_str(),
                entry.id,
                entry.task_id,
                to_json(&entry.write),
                entry.at.0
            ])?;
    }
    for record in &effects.audit {
        append_audit(connection, workspace, record)?;
    }
    for event in &effects.events {
        connection
            .prepare_cached(
                "INSERT INTO events (workspace, kind, subject, version, action, agent_id, detail, at, origin)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT origin FROM temp.instance))",
            )?
            .execute(params![
                workspace,
                event.kind.as_str(),
                event.subject,
                event.version,
                event.action,
                event.agent_id,
                event.detail,
                event.at.0
            ])?;
    }
    Ok(())
}

fn append_audit(connection: &Connection, workspace: &str, record: &AuditRecord) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO audit (workspace, actor, action, target, request_id, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            workspace,
            record.actor,
            record.action,
            record.target,
            record.request_id,
            record.at.0
        ])?;
    Ok(())
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn append_audit(&self, workspace: &Workspace, record: AuditRecord) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer.write(true, move |connection| append_audit(connection, workspace.as_str(), &record)).await
    }

    async fn newest_audit(&self, workspace: &Workspace, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT actor, action, target, request_id, at FROM audit WHERE workspace = ?1
                 ORDER BY sequence DESC LIMIT ?2",
            )?;
            let rows = statement.query_map(params![workspace.as_str(), limit], |row| {
                let action: String = row.get(1)?;
                Ok(AuditRecord {
                    actor: row.get(0)?,
                    action: action.into(),
                    target: row.get(2)?,
                    request_id: row.get(3)?,
                    at: UnixMillis(row.get(4)?),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}
