//! The legacy streams of this instance: the standalone one of each session, and those that can be resumed.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use dashmap::DashMap;

use super::{Stream, stream::Budget};
use crate::model::UnixMillis;

/// How long a stream can be resumed after it was last used.
const KEEP_MILLIS: i64 = 300_000;

/// Names an event: instance, stream and sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventId {
    instance: Arc<str>,
    stream: u64,
    /// Its place in the stream; 0 stands before the first event.
    pub sequence: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}-{}", self.instance, self.stream, self.sequence)
    }
}

impl EventId {
    /// The id of another event of the same stream.
    pub fn at(&self, sequence: u64) -> Self {
        Self { sequence, ..self.clone() }
    }
}

struct Kept {
    stream: Arc<Stream>,
    session: Arc<str>,
    used_at: UnixMillis,
}

/// Streams by session and by number.
pub struct Streams {
    instance: Arc<str>,
    budget: Arc<Budget>,
    next: AtomicU64,
    kept: DashMap<u64, Kept>,
    standalone: DashMap<Arc<str>, Arc<Stream>>,
}

impl Streams {
    /// No streams, for the instance of that name.
    pub fn new(instance: &str) -> Self {
        Self {
            instance: instance.into(),
            budget: Arc::default(),
            next: AtomicU64::new(1),
            kept: DashMap::new(),
            standalone: DashMap::new(),
        }
    }

    /// A stream that can be resumed.
    pub fn resumable(&self) -> Arc<Stream> {
        Arc::new(Stream::resumable(Arc::clone(&self.budget)))
    }

    /// Keeps `stream` for resuming by that session; answers the id that stands before its first event.
    pub fn keep(&self, session: &Arc<str>, stream: &Arc<Stream>, now: UnixMillis) -> EventId {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let kept = Kept { stream: Arc::clone(stream), session: Arc::clone(session), used_at: now };
        self.kept.insert(number, kept);
        EventId { instance: Arc::clone(&self.instance), stream: number, sequence: 0 }
    }

    /// The stream an event id of that session names, if it is still kept here.
    pub fn find(
        &self,
        session: &str,
        last_event_id: &str,
        now: UnixMillis,
    ) -> Option<(Arc<Stream>, EventId)> {
        let (rest, sequence) = last_event_id.rsplit_once('-')?;
        let (instance, number) = rest.rsplit_once('-')?;
        if instance != &*self.instance {
            return None;
        }
        let (number, sequence) = (number.parse().ok()?, sequence.parse().ok()?);
        let mut kept = self.kept.get_mut(&number).filter(|kept| *kept.session == *session)?;
        kept.used_at = now;
        let id = EventId { instance: Arc::clone(&self.instance), stream: number, sequence };
        Some((Arc::clone(&kept.stream), id))
    }

    /// Makes `stream` the standalone one of its session; the one before it loses its reader and ends.
    pub fn stand_alone(&self, session: &Arc<str>, stream: &Arc<Stream>) {
        let replaced = self.standalone.insert(Arc::clone(session), Arc::clone(stream));
        if let Some(old) = replaced.filter(|old| !Arc::ptr_eq(old, stream)) {
            old.end();
            old.disconnect();
        }
    }

    /// Sends a message on the session's standalone stream, if it has one here.
    pub fn send(&self, session: &str, message: Bytes) -> bool {
        self.standalone.get(session).is_some_and(|stream| stream.push(message))
    }

    /// Sends a message on every standalone stream.
    pub fn send_all(&self, message: &Bytes) {
        for stream in &self.standalone {
            stream.push(message.clone());
        }
    }

    /// Ends everything of a session.
    pub fn end(&self, session: &str) {
        if let Some((_, stream)) = self.standalone.remove(session) {
            stream.end();
            stream.disconnect();
        }
        self.kept.retain(|_, kept| *kept.session != *session);
    }

    /// Forgets what was last used more than 5 minutes ago and nobody reads.
    pub fn sweep(&self, now: UnixMillis) {
        self.kept.retain(|_, kept| {
            if kept.stream.is_read() {
                kept.used_at = now;
            }
            now.0 - kept.used_at.0 < KEEP_MILLIS
        });
        let kept: Vec<_> = self.kept.iter().map(|kept| Arc::clone(&kept.stream)).collect();
        self.standalone
            .retain(|_, stream| stream.is_read() || kept.iter().any(|other| Arc::ptr_eq(other, stream)));
    }
}
