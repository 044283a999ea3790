//! Appends what a decision entails, inside the decision's savepoint.

use rusqlite::{Connection, params};

use super::{audit, history, row::to_json};
use crate::{model::Effects, stores::StoreError};

/// Appends `effects`.
pub(super) fn append(connection: &Connection, workspace: &str, effects: &Effects) -> Result<(), StoreError> {
    for entry in &effects.outbox {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO outbox (workspace, id, task_id, write, at, moved_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                entry.workspace.as_str(),
                entry.id,
                entry.task_id,
                to_json(&entry.write),
                entry.at.0,
                entry.moved_at.map(|at| at.0)
            ])?;
    }
    for record in &effects.audit {
        audit::append(connection, workspace, record)?;
    }
    for entry in &effects.history {
        history::append(connection, workspace, entry)?;
    }
    for event in &effects.events {
        connection
            .prepare_cached(
                "INSERT INTO events (workspace, kind, subject, version, action, agent_id, detail, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
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
