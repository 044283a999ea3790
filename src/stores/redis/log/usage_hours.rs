//! The hours of usage: an index of them, and of each a hash with a row for each key and tool.

use super::streams::PART;
use crate::{
    model::{Durations, UsageRow, Workspace},
    stores::{
        StoreError,
        redis::{
            RedisStore,
            row::unreadable,
            script::{ScriptArguments, script},
        },
    },
};

script!(DROP_HOURS, "log/drop_hours"; " flags=allow-oom");

const HOURS: &str = "usage";

/// The hash of an hour.
fn hash(hour: i64) -> String {
    format!("usage:{hour}")
}

/// The name of a row within its hour.
pub(super) fn row_name(row: &UsageRow) -> String {
    format!("{}\n{}", row.key_id, row.tool)
}

fn read(workspace: &Workspace, hour: i64, name: &str, row: &str) -> Option<UsageRow> {
    let (key_id, tool) = name.split_once('\n')?;
    let mut lines = row.splitn(5, '\n');
    let mut count = || lines.next()?.parse().ok();
    let (calls, errors, limited) = (count()?, count()?, count()?);
    Some(UsageRow {
        workspace: workspace.clone(),
        hour,
        key_id: key_id.to_owned(),
        tool: tool.to_owned(),
        calls,
        errors,
        limited,
        durations: Durations::from_text(lines.next()?),
        user_id: lines.next()?.to_owned(),
    })
}

impl RedisStore {
    /// The hours with usage from that one on, before the other, in their order.
    pub(super) async fn usage_hours(
        &self,
        workspace: &Workspace,
        from: i64,
        before: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let mut hours: Vec<i64> = Vec::new();
        loop {
            let from = hours.last().map_or_else(|| from.to_string(), |last| format!("({last}"));
            let mut asked = redis::cmd("ZRANGEBYSCORE");
            asked.arg(self.name(workspace, HOURS)).arg(from).arg(format!("({before}"));
            asked.arg("LIMIT").arg(0).arg(PART);
            let part: Vec<i64> = self.link.send(&asked).await?;
            let is_last = part.len() < PART;
            hours.extend(part);
            if is_last {
                return Ok(hours);
            }
        }
    }

    /// The rows of an hour.
    pub(super) async fn usage_of(
        &self,
        workspace: &Workspace,
        hour: i64,
    ) -> Result<Vec<UsageRow>, StoreError> {
        let rows = self.values(workspace, &hash(hour), None).await?;
        let read = |(name, row): (String, String)| {
            read(workspace, hour, &name, &row).ok_or_else(|| unreadable("count of calls"))
        };
        rows.into_iter().map(read).collect()
    }

    /// How many rows each of those hours has.
    pub(super) async fn usage_rows(
        &self,
        workspace: &Workspace,
        hours: &[i64],
    ) -> Result<Vec<u64>, StoreError> {
        let mut asked = redis::pipe();
        for hour in hours {
            asked.cmd("HLEN").arg(self.name(workspace, &hash(*hour)));
        }
        self.link.ask(async |connection| asked.query_async(connection).await).await
    }

    /// Drops the usage of those hours.
    pub(super) async fn drop_usage(&self, workspace: &Workspace, hours: &[i64]) -> Result<(), StoreError> {
        for part in hours.chunks(PART) {
            let arguments = ScriptArguments::default().each(part, |arguments, hour| arguments.number(*hour));
            self.run::<()>(workspace, &DROP_HOURS, arguments).await?;
        }
        Ok(())
    }
}
