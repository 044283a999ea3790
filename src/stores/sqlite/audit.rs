//! The audit log. A link is made inside the transaction that appends its record, so that processes share one chain. A file has
//! one workspace, and its chain is that of the file.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::SqliteStore;
use crate::{
    model::{AuditEntry, AuditRecord, UnixMillis, Workspace},
    secrets::{Checkpoint, LogDigest},
    stores::{AuditFilter, AuditLog, AuditPart, StoreError},
};

/// Kinds of actions looked for at once; there are some thirty.
const MOST_ACTIONS: usize = 200;
/// Records from a place on.
pub(super) const FROM: &str =
    "SELECT * FROM audit WHERE +workspace = ?3 AND sequence >= ?1 ORDER BY sequence LIMIT ?2";

/// Appends a record with its link.
pub(super) fn append(
    connection: &Connection,
    workspace: &str,
    record: &AuditRecord,
) -> Result<(), StoreError> {
    let find =
        |sql| connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional();
    let mut last = find("SELECT sequence, link FROM audit ORDER BY sequence DESC LIMIT 1")?;
    if last.is_none() {
        last = find("SELECT sequence, link FROM audit_start")?;
    }
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

/// The actions of a workspace that begin with `prefix`, each found by one step in the index.
fn actions(connection: &Connection, workspace: &str, prefix: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "WITH RECURSIVE names (name) AS (
            SELECT (SELECT MIN(action) FROM audit WHERE workspace = ?1 AND action >= ?2)
            UNION ALL
            SELECT (SELECT MIN(action) FROM audit WHERE workspace = ?1 AND action > names.name) FROM names
            WHERE substr(names.name, 1, length(?2)) = ?2
        ) SELECT name FROM names WHERE substr(name, 1, length(?2)) = ?2";
    connection.prepare_cached(sql)?.query_map([workspace, prefix], |row| row.get(0))?.collect()
}

/// Reads only what fits, by the index of what is asked for: newest first by place, so that a page ends early.
fn page(
    connection: &Connection,
    workspace: &str,
    filter: &AuditFilter,
    limit: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    let since = filter.since.map_or(i64::MIN, |at| at.0);
    let mut first = filter.after.map_or(i64::MIN, |after| after.saturating_add(1));
    if filter.since.is_some() {
        let Some(place) = first_since(connection, workspace, since)? else { return Ok(Vec::new()) };
        first = first.max(place);
    }
    let index = match (&filter.target, &filter.actor) {
        (Some(_), _) => "INDEXED BY audit_by_target",
        (None, Some(_)) => "INDEXED BY audit_by_actor",
        // Or every record of the workspace would be sorted.
        (None, None) => "NOT INDEXED",
    };
    let fits =
        "workspace = ?1 AND sequence < ?2 AND sequence >= ?3 AND at >= ?4 AND (?5 IS NULL OR actor = ?5)
        AND (?6 IS NULL OR target = ?6)";
    let fits = match (&filter.target, &filter.actor) {
        (Some(_), _) => fits.replace("(?6 IS NULL OR target = ?6)", "target = ?6"),
        (None, Some(_)) => fits.replace("(?5 IS NULL OR actor = ?5)", "actor = ?5"),
        (None, None) => fits.to_owned(),
    };
    let mut sources =
        vec![format!("SELECT * FROM audit {index} WHERE {fits} AND substr(action, 1, length(?8)) = ?8")];
    let prefix = filter.action.as_deref().unwrap_or_default();
    let mut named = Vec::new();
    if filter.target.is_none() && filter.actor.is_none() && !prefix.is_empty() {
        named = actions(connection, workspace, prefix)?;
        named.truncate(MOST_ACTIONS);
        let source =
            |at| format!("SELECT * FROM audit INDEXED BY audit_by_action WHERE {fits} AND action = ?{at}");
        sources = (9..9 + named.len()).map(source).collect();
    }
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("{} ORDER BY sequence DESC LIMIT ?7", sources.join(" UNION ALL "));
    let before = filter.before.unwrap_or(i64::MAX);
    let mut values: Vec<&dyn ToSql> =
        vec![&workspace, &before, &first, &since, &filter.actor, &filter.target, &limit, &prefix];
    values.extend(named.iter().map(|name| name as &dyn ToSql));
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values.as_slice(), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The place of the first record that is not from before that moment.
fn first_since(connection: &Connection, workspace: &str, since: i64) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT MIN(sequence) FROM audit INDEXED BY audit_by_time WHERE at >= ?1 AND workspace = ?2";
    connection.prepare_cached(sql)?.query_row(params![since, workspace], |row| row.get(0))
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn append_audit(&self, workspace: &Workspace, record: AuditRecord) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer.write(true, move |connection| append(connection, workspace.as_str(), &record)).await
    }

    async fn audit_part(
        &self,
        workspace: &Workspace,
        filter: AuditFilter,
        limit: u32,
    ) -> Result<AuditPart, StoreError> {
        let workspace = workspace.clone();
        let entries =
            self.scan(move |connection| page(connection, workspace.as_str(), &filter, limit)).await?;
        let rest = entries.last().filter(|_| entries.len() == limit as usize).map(|last| last.sequence);
        Ok(AuditPart { entries, rest })
    }

    async fn audit_after(
        &self,
        workspace: &Workspace,
        sequence: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            // Nothing is before the smallest place, so what comes after it begins there.
            let first = if sequence == i64::MIN { Some(sequence) } else { sequence.checked_add(1) };
            let Some(first) = first else { return Ok(Vec::new()) };
            let mut statement = connection.prepare_cached(FROM)?;
            let rows = statement.query_map(params![first, limit, workspace.as_str()], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn last_audit(&self, workspace: &Workspace) -> Result<Option<AuditEntry>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let last = "SELECT * FROM audit WHERE +workspace = ?1 ORDER BY sequence DESC LIMIT 1";
            Ok(connection.prepare_cached(last)?.query_row([workspace.as_str()], read).optional()?)
        })
        .await
    }

    async fn first_audit_since(
        &self,
        workspace: &Workspace,
        since: UnixMillis,
    ) -> Result<Option<i64>, StoreError> {
        let workspace = workspace.clone();
        self.scan(move |connection| Ok(first_since(connection, workspace.as_str(), since.0)?)).await
    }

    async fn audit_start(&self, _: &Workspace) -> Result<Option<Checkpoint>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT sequence, link, digest, seal FROM audit_start WHERE workspace = ''";
            let start = connection.query_row(sql, [], |row| {
                Ok(Checkpoint {
                    sequence: row.get(0)?,
                    link: row.get(1)?,
                    digest: LogDigest(row.get(2)?),
                    seal: row.get(3)?,
                })
            });
            Ok(start.optional()?)
        })
        .await
    }

    async fn begin_audit_after(&self, _: &Workspace, checkpoint: Checkpoint) -> Result<bool, StoreError> {
        self.writer
            .write(true, move |connection| {
                let held = "SELECT 1 FROM audit WHERE sequence = ?1 AND link = ?2";
                let held =
                    connection.prepare_cached(held)?.exists(params![checkpoint.sequence, checkpoint.link])?;
                if held {
                    connection.execute("DELETE FROM audit WHERE sequence <= ?1", [checkpoint.sequence])?;
                    connection.execute(
                        "INSERT OR REPLACE INTO audit_start VALUES ('', ?1, ?2, ?3, ?4)",
                        params![checkpoint.sequence, checkpoint.link, checkpoint.digest.0, checkpoint.seal],
                    )?;
                }
                Ok(held)
            })
            .await
    }
}
