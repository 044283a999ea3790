//! The calls of a workspace by the hour, for pages that are looked at again and again. Hours that are over are added up once a minute,
//! the last ones anew each time, so that a call is seen as soon as it is stored, by whatever process.

use std::sync::Arc;

use super::kept_sums::{HourSums, KeptSums, OPEN_HOURS};
use crate::{
    model::{UnixMillis, Workspace},
    stores::{StoreError, UsagePart, UsageSeries, UsageStore},
};

/// How many hours are known: 30 whole days, and the one that goes on.
const HOURS: i64 = 31 * 24;
/// Workspaces of which hours are kept: some 20 KB each.
const MOST_WORKSPACES: usize = 64;

/// The calls of workspaces by the hour.
pub struct UsageHours {
    store: Arc<dyn UsageStore>,
    kept: KeptSums<Workspace, UsagePart>,
}

impl UsageHours {
    /// The hours in that store.
    pub fn new(store: Arc<dyn UsageStore>) -> Self {
        Self { store, kept: KeptSums::of(MOST_WORKSPACES) }
    }

    /// The calls of the last `count` hours, the one that goes on at `now` last. Of more hours than 31 days have nothing is known.
    pub async fn last(
        &self,
        workspace: &Workspace,
        count: i64,
        now: UnixMillis,
    ) -> Result<Vec<UsagePart>, StoreError> {
        let this_hour = now.hour();
        let is_good =
            |kept: &HourSums<_>| kept.hours.0 <= this_hour + 1 - HOURS && kept.hours.1 <= this_hour + 1;
        let kept = match self.kept.good(workspace, now).filter(is_good) {
            Some(kept) => kept,
            None => self.add_up(workspace, now).await?,
        };
        let (open, first_hour) = (kept.hours.1, this_hour + 1 - count.clamp(0, HOURS));
        let newest = self.read(workspace, open, this_hour + 1 - open).await?;
        let over = usize::try_from(first_hour - kept.hours.0).unwrap_or_default();
        let all: Vec<_> = kept.sums.iter().copied().chain(newest).skip(over).collect();
        Ok(all)
    }

    async fn add_up(
        &self,
        workspace: &Workspace,
        now: UnixMillis,
    ) -> Result<HourSums<UsagePart>, StoreError> {
        let first_hour = now.hour() + 1 - HOURS;
        let parts = self.read(workspace, first_hour, HOURS - OPEN_HOURS).await?;
        let hours = (first_hour, first_hour.saturating_add(parts.len() as i64));
        let kept = HourSums { hours, sums: parts.into(), at: now };
        self.kept.keep(workspace.clone(), kept.clone());
        Ok(kept)
    }

    async fn read(
        &self,
        workspace: &Workspace,
        first_hour: i64,
        count: i64,
    ) -> Result<Vec<UsagePart>, StoreError> {
        let parts = usize::try_from(count).unwrap_or_default();
        let series = UsageSeries { first_hour, part_hours: 1, parts, key_id: None };
        self.store.usage_series(workspace, series).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::{
        model::{UsageRow, UsageSum},
        stores::UsageQuery,
    };

    const HOUR: i64 = 500_000;

    /// Calls of workspaces by the hour, and how many hours were read.
    #[derive(Default)]
    struct FakeUsage(Mutex<(Vec<(String, i64)>, usize)>);

    impl FakeUsage {
        fn call(&self, workspace: &str, hour: i64) {
            self.0.lock().unwrap().0.push((workspace.to_owned(), hour));
        }

        fn read_hours(&self) -> usize {
            std::mem::take(&mut self.0.lock().unwrap().1)
        }
    }

    #[async_trait]
    impl UsageStore for FakeUsage {
        async fn add_usage(&self, _: Vec<UsageRow>) -> Result<(), StoreError> {
            Ok(())
        }

        async fn usage(&self, _: &Workspace, _: UsageQuery) -> Result<Vec<UsageSum>, StoreError> {
            Ok(Vec::new())
        }

        async fn usage_series(
            &self,
            workspace: &Workspace,
            asked: UsageSeries,
        ) -> Result<Vec<UsagePart>, StoreError> {
            let mut all = self.0.lock().unwrap();
            all.1 += asked.parts;
            let calls = |hour| {
                let is_of = |(of, at): &&(String, i64)| *of == workspace.as_str() && *at == hour;
                all.0.iter().filter(is_of).count() as u64
            };
            let hours = asked.first_hour..asked.first_hour + asked.parts as i64;
            Ok(hours.map(|hour| UsagePart { calls: calls(hour), ..UsagePart::default() }).collect())
        }

        async fn forget_usage(&self, _: &Workspace, _: UnixMillis, _: u32) -> Result<(), StoreError> {
            Ok(())
        }
    }

    async fn calls(usage: &UsageHours, workspace: &str, count: i64, now: UnixMillis) -> Vec<u64> {
        let hours = usage.last(&Workspace::new(workspace), count, now).await.unwrap();
        hours.into_iter().map(|hour| hour.calls).collect()
    }

    #[tokio::test]
    async fn hours_that_are_over_are_read_once_a_minute_and_the_last_ones_each_time() {
        let store = Arc::new(FakeUsage::default());
        let usage = UsageHours::new(Arc::clone(&store) as Arc<dyn UsageStore>);
        let at = |hour, seconds: i64| UnixMillis::of_hour(hour).plus(seconds * 1_000);
        for (hour, count) in [(HOUR, 1), (HOUR - 1, 2), (HOUR - 2, 3)] {
            (0..count).for_each(|_| store.call("w", hour));
        }
        assert_eq!(calls(&usage, "w", 4, at(HOUR, 10)).await, [0, 3, 2, 1]);
        assert_eq!(store.read_hours(), HOURS as usize);
        store.call("w", HOUR);
        store.call("w", HOUR - 1);
        assert_eq!(
            calls(&usage, "w", 4, at(HOUR, 11)).await,
            [0, 3, 3, 2],
            "seen as soon as they are stored"
        );
        assert_eq!(calls(&usage, "w", 0, at(HOUR, 11)).await, [0; 0]);
        assert_eq!(store.read_hours(), 2 * OPEN_HOURS as usize, "nothing that is over");
        store.call("w", HOUR - 2);
        assert_eq!(calls(&usage, "w", 3, at(HOUR, 71)).await, [4, 3, 2], "within a minute what was late too");
        assert_eq!(calls(&usage, "other", 3, at(HOUR, 71)).await, [0; 3], "each workspace has its own");
        store.read_hours();
        assert_eq!(calls(&usage, "w", 3, at(HOUR + 1, 0)).await, [3, 2, 0]);
        assert_eq!(calls(&usage, "w", 3, at(HOUR - 5, 0)).await, [0; 3], "a clock that was set back");
        assert_eq!(calls(&usage, "w", 9_999, at(HOUR, 0)).await.len(), HOURS as usize);
    }

    #[tokio::test]
    async fn an_hour_that_begins_within_the_minute_is_read_with_those_before() {
        let store = Arc::new(FakeUsage::default());
        let usage = UsageHours::new(Arc::clone(&store) as Arc<dyn UsageStore>);
        let end_of_hour = UnixMillis::of_hour(HOUR + 1).plus(-1_000);
        store.call("w", HOUR);
        assert_eq!(calls(&usage, "w", 2, end_of_hour).await, [0, 1]);
        store.read_hours();
        store.call("w", HOUR);
        store.call("w", HOUR + 1);
        assert_eq!(calls(&usage, "w", 3, end_of_hour.plus(2_000)).await, [0, 2, 1]);
        assert_eq!(store.read_hours(), OPEN_HOURS as usize + 1);
    }

    #[tokio::test]
    async fn no_more_workspaces_are_kept_than_a_few() {
        let usage = UsageHours::new(Arc::new(FakeUsage::default()));
        for number in 0..3 * MOST_WORKSPACES {
            calls(&usage, &number.to_string(), 1, UnixMillis::of_hour(HOUR)).await;
        }
        assert!(usage.kept.len() <= MOST_WORKSPACES);
    }
}
