//! Forgets what is idle or old, each minute.

use std::{sync::Arc, time::Duration};

use crate::{
    app::limits::Rates,
    auth::BrowserSessions,
    clock::Clock,
    mcp::{SessionSettings, Streams},
    model::{Causes, UnixMillis, Workspace},
    stores::{Store, StoreError},
};

const EVERY: Duration = Duration::from_secs(60);
/// Events kept for instances that lag.
const KEEP_EVENTS: i64 = 100_000;
/// Usage is kept for 30 days, but not more rows than this, some 60 MiB: then the oldest hours go first.
const KEEP_USAGE_MILLIS: i64 = 30 * 86_400_000;
const KEEP_USAGE_ROWS: u32 = 300_000;
/// What is left of a deleted task is kept for a day; so many are forgotten at a time.
const KEEP_DELETED_MILLIS: i64 = 86_400_000;
const MOST_FORGOTTEN: u32 = 1_000;
/// The history of a deleted task is kept for 30 days, and of all tasks not more entries than this.
const KEEP_HISTORY_MILLIS: i64 = 30 * 86_400_000;
const KEEP_HISTORY: u32 = 500_000;

pub(super) struct Sweep {
    pub(super) rates: Rates,
    pub(super) browser_sessions: Arc<BrowserSessions>,
    pub(super) sessions: Arc<SessionSettings>,
    pub(super) streams: Arc<Streams>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Sweep {
    /// Sweeps until it is dropped.
    pub(super) async fn run(self) {
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            self.rates.forget_idle();
            self.streams.sweep(self.clock.store_now());
            if let Err(error) = self.drop_rows().await {
                tracing::warn!(error = %Causes(&error), "old rows were not dropped, trying again in a minute");
            }
        }
    }

    /// Drops every kind of row, whatever becomes of the others.
    async fn drop_rows(&self) -> Result<(), StoreError> {
        let (workspace, now) = (&Workspace::default(), self.clock.moment());
        let sessions = self.sessions.load(now.store).await;
        let signed_out = self.browser_sessions.load_sign_outs().await;
        let sign_outs = self.store.forget_sign_outs(workspace, now.store).await;
        let events = self.store.trim_events(workspace, KEEP_EVENTS).await;
        let replays = self.store.forget_replays(workspace, now.store).await;
        let deliveries = self.store.forget_deliveries(workspace, now.store).await;
        // A wall clock that was set far ahead for a while drops nothing.
        let today = now.wall.min(UnixMillis(now.store.0));
        let usage = self.store.forget_usage(workspace, today.plus(-KEEP_USAGE_MILLIS), KEEP_USAGE_ROWS).await;
        let deleted =
            self.store.forget_deleted(workspace, today.plus(-KEEP_DELETED_MILLIS), MOST_FORGOTTEN).await;
        let history =
            self.store.forget_history(workspace, today.plus(-KEEP_HISTORY_MILLIS), KEEP_HISTORY).await;
        sessions
            .and(signed_out)
            .and(sign_outs)
            .and(events)
            .and(replays)
            .and(deliveries)
            .and(usage)
            .and(deleted)
            .and(history)
    }
}
