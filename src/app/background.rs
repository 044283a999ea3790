//! What runs beside the calls: following the event log, and forgetting what is idle.

use std::{sync::Arc, time::Duration};

use crate::{
    auth::Authenticator,
    clock::Clock,
    http::OpenStreams,
    limits::RateLimiter,
    mcp::{Hub, SessionSettings, Streams},
    model::EventKind,
    resources::{BOARD_URI, task_uri},
    shutdown::Lifecycle,
    stores::{EventLog, StoreError, StoredEvent},
};

/// Longest wait for news.
const FOLLOW_EVERY: Duration = Duration::from_millis(100);
/// How often keys of open streams are asked for again.
const RECHECK_EVERY: Duration = Duration::from_secs(5);
/// How often idle things are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Events kept for instances that lag.
const KEEP_EVENTS: i64 = 100_000;
/// Events read at once.
const BATCH: u32 = 500;

pub(super) struct Background {
    pub(super) events: Arc<dyn EventLog>,
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) limiter: Arc<RateLimiter>,
    pub(super) sessions: Arc<SessionSettings>,
    pub(super) streams: Arc<Streams>,
    pub(super) hub: Arc<Hub>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) open: Option<Arc<OpenStreams>>,
}

impl Background {
    /// Starts following and sweeping; both end with the process's soft stop.
    pub(super) fn start(self, lifecycle: &Lifecycle) {
        let background = Arc::new(self);
        let (follower, soft) = (Arc::clone(&background), lifecycle.soft().clone());
        lifecycle.spawn(async move {
            soft.run_until_cancelled(follower.follow()).await;
        });
        let soft = lifecycle.soft().clone();
        lifecycle.spawn(async move {
            soft.run_until_cancelled(background.sweep()).await;
        });
    }

    /// Follows the event log from its end.
    async fn follow(&self) {
        let mut last = loop {
            match self.events.last_event().await {
                Ok(last) => break last,
                Err(_) => tokio::time::sleep(FOLLOW_EVERY).await,
            }
        };
        loop {
            self.events.wait_for_commit(FOLLOW_EVERY).await;
            match self.catch_up(last).await {
                Ok(sequence) => last = sequence,
                Err(error) => tracing::warn!(%error, "the event log cannot be read, trying again"),
            }
        }
    }

    async fn catch_up(&self, mut last: i64) -> Result<i64, StoreError> {
        loop {
            let events = self.events.events_after(last, BATCH).await?;
            let more = events.len() == BATCH as usize;
            let mut keys_changed = false;
            for stored in events {
                last = stored.sequence;
                keys_changed |= stored.event.kind == EventKind::Key;
                self.tell(&stored).await?;
            }
            if keys_changed {
                self.recheck_keys().await;
            }
            if !more {
                return Ok(last);
            }
        }
    }

    async fn tell(&self, stored: &StoredEvent) -> Result<(), StoreError> {
        match stored.event.kind {
            EventKind::Task => {
                self.hub.resource_updated(&stored.workspace, &task_uri(&stored.event.subject));
                self.hub.resource_updated(&stored.workspace, BOARD_URI);
            }
            EventKind::Key => self.authenticator.keys_changed(),
            EventKind::Session => {
                self.sessions.refresh(&stored.event.subject).await?;
                if self.sessions.has_ended(&stored.event.subject) {
                    self.streams.end(&stored.event.subject);
                }
            }
            EventKind::Agent => {}
        }
        Ok(())
    }

    async fn recheck_keys(&self) {
        self.authenticator.recheck_watched().await;
        if let Some(open) = &self.open {
            open.end_revoked();
        }
    }

    async fn sweep(&self) {
        let mut recheck = tokio::time::interval(RECHECK_EVERY);
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                _ = recheck.tick() => self.recheck_keys().await,
                _ = sweep.tick() => {
                    self.limiter.forget_idle();
                    self.streams.sweep(self.clock.now());
                    let forgotten = self.sessions.load(self.clock.now()).await;
                    let trimmed = self.events.trim_events(KEEP_EVENTS).await;
                    if let Err(error) = forgotten.and(trimmed) {
                        tracing::warn!(%error, "old rows were not dropped, trying again in a minute");
                    }
                }
            }
        }
    }
}
