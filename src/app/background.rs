//! What runs beside the calls: keeping the board's picture true, and forgetting what is idle.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use super::audit_head::keep_head;
use crate::{
    auth::{Authenticator, Keyring},
    clock::Clock,
    coordinator::Coordinator,
    http::OpenExchanges,
    limits::RateLimiter,
    mcp::{SessionSettings, Streams, Subscriptions},
    model::{Actor, Causes, RequestId, UnixMillis},
    shutdown::Lifecycle,
    stores::{AuditLog, EventLog, KeyStore, TaskStore, UsageStore},
    telemetry::UsageMeter,
};

/// How often ended leases and people's moves are looked for.
const UPKEEP_EVERY: Duration = Duration::from_secs(1);
/// How often keys of open streams are asked for again.
const RECHECK_EVERY: Duration = Duration::from_secs(5);
/// How often idle things are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Events kept for instances that lag.
const KEEP_EVENTS: i64 = 100_000;
/// Usage is kept for 30 days, but not more rows than this, some 60 MiB: then the oldest hours go first.
const KEEP_USAGE_MILLIS: i64 = 30 * 86_400_000;
const KEEP_USAGE_ROWS: u32 = 300_000;

/// What is left of a deleted task is kept for a day; so many are forgotten at a time.
const KEEP_DELETED_MILLIS: i64 = 86_400_000;
const MOST_FORGOTTEN: u32 = 1_000;

pub(super) struct Background {
    pub(super) events: Arc<dyn EventLog>,
    pub(super) board: Arc<dyn TaskStore>,
    pub(super) coordinator: Arc<Coordinator>,
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) keys: Arc<dyn KeyStore>,
    pub(super) keyring: Arc<Keyring>,
    pub(super) audit: Arc<dyn AuditLog>,
    /// Where the audit log's head is kept; nowhere for a store in memory.
    pub(super) head_folder: Option<PathBuf>,
    pub(super) usage: Arc<UsageMeter>,
    pub(super) usage_store: Arc<dyn UsageStore>,
    pub(super) limiter: Arc<RateLimiter>,
    pub(super) sessions: Arc<SessionSettings>,
    pub(super) streams: Arc<Streams>,
    pub(super) subscriptions: Arc<Subscriptions>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) open: Option<Arc<OpenExchanges>>,
}

impl Background {
    /// Starts looking after leases and sweeping; both end with the process's soft stop, and the process with them.
    pub(super) fn start(self: Arc<Self>, lifecycle: &Lifecycle) {
        let keeper = Arc::clone(&self);
        lifecycle.spawn_loop("looking after leases", async move { keeper.expire_leases().await });
        let reader = Arc::clone(&self);
        lifecycle.spawn_loop("reading boards", async move { reader.refresh_boards().await });
        let resealer = Arc::clone(&self);
        lifecycle.spawn_loop("sealing anew", async move {
            resealer.reseal().await;
            // There may be nothing to seal.
            std::future::pending::<()>().await;
        });
        let soft = lifecycle.soft().clone();
        lifecycle.spawn_part("sweeping", async move {
            soft.run_until_cancelled(self.sweep()).await;
            self.store_counts().await;
        });
    }

    /// Records ended leases, whatever the boards do.
    async fn expire_leases(&self) {
        let mut upkeep = every(UPKEEP_EVERY);
        loop {
            upkeep.tick().await;
            if let Err(error) = self.coordinator.expire_leases().await {
                tracing::warn!(error = %Causes(&error), "ended leases could not be recorded, trying again in a second");
            }
        }
    }

    /// Keeps the pictures of the boards true.
    async fn refresh_boards(&self) {
        let mut upkeep = every(UPKEEP_EVERY);
        loop {
            upkeep.tick().await;
            if let Err(error) = self.coordinator.refresh_boards().await {
                tracing::warn!(error = %Causes(&error), "a board could not be read, trying again in a second");
            }
        }
    }

    /// Seals what an old secret key sealed, so that it is needed no more, and looks again: others may still seal under it.
    async fn reseal(&self) {
        let mut unreadable = BTreeSet::new();
        while self.keyring.has_old_secret() {
            self.reseal_once(&mut unreadable).await;
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }

    async fn reseal_once(&self, unreadable: &mut BTreeSet<String>) {
        let known = unreadable.len();
        let request_id = RequestId::accept(None, self.clock.now());
        let actor = Actor { name: "system", request_id: request_id.as_str() };
        match self.keyring.reseal(actor, unreadable).await {
            Ok(0) if unreadable.len() == known => {}
            Ok(done) => {
                tracing::info!(
                    done,
                    unreadable = unreadable.len(),
                    "GitHub tokens were sealed under the new secret key"
                );
            }
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "GitHub tokens were not sealed anew: taskgate keys reseal");
            }
        }
    }

    /// Stores what was counted in memory, and keeps the audit log's head.
    async fn store_counts(&self) {
        let (uses, usage) = (self.authenticator.take_uses(), self.usage.take());
        let mut stored = Ok(());
        if !uses.is_empty() {
            stored = self.keys.count_uses(uses.clone()).await;
            if stored.is_err() {
                self.authenticator.give_back_uses(uses);
            }
        }
        if !usage.is_empty() {
            let added = self.usage_store.add_usage(usage.clone()).await;
            if added.is_err() {
                self.usage.give_back(usage);
            }
            stored = stored.and(added);
        }
        if let Some(folder) = &self.head_folder {
            stored = stored.and(keep_head(folder, &*self.audit).await);
        }
        if let Err(error) = stored {
            tracing::warn!(error = %Causes(&error), "counts of calls, or the audit log's head, were not stored");
        }
    }

    /// Asks the store again for the keys of open streams and waiting calls: those with these ids, or all.
    pub(super) async fn recheck_keys(&self, ids: Option<&[&str]>) {
        self.authenticator.recheck_watched(ids).await;
        if let Some(open) = &self.open {
            open.end_revoked();
        }
    }

    async fn sweep(&self) {
        let mut recheck = tokio::time::interval(RECHECK_EVERY);
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                _ = recheck.tick() => {
                    self.recheck_keys(None).await;
                    self.store_counts().await;
                }
                _ = sweep.tick() => {
                    self.limiter.forget_idle();
                    let now = self.clock.moment();
                    self.streams.sweep(now.store);
                    let forgotten = self.sessions.load(now.store).await;
                    let trimmed = self.events.trim_events(KEEP_EVENTS).await;
                    let replays = self.keys.forget_replays(now.store).await;
                    // A wall clock that was set far ahead for a while drops nothing.
                    let today = now.wall.min(UnixMillis(now.store.0));
                    let usage = self.usage_store.forget_usage(today.plus(-KEEP_USAGE_MILLIS), KEEP_USAGE_ROWS).await;
                    let deleted = self.board.forget_deleted(today.plus(-KEEP_DELETED_MILLIS), MOST_FORGOTTEN).await;
                    if let Err(error) = forgotten.and(trimmed).and(replays).and(usage).and(deleted) {
                        tracing::warn!(error = %Causes(&error), "old rows were not dropped, trying again in a minute");
                    }
                }
            }
        }
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}
