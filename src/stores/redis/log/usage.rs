//! Usage: added up by a script as it comes in, and here when it is asked for, hour by hour.

use std::collections::HashMap;

use async_trait::async_trait;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};

use super::{streams::PART, usage_hours::row_name};
use crate::{
    model::{UnixMillis, UsageRow, UsageSum, Workspace},
    stores::{
        StoreError, UsageBy, UsagePart, UsageQuery, UsageSeries, UsageStore,
        redis::{
            RedisStore,
            script::{ScriptArguments, script},
        },
    },
};

script!(ADD_USAGE, "log/add_usage");

/// Rows added in one run of the script: it takes some 14 us for each, and everybody waits meanwhile.
const ROWS: usize = 100;
/// Hours asked for at once.
const AT_ONCE: usize = 8;

fn counted(arguments: ScriptArguments, row: &UsageRow) -> ScriptArguments {
    arguments
        .number(row.hour)
        .bytes(row_name(row))
        .number(row.calls as i64)
        .number(row.errors as i64)
        .number(row.limited as i64)
        .bytes(row.durations.to_text())
        .bytes(row.user_id.as_str())
}

/// What was called in one hour, by name.
fn sums(rows: Vec<UsageRow>, by: UsageBy) -> HashMap<String, UsageSum> {
    let mut sums: HashMap<String, UsageSum> = HashMap::new();
    for row in rows {
        let UsageRow { hour, calls, errors, limited, durations, .. } = row;
        let name = match by {
            UsageBy::Key => row.key_id,
            UsageBy::User => row.user_id,
            UsageBy::Tool => row.tool,
        };
        let more = UsageSum {
            name: name.clone(),
            calls,
            errors,
            limited,
            durations,
            busiest_hour: Some((hour, calls)),
        };
        match sums.get_mut(&name) {
            Some(sum) => {
                sum.add(&more);
                sum.busiest_hour = Some((hour, sum.calls));
            }
            None => drop(sums.insert(name, more)),
        }
    }
    sums
}

impl RedisStore {
    /// Those hours with their rows, in their order.
    fn each_hour<'a>(
        &'a self,
        workspace: &'a Workspace,
        hours: Vec<i64>,
    ) -> impl Stream<Item = Result<(i64, Vec<UsageRow>), StoreError>> + 'a {
        let read = move |hour| async move { Ok((hour, self.usage_of(workspace, hour).await?)) };
        stream::iter(hours).map(read).buffered(AT_ONCE)
    }
}

#[async_trait]
impl UsageStore for RedisStore {
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError> {
        let mut of_workspaces: HashMap<Workspace, Vec<UsageRow>> = HashMap::new();
        for row in rows {
            of_workspaces.entry(row.workspace.clone()).or_default().push(row);
        }
        for (workspace, rows) in of_workspaces {
            for part in rows.chunks(ROWS) {
                let arguments = ScriptArguments::default().each(part, counted);
                self.run::<()>(&workspace, &ADD_USAGE, arguments).await?;
            }
        }
        Ok(())
    }

    async fn usage(&self, workspace: &Workspace, query: UsageQuery) -> Result<Vec<UsageSum>, StoreError> {
        let hours = self.usage_hours(workspace, query.since.hour(), query.before_hour).await?;
        let mut all: HashMap<String, UsageSum> = HashMap::new();
        let mut each = std::pin::pin!(self.each_hour(workspace, hours));
        while let Some((_, rows)) = each.try_next().await? {
            for (name, later) in sums(rows, query.by) {
                match all.get_mut(&name) {
                    Some(sum) => sum.add(&later),
                    None => drop(all.insert(name, later)),
                }
            }
        }
        let mut all: Vec<_> = all.into_values().collect();
        all.sort_unstable_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.name.cmp(&b.name)));
        Ok(all.into_iter().skip(query.offset).take(query.limit).collect())
    }

    async fn usage_series(
        &self,
        workspace: &Workspace,
        series: UsageSeries,
    ) -> Result<Vec<UsagePart>, StoreError> {
        let UsageSeries { first_hour, part_hours, parts, key_id } = series;
        let mut found = vec![UsagePart::default(); parts];
        let end = first_hour.saturating_add(part_hours.saturating_mul(parts as i64));
        let hours = self.usage_hours(workspace, first_hour, end).await?;
        let mut each = std::pin::pin!(self.each_hour(workspace, hours));
        while let Some((hour, rows)) = each.try_next().await? {
            let at = (hour - first_hour).checked_div(part_hours).and_then(|at| usize::try_from(at).ok());
            let Some(part) = at.and_then(|at| found.get_mut(at)) else { continue };
            let wanted = |row: &&UsageRow| key_id.as_ref().is_none_or(|key| *key == row.key_id);
            *part = rows.iter().filter(wanted).fold(*part, |sum, row| {
                sum.with(UsagePart { calls: row.calls, errors: row.errors, limited: row.limited })
            });
        }
        Ok(found)
    }

    async fn forget_usage(
        &self,
        workspace: &Workspace,
        since: UnixMillis,
        most: u32,
    ) -> Result<(), StoreError> {
        let old = self.usage_hours(workspace, i64::MIN, since.hour()).await?;
        self.drop_usage(workspace, &old).await?;
        let hours = self.usage_hours(workspace, since.hour(), i64::MAX).await?;
        let mut rows = 0;
        for (index, part) in hours.rchunks(PART).enumerate() {
            let counts = self.usage_rows(workspace, part).await?;
            for (place, count) in counts.into_iter().enumerate().rev() {
                rows += count;
                if rows > u64::from(most) {
                    let end = hours.len().saturating_sub(index * PART + part.len()) + place + 1;
                    return self.drop_usage(workspace, hours.get(..end).unwrap_or_default()).await;
                }
            }
        }
        Ok(())
    }
}
