//! Usage, added up in place.

use std::collections::HashMap;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::SqliteStore;
use crate::{
    model::{Durations, UnixMillis, UsageRow, UsageSum, Workspace},
    stores::{StoreError, UsageBy, UsagePart, UsageQuery, UsageSeries, UsageStore},
};

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

/// Two walks over the rows, of which none is kept: one counts calls by name, one adds up the rest for the names of the page.
fn sums(connection: &Connection, workspace: &str, query: UsageQuery) -> rusqlite::Result<Vec<UsageSum>> {
    let name = match query.by {
        UsageBy::Key => "key_id",
        UsageBy::User => "user_id",
        UsageBy::Tool => "tool",
    };
    let since = query.since.hour();
    let from: [&dyn ToSql; 3] = [&workspace, &since, &query.before_hour];
    let mut calls: HashMap<Box<str>, u64> = HashMap::new();
    let within = "workspace = ?1 AND hour >= ?2 AND hour < ?3";
    let counts = format!("SELECT {name}, calls FROM usage WHERE {within}");
    let mut statement = connection.prepare_cached(&counts)?;
    let mut rows = statement.query(&from[..])?;
    while let Some(row) = rows.next()? {
        let count = row.get::<_, i64>(1)?.unsigned_abs();
        match calls.get_mut(row.get_ref(0)?.as_str()?) {
            Some(sum) => *sum += count,
            None => drop(calls.insert(row.get::<_, Box<str>>(0)?, count)),
        }
    }
    let mut names: Vec<_> = calls.into_iter().collect();
    names.sort_unstable_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
    let names: Vec<_> = names.into_iter().skip(query.offset).take(query.limit).collect();
    let places: HashMap<&str, usize> =
        names.iter().enumerate().map(|(at, (name, _))| (&**name, at)).collect();
    let mut sums: Vec<_> = names.iter().map(|(name, _)| Adding::of(name)).collect();
    let whole = format!(
        "SELECT {name}, hour, calls, errors, limited, durations FROM usage WHERE {within}
         ORDER BY workspace, hour"
    );
    let mut statement = connection.prepare_cached(&whole)?;
    let mut rows = statement.query(&from[..])?;
    while let Some(row) = rows.next()? {
        if let Some(at) = places.get(row.get_ref(0)?.as_str()?) {
            sums[*at].add(row)?;
        }
    }
    Ok(sums.into_iter().map(Adding::done).collect())
}

/// A sum that is being made of rows in the order of their hours.
struct Adding {
    sum: UsageSum,
    hour: (i64, u64),
}

impl Adding {
    fn of(name: &str) -> Self {
        let sum = UsageSum {
            name: name.to_owned(),
            calls: 0,
            errors: 0,
            limited: 0,
            durations: Durations::default(),
            busiest_hour: None,
        };
        Self { sum, hour: (i64::MIN, 0) }
    }

    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
        let hour = row.get(1)?;
        if hour != self.hour.0 {
            self.end_hour();
            self.hour = (hour, 0);
        }
        self.hour.1 += count(2)?;
        self.sum.calls += count(2)?;
        self.sum.errors += count(3)?;
        self.sum.limited += count(4)?;
        self.sum.durations.merge(&Durations::from_text(row.get_ref(5)?.as_str()?));
        Ok(())
    }

    fn end_hour(&mut self) {
        if self.hour.0 != i64::MIN && self.sum.busiest_hour.is_none_or(|(_, most)| most < self.hour.1) {
            self.sum.busiest_hour = Some(self.hour);
        }
    }

    fn done(mut self) -> UsageSum {
        self.end_hour();
        self.sum
    }
}

fn series(connection: &Connection, workspace: &str, asked: &UsageSeries) -> rusqlite::Result<Vec<UsagePart>> {
    let UsageSeries { first_hour, part_hours, parts, key_id } = asked;
    let mut found = vec![UsagePart::default(); *parts];
    let end = first_hour.saturating_add(part_hours.saturating_mul(*parts as i64));
    let sql = "SELECT (hour - ?2) / ?4, SUM(calls), SUM(errors), SUM(limited) FROM usage
               WHERE workspace = ?1 AND hour >= ?2 AND hour < ?3 AND (?5 IS NULL OR key_id = ?5) GROUP BY 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![workspace, first_hour, end, part_hours, key_id])?;
    while let Some(row) = rows.next()? {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
        let part = usize::try_from(row.get::<_, i64>(0)?).ok().and_then(|at| found.get_mut(at));
        if let Some(part) = part {
            *part = UsagePart { calls: count(1)?, errors: count(2)?, limited: count(3)? };
        }
    }
    Ok(found)
}

#[async_trait]
impl UsageStore for SqliteStore {
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        self.writer.write(false, move |connection| rows.iter().try_for_each(|row| add(connection, row))).await
    }

    async fn usage(&self, workspace: &Workspace, query: UsageQuery) -> Result<Vec<UsageSum>, StoreError> {
        let workspace = workspace.clone();
        self.scan(move |connection| Ok(sums(connection, workspace.as_str(), query)?)).await
    }

    async fn usage_series(
        &self,
        workspace: &Workspace,
        series: UsageSeries,
    ) -> Result<Vec<UsagePart>, StoreError> {
        let workspace = workspace.clone();
        self.scan(move |connection| Ok(self::series(connection, workspace.as_str(), &series)?)).await
    }

    async fn forget_usage(
        &self,
        workspace: &Workspace,
        since: UnixMillis,
        most: u32,
    ) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                let workspace = workspace.as_str();
                let old = "DELETE FROM usage WHERE workspace = ?1 AND hour < ?2";
                connection.execute(old, params![workspace, since.hour()])?;
                let beyond =
                    "SELECT hour FROM usage WHERE workspace = ?1 ORDER BY hour DESC LIMIT 1 OFFSET ?2";
                let hour: Option<i64> =
                    connection.query_row(beyond, params![workspace, most], |row| row.get(0)).optional()?;
                if let Some(hour) = hour {
                    let surplus = "DELETE FROM usage WHERE workspace = ?1 AND hour <= ?2";
                    connection.execute(surplus, params![workspace, hour])?;
                }
                Ok(())
            })
            .await
    }
}
