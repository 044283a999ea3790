//! Agents, claims and completions: records that are replaced under a version.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    SqliteStore,
    effects::append,
    row::{json, optional_word, to_json},
};
use crate::{
    model::{Agent, BoardMark, Claim, ClaimState, StoreMillis, TaskStatus, Workspace},
    stores::{ClaimStore, ConditionalWrite, StoreError},
};

fn read_claim(row: &Row<'_>) -> rusqlite::Result<Claim> {
    let mut claim: Claim = json(row, "record")?;
    let status = optional_word(row, "delivered_status", TaskStatus::from_word)?;
    let at: Option<i64> = row.get("delivered_at")?;
    claim.delivered = status.zip(at).map(|(status, at)| BoardMark { status, at: StoreMillis(at) });
    claim.rejected = row.get("rejected")?;
    Ok(claim)
}

/// The newest claim on a task.
pub(super) fn newest_claim(
    connection: &Connection,
    workspace: &str,
    task_id: &str,
) -> Result<Option<Claim>, StoreError> {
    Ok(connection.prepare_cached(CLAIM)?.query_row([workspace, task_id], read_claim).optional()?)
}

fn version(connection: &Connection, sql: &'static str, workspace: &str, id: &str) -> Result<i64, StoreError> {
    let found = connection.prepare_cached(sql)?.query_row([workspace, id], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0))
}

/// Whether nothing of the task is owed and the last delivery was before that moment.
fn is_settled(
    connection: &Connection,
    workspace: &str,
    task: &str,
    before: StoreMillis,
) -> Result<bool, StoreError> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE workspace = ?1 AND task_id = ?2 AND failed = 0)
        AND NOT EXISTS (SELECT 1 FROM claims WHERE workspace = ?1 AND task_id = ?2 AND delivered_at >= ?3)";
    Ok(connection.prepare_cached(sql)?.query_row(params![workspace, task, before.0], |row| row.get(0))?)
}

const AGENT: &str = "SELECT record FROM agents WHERE workspace = ?1 AND id = ?2";
const CLAIM: &str = "SELECT * FROM claims WHERE workspace = ?1 AND task_id = ?2";

/// Whether the stored record of the claim's agent names another claim that is live at that moment.
fn holds_another(
    connection: &Connection,
    workspace: &str,
    claim: &Claim,
    at: StoreMillis,
) -> Result<bool, StoreError> {
    let mut agents = connection.prepare_cached(AGENT)?;
    let agent: Option<Agent> =
        agents.query_row([workspace, &claim.agent_id], |row| json(row, "record")).optional()?;
    let Some(agent) = agent else { return Ok(false) };
    let Some(held) = agent.held.as_ref().filter(|held| held.task_id != claim.task_id) else {
        return Ok(false);
    };
    let mut claims = connection.prepare_cached(CLAIM)?;
    let other = claims.query_row([workspace, &held.task_id], read_claim).optional()?;
    Ok(other.is_some_and(|other| agent.holds(&other, at)))
}

/// A dependency is closed by its status, or by a finished claim on it as long as no person has moved it since.
pub(super) const IS_OPEN: &str = "SELECT EXISTS (
    SELECT 1 FROM tasks WHERE workspace = ?1 AND id = ?2 AND status NOT IN ('done', 'cancelled') AND NOT EXISTS (
        SELECT 1 FROM claims WHERE claims.workspace = ?1 AND claims.task_id = ?2
        AND json_extract(claims.record, '$.state') = 'done' AND tasks.moved_at <= COALESCE(
            json_extract(claims.record, '$.moved_at'), json_extract(claims.record, '$.seen.at'))))";

/// Whether a dependency of the task is open. Not one statement: SQLite would compile a join with the list's items each time.
fn is_blocked(connection: &Connection, workspace: &str, task: &str) -> Result<bool, StoreError> {
    let sql = "SELECT dependencies FROM tasks WHERE workspace = ?1 AND id = ?2";
    let mut tasks = connection.prepare_cached(sql)?;
    let dependencies: Option<Vec<String>> =
        tasks.query_row([workspace, task], |row| json(row, "dependencies")).optional()?;
    let mut is_open = connection.prepare_cached(IS_OPEN)?;
    for dependency in dependencies.into_iter().flatten() {
        if is_open.query_row([workspace, &dependency], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether everything the write stands on is still so.
fn stands(connection: &Connection, workspace: &str, write: &ConditionalWrite) -> Result<bool, StoreError> {
    if let Some(agent) = &write.agent {
        let sql = "SELECT version FROM agents WHERE workspace = ?1 AND id = ?2";
        if version(connection, sql, workspace, agent.id.as_str())? != agent.version - 1 {
            return Ok(false);
        }
    }
    let Some(claim) = &write.claim else { return Ok(true) };
    let sql = "SELECT version FROM claims WHERE workspace = ?1 AND task_id = ?2";
    if version(connection, sql, workspace, &claim.task_id)? != claim.version - 1 {
        return Ok(false);
    }
    if let Some(known) = write.moved_at {
        let sql = "SELECT moved_at FROM tasks WHERE workspace = ?1 AND id = ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let moved_at: Option<i64> =
            statement.query_row([workspace, &claim.task_id], |row| row.get(0)).optional()?;
        if moved_at != Some(known.0) {
            return Ok(false);
        }
    }
    if write.unblocked && is_blocked(connection, workspace, &claim.task_id)? {
        return Ok(false);
    }
    if claim.is_live(write.at) && holds_another(connection, workspace, claim, write.at)? {
        return Ok(false);
    }
    write.settled_before.map_or(Ok(true), |before| is_settled(connection, workspace, &claim.task_id, before))
}

fn carry_out(connection: &Connection, workspace: &str, write: &ConditionalWrite) -> Result<(), StoreError> {
    if let Some(agent) = &write.agent {
        connection
            .prepare_cached(
                "INSERT INTO agents (workspace, id, version, record) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (workspace, id) DO UPDATE SET version = excluded.version, record = excluded.record",
            )?
            .execute(params![workspace, agent.id.as_str(), agent.version, to_json(agent)])?;
    }
    if let Some(claim) = &write.claim {
        let watched = claim.state == ClaimState::Live && !claim.expiry_recorded;
        connection
            .prepare_cached(
                "INSERT INTO claims (workspace, task_id, version, record, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (workspace, task_id) DO UPDATE SET version = excluded.version,
                 record = excluded.record, expires_at = excluded.expires_at",
            )?
            .execute(params![
                workspace,
                claim.task_id,
                claim.version,
                to_json(claim),
                watched.then_some(claim.expires_at.0)
            ])?;
    }
    if let Some(done) = &write.completion {
        connection
            .prepare_cached("INSERT INTO completions VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![workspace, done.task_id, done.generation, done.agent_id, done.at.0])?;
    }
    Ok(())
}

fn commit_first(
    connection: &Connection,
    workspace: &str,
    writes: &[ConditionalWrite],
) -> Result<Option<usize>, StoreError> {
    for (position, write) in writes.iter().enumerate() {
        if stands(connection, workspace, write)? {
            carry_out(connection, workspace, write)?;
            append(connection, workspace, &write.effects)?;
            return Ok(Some(position));
        }
    }
    Ok(None)
}

/// Rows of a table: those of `ids`, or all.
fn rows<T>(
    connection: &Connection,
    (all, one): (&'static str, &'static str),
    workspace: &str,
    ids: Option<Vec<String>>,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let Some(ids) = ids else {
        let mut statement = connection.prepare_cached(all)?;
        return Ok(statement.query_map([workspace], read)?.collect::<Result<_, _>>()?);
    };
    let mut statement = connection.prepare_cached(one)?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(statement.query_row([workspace, &id], read).optional()?);
    }
    Ok(found)
}

#[async_trait]
impl ClaimStore for SqliteStore {
    async fn commit_first(
        &self,
        workspace: &Workspace,
        writes: Vec<ConditionalWrite>,
    ) -> Result<Option<usize>, StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| commit_first(connection, workspace.as_str(), &writes))
            .await
    }

    async fn agents(
        &self,
        workspace: &Workspace,
        ids: Option<Vec<String>>,
    ) -> Result<Vec<Agent>, StoreError> {
        let workspace = workspace.clone();
        let sql = ("SELECT record FROM agents WHERE workspace = ?1", AGENT);
        self.read(move |connection| rows(connection, sql, workspace.as_str(), ids, |row| json(row, "record")))
            .await
    }

    async fn claims(
        &self,
        workspace: &Workspace,
        ids: Option<Vec<String>>,
    ) -> Result<Vec<Claim>, StoreError> {
        let workspace = workspace.clone();
        let sql = ("SELECT * FROM claims WHERE workspace = ?1", CLAIM);
        self.read(move |connection| rows(connection, sql, workspace.as_str(), ids, read_claim)).await
    }

    async fn expired(
        &self,
        workspace: &Workspace,
        now: StoreMillis,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let sql =
                "SELECT * FROM claims WHERE +workspace = ?3 AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![now.0, limit, workspace.as_str()], read_claim)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}
