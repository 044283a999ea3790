//! `GET /dashboard/stream`: tells an open page of what kind something changed; the page then fetches itself. It rings once a second
//! at most, and ends with its session, or after an hour, when the browser opens another.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream::unfold;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use crate::{
    auth::{BrowserSessions, OpenSession, Role},
    http::{
        error::Refusal,
        extract::QueryParams,
        session::Viewer,
        state::{AppState, Holder, Listener, Opener, Topics},
    },
    model::UnixMillis,
    stores::StoreError,
};

/// Between two rings.
const RING: Duration = Duration::from_secs(1);
/// Below what proxies cut off.
const COMMENT: Duration = Duration::from_secs(15);
/// How long a session that has ended may go unnoticed, when nobody told of it.
const CHECK: Duration = Duration::from_secs(4);
/// Between two rings for what changes without an event.
const FIGURES: Duration = Duration::from_secs(30);
/// The longest there is of one: balancers forget of others anyway.
const LIFE: Duration = Duration::from_secs(3_600);
/// Clocks of two gateways behind one name may differ by so much.
const SKEW_MILLIS: i64 = 2_000;

const OPENS: Bytes = Bytes::from_static(b"retry: 3000\n\n");
/// Before an end that is none: the browser comes back at once.
const COME_BACK: Bytes = Bytes::from_static(b"retry: 50\n\n");
const ALIVE: Bytes = Bytes::from_static(b":\n\n");

/// The query of `GET /dashboard/stream`.
#[derive(Deserialize)]
pub struct StreamQuery {
    /// When the page was made, in Unix milliseconds: what changed since then is told at once.
    since: Option<String>,
}

/// A stream as it is sent.
struct BellStream {
    listener: Listener,
    sessions: Arc<BrowserSessions>,
    open: Arc<OpenSession>,
    is_new: bool,
    is_over: bool,
    /// Whether the store cannot be asked who may look: nothing is told meanwhile.
    is_unknown: bool,
    may_ring: Instant,
    says_alive: Instant,
    looks: Instant,
    checks: Instant,
    ends: Instant,
}

/// `GET /dashboard/stream`.
pub async fn stream(
    State(state): State<AppState>,
    viewer: Viewer,
    QueryParams(asked): QueryParams<StreamQuery>,
) -> Result<Response, Refusal> {
    let visitor = viewer.visitor();
    let permit = state.stream_place(&visitor.actor)?;
    let since = asked.since.and_then(|text| text.parse().ok()).unwrap_or(i64::MAX);
    let since = UnixMillis(since.saturating_sub(SKEW_MILLIS));
    let listener = state.bell.listen(visitor.workspace.clone(), since);
    let opener = Opener { holder: Holder::Session(Arc::clone(viewer.open())), client: None };
    let registered = state.open_exchanges.dashboard(opener, state.clock.store_now(), &listener.ear);
    // Those that were there when the process began to stop were ended then.
    if state.lifecycle.is_stopping() {
        listener.ear.end();
    }
    let stream = BellStream::new(listener, &state.browser_sessions, viewer.open());
    let chunks = unfold((stream, (registered, permit)), |(mut stream, held)| async move {
        let chunk = stream.next().await?;
        Some((Ok::<_, Infallible>(chunk), (stream, held)))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

impl BellStream {
    fn new(listener: Listener, sessions: &Arc<BrowserSessions>, open: &Arc<OpenSession>) -> Self {
        let now = Instant::now();
        Self {
            listener,
            sessions: Arc::clone(sessions),
            open: Arc::clone(open),
            is_new: true,
            is_over: false,
            is_unknown: false,
            may_ring: now,
            says_alive: now + COMMENT,
            looks: now + FIGURES,
            checks: now + CHECK,
            ends: now + LIFE,
        }
    }

    /// What is sent next; nothing once it has ended.
    async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.is_new) {
            return Some(OPENS);
        }
        loop {
            if self.is_over || self.listener.ear.has_ended() {
                return None;
            }
            let now = Instant::now();
            if now >= self.ends {
                self.is_over = true;
                return Some(COME_BACK);
            }
            let in_doubt = !self.listener.ear.take(Topics::SESSION).is_empty();
            let may_tell = now >= self.may_ring && !self.listener.ear.unheard().is_empty();
            if (in_doubt || may_tell && !self.is_unknown || now >= self.checks) && !self.is_open().await {
                self.is_over = true;
                return Some(ring(Topics::SESSION));
            }
            if let Some(chunk) = self.due(Instant::now()) {
                return Some(chunk);
            }
            let _ = timeout_at(self.wakes(), self.listener.ear.woken()).await;
        }
    }

    /// Whether who is in the session may still look, as far as the store tells. One that is away says so later, one that fails
    /// otherwise ends nothing: nothing is told but topics.
    async fn is_open(&mut self) -> bool {
        let asked = self.sessions.visitor(&self.open.session).await;
        self.is_unknown = asked.as_ref().is_err_and(StoreError::is_absence);
        self.checks = Instant::now() + if self.is_unknown { RING } else { CHECK };
        asked.map_or(true, |visitor| visitor.is_some_and(|visitor| visitor.role >= Role::Viewer))
    }

    /// What is to be said at `now`, if anything.
    fn due(&mut self, now: Instant) -> Option<Bytes> {
        if now >= self.looks {
            self.looks = now + FIGURES;
            self.listener.ear.hear(Topics::USAGE.and(Topics::HEALTH));
        }
        let unheard = if now >= self.may_ring && !self.is_unknown {
            self.listener.ear.take(Topics::ALL.without(Topics::SESSION))
        } else {
            Topics::default()
        };
        if !unheard.is_empty() {
            (self.may_ring, self.says_alive) = (now + RING, now + COMMENT);
            return Some(ring(unheard));
        }
        if now >= self.says_alive {
            self.says_alive = now + COMMENT;
            return Some(ALIVE);
        }
        None
    }

    /// When there is something to do, though nothing changes.
    fn wakes(&self) -> Instant {
        let may_ring = !self.is_unknown && !self.listener.ear.unheard().is_empty();
        let rings = may_ring.then_some(self.may_ring);
        let others = [self.says_alive, self.looks, self.checks, self.ends];
        rings.into_iter().chain(others).min().unwrap_or(self.ends)
    }
}

fn ring(topics: Topics) -> Bytes {
    Bytes::from(format!("event: changed\ndata: {}\n\n", topics.words()))
}
