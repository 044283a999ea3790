//! How much each key used each tool, by the hour.

use async_trait::async_trait;

use super::StoreError;
use crate::model::{UnixMillis, UsageRow, UsageSum, Workspace};

/// What is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UsageBy {
    /// Each key's.
    Key,
    /// Each user's.
    User,
    /// Each tool's.
    Tool,
}

/// Which usage.
#[derive(Clone, Copy, Debug)]
pub struct UsageQuery {
    /// From then on.
    pub since: UnixMillis,
    /// Only hours before this one, in hours since 1970; [`i64::MAX`] for all.
    pub before_hour: i64,
    /// Added up by.
    pub by: UsageBy,
    /// At most so many names.
    pub limit: usize,
    /// Those after so many.
    pub offset: usize,
}

/// Which stretch of usage, in parts of equal length.
#[derive(Clone, Debug)]
pub struct UsageSeries {
    /// The hour it begins with; hours are counted from 1970.
    pub first_hour: i64,
    /// Hours of a part.
    pub part_hours: i64,
    /// How many parts.
    pub parts: usize,
    /// Only this key's.
    pub key_id: Option<String>,
}

/// What was called in one part of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsagePart {
    /// Calls, failed ones too.
    pub calls: u64,
    /// Failed ones.
    pub errors: u64,
    /// Those refused by a limit, which are no calls.
    pub limited: u64,
}

impl UsagePart {
    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            errors: self.errors + other.errors,
            limited: self.limited + other.limited,
        }
    }
}

/// Usage. Not on disk when acknowledged.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Adds to what is there, each row by itself.
    async fn add_usage(&self, rows: Vec<UsageRow>) -> Result<(), StoreError>;

    /// What is asked for, by name, most calls first.
    async fn usage(&self, workspace: &Workspace, query: UsageQuery) -> Result<Vec<UsageSum>, StoreError>;

    /// What was called in each part of that series, in their order; of a part without calls that there were none.
    async fn usage_series(
        &self,
        workspace: &Workspace,
        series: UsageSeries,
    ) -> Result<Vec<UsagePart>, StoreError>;

    /// Drops hours before `since`, and the oldest rows beyond `most`; in as many steps as that takes.
    async fn forget_usage(
        &self,
        workspace: &Workspace,
        since: UnixMillis,
        most: u32,
    ) -> Result<(), StoreError>;
}
