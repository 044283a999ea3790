//! Usage, added up in place.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::SqliteStore;
use crate::{
    model::{Durations, UnixMillis, UsageRow, Workspace},
    stores::{StoreError, UsageStore},
};

const HOUR_MILLIS: i64 = 3_600_000;

fn read(row: &Row<'_>) -> rusqlite::Result<UsageRow> {
    let count = |name: &str| row.get::<_, i64>(name).map(i64::unsigned_abs);
    Ok(UsageRow {
        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
        hour: row.get("hour")?,
        key_id: row.get("key_id")?,
        user_id: row.get("user_id")?,
        tool: row.get("tool")?,
        calls: count("calls")?,
        errors: count("errors")?,
        limited: count("limited")?,
        durations: Durations::from_text(&row.get::<_, String>("durations")?),
    })
}

fn add(connection: &Connection, row: &UsageRow) -> Result<(), StoreError> {
    let sql = "SELECT * FROM usage WHERE workspace = ?1 AND hour = ?2 AND key_id = ?3 AND tool = ?4";
    let name = params![row.workspace.as_str(), row.hour, row.key_id, row.tool];
    let mut sum = row.clone();
    if let Some(found) = connection.prepare_cached(sql)?.query_row(name, read).optional()? {
        sum.calls += found.calls;
        sum.errors += found.errors;
        sum.limited += found.limited;
        sum.durations.merge(&found.durations);
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO usage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
        .execute(params![
            sum.workspace.as_str(),
            sum.hour,
            sum.key_id,
            sum.tool,
            sum.user_id,
            sum.calls as i64,
            sum.errors as i64,
            sum.limited as i64,
            sum.durations.to_text()
        ])?;
    Ok(())
}

#[async_trait]
impl UsageStore for SqliteStore {
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        self.writer.write(false, move |connection| rows.iter().try_for_each(|row| add(connection, row))).await
    }

    async fn usage(&self, workspace: &Workspace, since: UnixMillis) -> Result<Vec<UsageRow>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let sql = "SELECT * FROM usage WHERE workspace = ?1 AND hour >= ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![workspace.as_str(), since.0 / HOUR_MILLIS], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn forget_usage(&self, since: UnixMillis, most: u32) -> Result<(), StoreError> {
        self.writer
            .write(false, move |connection| {
                connection.execute("DELETE FROM usage WHERE hour < ?1", [since.0 / HOUR_MILLIS])?;
                let beyond = "SELECT hour FROM usage ORDER BY hour DESC LIMIT 1 OFFSET ?1";
                let hour: Option<i64> = connection.query_row(beyond, [most], |row| row.get(0)).optional()?;
                if let Some(hour) = hour {
                    connection.execute("DELETE FROM usage WHERE hour <= ?1", [hour])?;
                }
                Ok(())
            })
            .await
    }
}
