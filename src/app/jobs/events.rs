//! Follows the event log, so that what one process does is known to all: the picture of the board, who watches, sessions
//! and keys. Where events are gone before they were read, everything they may have been about is read anew.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    following::{FOLLOW_EVERY, Following},
    rechecks::Rechecks,
};
use crate::{
    auth::BrowserSessions,
    clock::Clock,
    coordinator::Coordinator,
    http::{Bell, Topics},
    mcp::{SessionSettings, Streams, Subscriptions},
    model::{Causes, EventKind, StoreTerm, Workspace},
    resources::{BOARD_URI, pull_request_of, task_uri},
    reviews::{PullRequestAddress, Reviews},
    stores::{Followed, OLDER_ENDED, StoreError, StoredEvent},
};

/// Tries to read the event log for which one line is logged, some 20 s.
const FAILURES_A_LINE: u32 = 100;
/// Between two looks, so that commits of one moment are read together.
const GATHER: Duration = Duration::from_millis(5);

pub(super) struct Events {
    pub(super) log: Following,
    pub(super) coordinator: Arc<Coordinator>,
    pub(super) reviews: Arc<Reviews>,
    pub(super) rechecks: Rechecks,
    pub(super) clients: Clients,
    pub(super) browser_sessions: Arc<BrowserSessions>,
    pub(super) bell: Arc<Bell>,
}

/// Sessions, their streams and subscriptions: what clients hear of events by.
pub(super) struct Clients {
    pub(super) sessions: Arc<SessionSettings>,
    pub(super) streams: Arc<Streams>,
    pub(super) subscriptions: Arc<Subscriptions>,
    pub(super) clock: Arc<dyn Clock>,
}

/// How far the log was read.
struct Place {
    /// The last event that was read.
    last: i64,
    /// Whether the picture of the board lacks something up to there.
    lacks: bool,
    /// The term of the store in which keys and sessions were read.
    term: StoreTerm,
    /// A board that could not be read is left alone until then.
    not_before: Option<Instant>,
}

impl Events {
    /// Follows the log from its end, until it is dropped.
    pub(super) async fn run(self) {
        let coordinator = &*self.coordinator;
        let last = self.log.end().await;
        let mut place = Place { last, lacks: true, term: coordinator.store_term(), not_before: None };
        let mut failed = 0_u32;
        loop {
            // The first time, too: read after the place in the log is known, so that nothing falls between the two.
            if place.lacks && place.not_before.is_none_or(|at| at <= Instant::now()) {
                self.reread(&mut place).await;
            }
            tokio::select! {
                () = coordinator.follow_wanted() => {}
                () = self.log.news(GATHER) => {}
            }
            match self.follow(&mut place).await {
                Ok(()) => {
                    coordinator.looked_at_log(None);
                    failed = 0;
                }
                Err(error) => {
                    coordinator.looked_at_log(Some(&error));
                    if !error.is_absence() && failed.is_multiple_of(FAILURES_A_LINE) {
                        tracing::error!(error = %Causes(&error), "the event log cannot be read, trying again");
                    }
                    failed = failed.wrapping_add(1);
                    tokio::time::sleep(FOLLOW_EVERY).await;
                }
            }
        }
    }

    /// Reads every board anew. One that fails is tried again when it says, or when the gateway has waited long enough.
    async fn reread(&self, place: &mut Place) {
        match self.coordinator.reread().await {
            Ok(()) => {
                (place.lacks, place.not_before) = (false, None);
                self.coordinator.followed_to(place.last);
                self.bell.ring(None, Topics::BOARD.and(Topics::AGENTS), self.clients.clock.now());
            }
            Err(error) => {
                let wait = error.retry_after_seconds();
                place.not_before = wait.map(|seconds| Instant::now() + Duration::from_secs(seconds));
                tracing::warn!(
                    error = %Causes(&error),
                    retry_after_seconds = wait,
                    "the board could not be read, trying again"
                );
            }
        }
    }

    /// Goes on in the log; where the store may have gone back, whatever was read from it is read anew, whether or not that is told.
    async fn follow(&self, place: &mut Place) -> Result<(), StoreError> {
        let term = self.coordinator.store_term();
        if place.term != term {
            self.read_anew(place).await?;
            place.term = term;
        }
        if !place.lacks && self.coordinator.is_outdated() {
            place.lacks = true;
            self.coordinator.lost_track();
        }
        self.catch_up(place).await
    }

    async fn catch_up(&self, place: &mut Place) -> Result<(), StoreError> {
        loop {
            let Followed { events, missed } = self.log.after(place.last).await?;
            let Some(newest) = events.last() else { return Ok(()) };
            if missed {
                let oldest = events.first().map_or(place.last, |first| first.sequence);
                tracing::warn!(
                    last = place.last,
                    oldest,
                    "events were dropped before this process read them: the board, keys and sessions are read anew"
                );
                self.read_anew(place).await?;
            }
            self.bring(place, &events).await;
            place.last = newest.sequence;
            if !place.lacks {
                self.coordinator.followed_to(place.last);
            }
            self.tell(&events).await?;
            self.hear_of_keys(&events).await;
            self.bell.follow(&events, self.clients.clock.now());
            if !Following::may_go_on(events.len()) {
                return Ok(());
            }
        }
    }

    /// Brings the picture of the board up. What fails is made good by reading all of it.
    async fn bring(&self, place: &mut Place, events: &[StoredEvent]) {
        if place.lacks {
            return;
        }
        if let Err(error) = self.coordinator.follow(events).await {
            tracing::warn!(error = %Causes(&error), "the picture of the board is behind, it is read anew");
            place.lacks = true;
            self.coordinator.lost_track();
        }
    }

    /// Whatever was read may have changed.
    async fn read_anew(&self, place: &mut Place) -> Result<(), StoreError> {
        place.lacks = true;
        self.coordinator.lost_track();
        self.rechecks.authenticator.keys_changed();
        self.rechecks.recheck(None).await;
        self.clients.sessions.load_anew(self.clients.clock.store_now()).await?;
        self.end_sessions();
        self.browser_sessions.load_sign_outs().await?;
        self.clients.subscriptions.anything_updated();
        self.bell.ring(None, Topics::ALL, self.clients.clock.now());
        Ok(())
    }

    async fn hear_of_keys(&self, events: &[StoredEvent]) {
        let keys = events.iter().filter(|stored| stored.event.kind == EventKind::Key);
        let keys: BTreeSet<&str> = keys.map(|stored| stored.event.subject.as_str()).collect();
        if keys.is_empty() {
            return;
        }
        for id in &keys {
            self.rechecks.authenticator.key_changed(id);
        }
        self.rechecks.recheck(Some(&Vec::from_iter(keys))).await;
    }

    /// Tells clients. A resource that changed several times is told of once.
    async fn tell(&self, events: &[StoredEvent]) -> Result<(), StoreError> {
        let mut changed = BTreeSet::new();
        let mut pull_requests = BTreeSet::new();
        let (mut older_ended, mut signed_out) = (false, false);
        for stored in events {
            let event = &stored.event;
            match event.kind {
                EventKind::Task | EventKind::Claim => {
                    changed.insert((&stored.workspace, task_uri(&event.subject)));
                    changed.insert((&stored.workspace, BOARD_URI.to_owned()));
                }
                EventKind::Session if event.action == OLDER_ENDED => older_ended = true,
                EventKind::Session => {
                    if self.clients.sessions.follow(event).await? {
                        self.clients.streams.end(&event.subject);
                    }
                }
                EventKind::PullRequest => {
                    if let Some(address) = PullRequestAddress::unfold(&event.subject) {
                        self.reviews.invalidate(&address);
                        pull_requests.insert((stored.workspace.clone(), address.folded()));
                    }
                }
                EventKind::SignOut => signed_out = true,
                EventKind::Key | EventKind::Agent | EventKind::Store | EventKind::Unknown => {}
            }
        }
        if signed_out {
            self.browser_sessions.load_sign_outs().await?;
        }
        if older_ended {
            self.clients.sessions.learn_marks(self.clients.clock.store_now()).await?;
            self.end_sessions();
        }
        for (workspace, uri) in changed {
            self.clients.subscriptions.resource_updated(workspace, &uri);
        }
        if !pull_requests.is_empty() {
            self.tell_of_pull_requests(&pull_requests);
        }
        Ok(())
    }

    /// Tells who watches these pull requests, in whatever spelling.
    fn tell_of_pull_requests(&self, changed: &BTreeSet<(Workspace, String)>) {
        let host = self.reviews.default_host();
        self.clients.subscriptions.resources_updated(|workspace, uri| {
            pull_request_of(uri, host)
                .is_some_and(|address| changed.contains(&(workspace.clone(), address.folded())))
        });
    }

    /// Ends every stream here whose session has ended, wherever that was.
    fn end_sessions(&self) {
        let Some(open) = &self.rechecks.open else { return };
        for session in open.sessions() {
            if self.clients.sessions.has_ended(&session) {
                self.clients.streams.end(&session.digest);
            }
        }
    }
}
