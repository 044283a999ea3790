//! What happened to tasks.

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use super::{SqliteStore, row::unreadable};
use crate::{
    model::{HistoryAction, HistoryEntry, LossCause, UnixMillis, Workspace},
    stores::{HistoryOf, HistoryStore, MOST_HISTORY_OF_TASK, StoreError, StoredHistory},
};

/// What of an entry is read, in the order of [`read`].
macro_rules! entries {
    ($whose:literal) => {
        concat!(
            "SELECT sequence, task_id, at, action, agent_id, actor, generation, progress, cause, words FROM history
             WHERE workspace = ?1 AND ",
            $whose,
            " AND sequence < ?3 ORDER BY sequence DESC LIMIT ?4"
        )
    };
}

const OF_TASK: &str = entries!("task_id = ?2");
const STOPS_OF_TASK: &str = entries!("task_id = ?2 AND action IN ('parked', 'blocked', 'moved')");
const OF_AGENT: &str = entries!("agent_id = ?2 AND agent_id <> ''");
const OF_DELETED: &str = entries!("words = ?2 AND action = 'deleted'");

/// The newest entries are taken before it is asked whose they are: by an index of the workspace all of them would be sorted.
const RECENT_AGENTS: &str = "SELECT agent_id FROM (
        SELECT workspace, agent_id, sequence FROM history ORDER BY sequence DESC LIMIT 2000
    ) WHERE workspace = ?1 AND agent_id <> '' GROUP BY agent_id ORDER BY MAX(sequence) DESC LIMIT ?2";

/// Appends an entry, and drops what it takes the place of.
pub(super) fn append(
    connection: &Connection,
    workspace: &str,
    entry: &HistoryEntry,
) -> Result<(), StoreError> {
    let same_claim = params![workspace, entry.task_id, entry.agent_id, entry.generation];
    if entry.action == HistoryAction::Progress {
        let older =
            "DELETE FROM history WHERE workspace = ?1 AND task_id = ?2 AND agent_id = ?3 AND generation IS ?4
            AND action = 'progress'";
        connection.prepare_cached(older)?.execute(same_claim)?;
    }
    if entry.action == HistoryAction::Refused {
        let known = "SELECT 1 FROM history WHERE workspace = ?1 AND task_id = ?2 AND agent_id = ?3
            AND generation IS ?4 AND action = 'refused' AND words = ?5";
        let of_report = params![workspace, entry.task_id, entry.agent_id, entry.generation, entry.words];
        if connection.prepare_cached(known)?.exists(of_report)? {
            return Ok(());
        }
    }
    connection
        .prepare_cached(
            "INSERT INTO history (workspace, task_id, at, action, agent_id, actor, generation, progress, cause, words)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            workspace,
            entry.task_id,
            entry.at.0,
            entry.action.as_str(),
            entry.agent_id,
            entry.actor,
            entry.generation,
            entry.progress,
            entry.cause.map(LossCause::as_str),
            entry.words
        ])?;
    let surplus = "DELETE FROM history WHERE workspace = ?1 AND task_id = ?2 AND sequence <= (
        SELECT sequence FROM history WHERE workspace = ?1 AND task_id = ?2 ORDER BY sequence DESC LIMIT 1 OFFSET ?3)";
    connection.prepare_cached(surplus)?.execute(params![workspace, entry.task_id, MOST_HISTORY_OF_TASK])?;
    Ok(())
}

/// By place: a page has thousands of them, and a name would be looked for in each.
fn read(row: &Row<'_>) -> rusqlite::Result<StoredHistory> {
    let cause = row.get_ref(8)?.as_str_or_null()?;
    let entry = HistoryEntry {
        task_id: row.get(1)?,
        at: UnixMillis(row.get(2)?),
        action: HistoryAction::from_word(row.get_ref(3)?.as_str()?).ok_or_else(|| unreadable("action"))?,
        agent_id: row.get(4)?,
        actor: row.get(5)?,
        generation: row.get(6)?,
        progress: row.get(7)?,
        cause: cause.map(|word| LossCause::from_word(word).ok_or_else(|| unreadable("cause"))).transpose()?,
        words: row.get(9)?,
    };
    Ok(StoredHistory { sequence: row.get(0)?, entry })
}

fn page(
    connection: &Connection,
    workspace: &str,
    of: &HistoryOf,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<StoredHistory>, StoreError> {
    let (sql, id) = match of {
        HistoryOf::Task(id) => (OF_TASK, id),
        HistoryOf::StopsOfTask(id) => (STOPS_OF_TASK, id),
        HistoryOf::Agent(id) => (OF_AGENT, id),
        HistoryOf::Deleted(key) => (OF_DELETED, key),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![workspace, id, before.unwrap_or(i64::MAX), limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn forget(
    connection: &Connection,
    workspace: &str,
    deleted_before: UnixMillis,
    most: u32,
) -> Result<(), StoreError> {
    let of_deleted = "DELETE FROM history WHERE sequence IN (
        SELECT older.sequence FROM history AS gone JOIN history AS older ON older.workspace = gone.workspace
        AND older.task_id = gone.task_id AND older.sequence <= gone.sequence
        WHERE gone.action = 'deleted' AND gone.at < ?1 AND gone.workspace = ?2)";
    connection.prepare_cached(of_deleted)?.execute(params![deleted_before.0, workspace])?;
    // Counting them takes long; where places do not reach so far apart, there are not so many.
    let span =
        "SELECT COALESCE((SELECT MAX(sequence) FROM history) - (SELECT MIN(sequence) FROM history), 0)";
    let span: i64 = connection.prepare_cached(span)?.query_row([], |row| row.get(0))?;
    if span >= i64::from(most) {
        let surplus = "DELETE FROM history WHERE +workspace = ?2 AND sequence <= (
            SELECT sequence FROM history WHERE +workspace = ?2 ORDER BY sequence DESC LIMIT 1 OFFSET ?1)";
        connection.prepare_cached(surplus)?.execute(params![most, workspace])?;
    }
    Ok(())
}

#[async_trait]
impl HistoryStore for SqliteStore {
    async fn history(
        &self,
        workspace: &Workspace,
        of: HistoryOf,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredHistory>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| page(connection, workspace.as_str(), &of, before, limit)).await
    }

    async fn histories(
        &self,
        workspace: &Workspace,
        of: Vec<HistoryOf>,
        limit: u32,
    ) -> Result<Vec<Vec<StoredHistory>>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            of.iter().map(|of| page(connection, workspace.as_str(), of, None, limit)).collect()
        })
        .await
    }

    async fn recent_agents(&self, workspace: &Workspace, most: u32) -> Result<Vec<String>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(RECENT_AGENTS)?;
            let ids = statement.query_map(params![workspace.as_str(), most], |row| row.get(0))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn forget_history(
        &self,
        workspace: &Workspace,
        deleted_before: UnixMillis,
        most: u32,
    ) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| forget(connection, workspace.as_str(), deleted_before, most))
            .await
    }
}
