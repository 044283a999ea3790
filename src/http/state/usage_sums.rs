//! What was called by name in a long time, for pages that are looked at again and again. As with [`UsageHours`](super::UsageHours), what
//! is over is added up once a minute, the last hours anew each time.

use std::{collections::HashMap, sync::Arc};

use super::kept_sums::{HourSums, KeptSums, OPEN_HOURS};
use crate::{
    model::{UnixMillis, UsageSum, Workspace},
    stores::{StoreError, UsageBy, UsageQuery, UsageStore},
};

/// Names that are kept of one workspace, some 700 KB; where there are more, all is added up each time.
const MOST_NAMES: usize = 2_000;
/// Sums that are kept, by workspace and kind of name.
const MOST_KEPT: usize = 32;

/// The calls of workspaces by name.
pub struct UsageSums {
    store: Arc<dyn UsageStore>,
    kept: KeptSums<(Workspace, UsageBy), UsageSum>,
}

impl UsageSums {
    /// The sums in that store.
    pub fn new(store: Arc<dyn UsageStore>) -> Self {
        Self { store, kept: KeptSums::of(MOST_KEPT) }
    }

    /// At most `limit` names with what was called in the last `last_hours`, most calls first.
    pub async fn last(
        &self,
        workspace: &Workspace,
        by: UsageBy,
        (last_hours, limit): (i64, usize),
        now: UnixMillis,
    ) -> Result<Vec<UsageSum>, StoreError> {
        let first_hour = now.hour() - last_hours;
        let hours = (first_hour, now.hour() + 1 - OPEN_HOURS);
        let good = self.kept.good(&(workspace.clone(), by), now);
        let kept = match good.filter(|kept| kept.hours == hours) {
            Some(kept) => kept,
            None => self.add_up(workspace, by, hours, now).await?,
        };
        if kept.sums.len() > MOST_NAMES {
            return self.read(workspace, by, (first_hour, i64::MAX), limit).await;
        }
        let newest = self.read(workspace, by, (kept.hours.1, i64::MAX), usize::MAX).await?;
        let mut sums: HashMap<&str, UsageSum> = HashMap::new();
        for sum in kept.sums.iter().chain(&newest) {
            sums.entry(&sum.name).and_modify(|all| all.add(sum)).or_insert_with(|| sum.clone());
        }
        let mut sums: Vec<_> = sums.into_values().collect();
        sums.sort_unstable_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.name.cmp(&b.name)));
        sums.truncate(limit);
        Ok(sums)
    }

    async fn add_up(
        &self,
        workspace: &Workspace,
        by: UsageBy,
        hours: (i64, i64),
        now: UnixMillis,
    ) -> Result<HourSums<UsageSum>, StoreError> {
        let sums = self.read(workspace, by, hours, MOST_NAMES + 1).await?;
        let kept = HourSums { hours, sums: sums.into(), at: now };
        self.kept.keep((workspace.clone(), by), kept.clone());
        Ok(kept)
    }

    async fn read(
        &self,
        workspace: &Workspace,
        by: UsageBy,
        (first_hour, before_hour): (i64, i64),
        limit: usize,
    ) -> Result<Vec<UsageSum>, StoreError> {
        let since = UnixMillis::of_hour(first_hour);
        self.store.usage(workspace, UsageQuery { since, before_hour, by, limit, offset: 0 }).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        model::{Durations, UsageRow},
        secrets::SecretKey,
        stores::sqlite::SqliteStore,
    };

    const HOUR: i64 = 500_000;

    async fn call(store: &SqliteStore, hour: i64, key: &str, calls: u64) {
        let mut durations = Durations::default();
        (0..calls).for_each(|_| durations.add(Duration::from_micros(9)));
        let row = UsageRow {
            workspace: Workspace::default(),
            hour,
            key_id: key.to_owned(),
            user_id: String::from("u"),
            tool: String::from("ping"),
            calls,
            errors: 1,
            limited: 0,
            durations,
        };
        store.add_usage(vec![row]).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_kept_and_what_is_new_are_what_the_store_says_of_all() {
        let audit = SecretKey::new("usage".repeat(8).into(), None).audit_key();
        let store = Arc::new(SqliteStore::in_memory(audit).unwrap());
        let usage = UsageSums::new(Arc::clone(&store) as Arc<dyn UsageStore>);
        let now = UnixMillis::of_hour(HOUR).plus(1_000);
        let compare = async |hours: i64, at: UnixMillis| {
            let found = usage.last(&Workspace::default(), UsageBy::Key, (hours, 2), at).await.unwrap();
            let since = UnixMillis::of_hour(at.hour() - hours);
            let asked = UsageQuery { since, before_hour: i64::MAX, by: UsageBy::Key, limit: 2, offset: 0 };
            let all = store.usage(&Workspace::default(), asked).await.unwrap();
            assert_eq!(format!("{found:?}"), format!("{all:?}"));
            found.into_iter().map(|sum| (sum.name, sum.calls)).collect::<Vec<_>>()
        };
        for (hour, key, calls) in
            [(HOUR - 100, "a", 5), (HOUR - 3, "b", 4), (HOUR - 3, "a", 1), (HOUR, "c", 7)]
        {
            call(&store, hour, key, calls).await;
        }
        assert_eq!(compare(720, now).await, [(String::from("c"), 7), (String::from("a"), 6)]);
        call(&store, HOUR, "b", 9).await;
        assert_eq!(compare(720, now).await[0], (String::from("b"), 13), "what is new is seen at once");
        assert_eq!(compare(24, now).await[0].1, 13, "other hours are others' sums");
        call(&store, HOUR - 3, "a", 50).await;
        assert_eq!(compare(720, now.plus(61_000)).await[0].1, 56, "what was late is seen within a minute");
        assert_eq!(compare(720, UnixMillis::of_hour(HOUR + 1)).await[0].1, 56);
    }
}
