//! Follows the event log, so that what one process does is known to all: the picture of the board, who watches, sessions
//! and keys. Where events are gone before they were read, everything they may have been about is read anew.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::background::Background;
use crate::{
    model::{Causes, EventKind},
    resources::{BOARD_URI, task_uri},
    stores::{Followed, OLDER_ENDED, StoreError, StoredEvent},
};

/// Longest wait for news.
const FOLLOW_EVERY: Duration = Duration::from_millis(100);
/// Tries to read the event log for which one line is logged, some 20 s.
const FAILURES_A_LINE: u32 = 100;
/// Between two looks, so that commits of one moment are read together.
const GATHER: Duration = Duration::from_millis(5);
/// Events read at once.
const BATCH: u32 = 500;

pub(super) struct Follower {
    around: Arc<Background>,
    /// The last event that was read.
    last: i64,
    /// Whether the picture of the board lacks something up to there.
    lacks: bool,
}

impl Follower {
    pub(super) fn new(around: Arc<Background>) -> Self {
        Self { around, last: 0, lacks: true }
    }

    /// Follows the log from its end.
    pub(super) async fn run(&mut self) {
        let Background { events, coordinator, .. } = &*Arc::clone(&self.around);
        self.last = loop {
            match events.last_event().await {
                Ok(last) => break last,
                Err(_) => tokio::time::sleep(FOLLOW_EVERY).await,
            }
        };
        let mut failed = 0_u32;
        loop {
            // The first time, too: read after the place in the log is known, so that nothing falls between the two.
            if self.lacks {
                match coordinator.reread().await {
                    Ok(()) => {
                        self.lacks = false;
                        coordinator.followed_to(self.last);
                    }
                    Err(error) => {
                        tracing::warn!(error = %Causes(&error), "the board could not be read, trying again");
                    }
                }
            }
            tokio::select! {
                () = coordinator.follow_wanted() => {}
                () = async {
                    events.wait_for_commit(FOLLOW_EVERY).await;
                    tokio::time::sleep(GATHER).await;
                } => {}
            }
            match self.catch_up().await {
                Ok(()) => failed = 0,
                Err(error) => {
                    if failed.is_multiple_of(FAILURES_A_LINE) {
                        tracing::error!(error = %Causes(&error), "the event log cannot be read, trying again");
                    }
                    failed = failed.wrapping_add(1);
                    tokio::time::sleep(FOLLOW_EVERY).await;
                }
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let Followed { events, missed } = self.around.events.events_after(self.last, BATCH).await?;
            let Some(newest) = events.last() else { return Ok(()) };
            if missed {
                self.read_anew(&events).await?;
            }
            self.bring(&events).await;
            self.last = newest.sequence;
            if !self.lacks {
                self.around.coordinator.followed_to(self.last);
            }
            self.tell(&events).await?;
            self.hear_of_keys(&events).await;
            if events.len() < BATCH as usize {
                return Ok(());
            }
        }
    }

    /// Brings the picture of the board up. What fails is made good by reading all of it.
    async fn bring(&mut self, events: &[StoredEvent]) {
        if self.lacks {
            return;
        }
        if let Err(error) = self.around.coordinator.follow(events).await {
            tracing::warn!(error = %Causes(&error), "the picture of the board is behind, it is read anew");
            self.lacks = true;
            self.around.coordinator.lost_track();
        }
    }

    /// Events were dropped before this process read them: whatever they were about may have changed.
    async fn read_anew(&mut self, events: &[StoredEvent]) -> Result<(), StoreError> {
        let oldest = events.first().map_or(self.last, |first| first.sequence);
        tracing::warn!(
            last = self.last,
            oldest,
            "events were dropped before this process read them: the board, keys and sessions are read anew"
        );
        self.lacks = true;
        self.around.coordinator.lost_track();
        self.around.authenticator.keys_changed();
        self.around.recheck_keys(None).await;
        self.around.sessions.load(self.around.clock.store_now()).await?;
        self.end_sessions();
        self.around.subscriptions.anything_updated();
        Ok(())
    }

    async fn hear_of_keys(&self, events: &[StoredEvent]) {
        let keys = events.iter().filter(|stored| stored.event.kind == EventKind::Key);
        let keys: BTreeSet<&str> = keys.map(|stored| stored.event.subject.as_str()).collect();
        if keys.is_empty() {
            return;
        }
        for id in &keys {
            self.around.authenticator.key_changed(id);
        }
        self.around.recheck_keys(Some(&Vec::from_iter(keys))).await;
    }

    /// Tells clients. A resource that changed several times is told of once.
    async fn tell(&self, events: &[StoredEvent]) -> Result<(), StoreError> {
        let mut changed = BTreeSet::new();
        let mut older_ended = false;
        for stored in events {
            let event = &stored.event;
            match event.kind {
                EventKind::Task | EventKind::Claim => {
                    changed.insert((&stored.workspace, task_uri(&event.subject)));
                    changed.insert((&stored.workspace, BOARD_URI.to_owned()));
                }
                EventKind::Session if event.action == OLDER_ENDED => older_ended = true,
                EventKind::Session => {
                    if self.around.sessions.follow(event).await? {
                        self.around.streams.end(&event.subject);
                    }
                }
                EventKind::Key | EventKind::Agent | EventKind::Unknown => {}
            }
        }
        if older_ended {
            self.around.sessions.learn_marks(self.around.clock.store_now()).await?;
            self.end_sessions();
        }
        for (workspace, uri) in changed {
            self.around.subscriptions.resource_updated(workspace, &uri);
        }
        Ok(())
    }

    /// Ends every stream here whose session has ended, wherever that was.
    fn end_sessions(&self) {
        let Some(open) = &self.around.open else { return };
        for session in open.sessions() {
            if self.around.sessions.has_ended(&session) {
                self.around.streams.end(&session.digest);
            }
        }
    }
}
