//! The legacy streams of this instance: the standalone ones of each session, and those that can be resumed.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use dashmap::DashMap;

use super::{
    places::{StreamPlace, StreamPlaces},
    stream::{Budget, Stream, StreamReader},
};
use crate::model::{Principal, StoreMillis};

/// How long a stream can be resumed after it was last used.
const KEEP_MILLIS: i64 = 300_000;
/// Standalone streams of one session.
const MAX_STANDALONE: usize = 4;

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

struct ResumableStream {
    stream: Arc<Stream>,
    session: Arc<str>,
    used_at: StoreMillis,
    kind: StreamKind,
}

/// What a stream that can be resumed is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// The answer to a call: it ends with it.
    Answer,
    /// News of the session: there is always more to come.
    Standalone,
}

/// Streams by session and by number.
pub struct Streams {
    instance: Arc<str>,
    budget: Arc<Budget>,
    next: AtomicU64,
    kept: DashMap<u64, ResumableStream>,
    /// Oldest first.
    standalone: DashMap<Arc<str>, Vec<StandaloneStream>>,
    places: Arc<StreamPlaces>,
}

/// A standalone stream is read here for as long as this is kept.
pub struct StandsAlone {
    places: Arc<StreamPlaces>,
    number: u64,
    change: Option<u64>,
}

/// A stream for news of a session, who opened it and when.
struct StandaloneStream {
    stream: Arc<Stream>,
    reader: Arc<Principal>,
    opened_at: i64,
}

impl StandsAlone {
    /// Returns once other gateways on the store know of it, or had their time: from then on they send nothing to its session.
    pub async fn until_known(&self) {
        if let Some(change) = self.change {
            self.places.until_told(change).await;
        }
    }
}

impl Drop for StandsAlone {
    fn drop(&mut self) {
        if self.change.is_some() {
            self.places.close(self.number);
        }
    }
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
            places: Arc::default(),
        }
    }

    /// A stream that can be resumed.
    pub fn resumable(&self) -> Arc<Stream> {
        Arc::new(Stream::resumable(Arc::clone(&self.budget)))
    }

    /// Keeps `stream` for resuming by that session; answers the id that stands before its first event.
    pub fn keep(
        &self,
        session: &Arc<str>,
        stream: &Arc<Stream>,
        kind: StreamKind,
        now: StoreMillis,
    ) -> EventId {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let kept =
            ResumableStream { stream: Arc::clone(stream), session: Arc::clone(session), used_at: now, kind };
        self.kept.insert(number, kept);
        EventId { instance: Arc::clone(&self.instance), stream: number, sequence: 0 }
    }

    /// Reads on after the event that an id of that session names; `None` when what follows it is not kept here any more. The
    /// answer to a call ends with what there is; a standalone stream is the session's newest again, and goes on.
    pub fn resume(
        &self,
        session: &Arc<str>,
        last_event_id: &str,
        reader: &Arc<Principal>,
        now: StoreMillis,
    ) -> Option<(StreamReader, EventId)> {
        let (rest, sequence) = last_event_id.rsplit_once('-')?;
        let (instance, number) = rest.rsplit_once('-')?;
        if instance != &*self.instance {
            return None;
        }
        let (number, sequence) = (number.parse().ok()?, sequence.parse().ok()?);
        let mut kept = self.kept.get_mut(&number).filter(|kept| kept.session == *session)?;
        kept.used_at = now;
        let (stream, kind) = (Arc::clone(&kept.stream), kept.kind);
        drop(kept);
        let attached = stream.attach_after(sequence)?;
        if kind == StreamKind::Standalone {
            stream.reopen();
            self.stand_alone(session, &stream, reader, now);
        }
        Some((attached, EventId { instance: Arc::clone(&self.instance), stream: number, sequence }))
    }

    /// Makes `stream` the newest standalone one of its session. Of too many the oldest that nobody reads ends, or else
    /// the oldest.
    pub fn stand_alone(
        &self,
        session: &Arc<str>,
        stream: &Arc<Stream>,
        reader: &Arc<Principal>,
        now: StoreMillis,
    ) {
        // Clocks of gateways differ: what is opened now is newer than what is known.
        let elsewhere = self.places.newest(session).map_or(i64::MIN, |(at, _)| at);
        let opened_at = now.0.max(elsewhere.saturating_add(1));
        let mut all = self.standalone.entry(Arc::clone(session)).or_default();
        all.retain(|known| !Arc::ptr_eq(&known.stream, stream));
        while all.len() >= MAX_STANDALONE {
            let unread = all.iter().position(|known| !known.stream.is_read());
            all.remove(unread.unwrap_or(0)).end();
        }
        all.push(StandaloneStream { stream: Arc::clone(stream), reader: Arc::clone(reader), opened_at });
    }

    /// The newest standalone stream of that session is read from now on: other gateways are told.
    pub fn read_alone(&self, session: &Arc<str>) -> StandsAlone {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let opened_at =
            self.standalone.get(session).and_then(|all| all.last().map(|newest| newest.opened_at));
        let place =
            StreamPlace { opened_at: opened_at.unwrap_or_default(), number, session: session.to_string() };
        self.end_too_many(session);
        StandsAlone { places: Arc::clone(&self.places), number, change: self.places.open(place) }
    }

    /// Where streams are read on other gateways.
    pub(crate) fn places(&self) -> &StreamPlaces {
        &self.places
    }

    /// Ends the oldest streams of that session here, where there are too many of it on all gateways.
    pub(crate) fn end_too_many(&self, session: &str) {
        let Some(mut all) = self.standalone.get_mut(session) else { return };
        while let Some(oldest) = all.iter().position(|known| known.stream.is_read()) {
            let here = all.iter().filter(|known| known.stream.is_read()).count();
            let (elsewhere, newer) = self.places.count(session, all[oldest].opened_at);
            if here + elsewhere <= MAX_STANDALONE || here - 1 + newer < MAX_STANDALONE {
                return;
            }
            all.remove(oldest).end();
        }
    }

    /// Whether what is sent to a session goes out here: no stream of it elsewhere is newer than the newest that is read here.
    fn is_newest(&self, session: &str, all: &[StandaloneStream]) -> bool {
        let Some(elsewhere) = self.places.newest(session) else { return true };
        let newest_read = all.iter().rev().find(|known| known.stream.is_read());
        newest_read.is_some_and(|known| (known.opened_at, self.instance.to_string()) > elsewhere)
    }

    /// Who reads what is sent to that session, if it has a stream here.
    pub(crate) fn reader(&self, session: &str) -> Option<Arc<Principal>> {
        let all = self.standalone.get(session).filter(|all| self.is_newest(session, all))?;
        let newest_read = all.iter().rev().find(|known| known.stream.is_read());
        newest_read.or(all.last()).map(|known| Arc::clone(&known.reader))
    }

    /// Sends a message as [`Self::send`] does, on streams that this key opened alone.
    pub(crate) fn send_to(&self, session: &str, key_id: &str, message: &Bytes) -> bool {
        let opened = |known: &StandaloneStream| *known.reader.key_id == *key_id;
        let sent =
            |all: &[StandaloneStream]| self.is_newest(session, all) && send_on_one(all, message, opened);
        self.standalone.get(session).is_some_and(|all| sent(&all))
    }

    /// Sends a message on one of the session's standalone streams here, if it has any: the newest that is read, or else
    /// the newest, where it waits to be fetched.
    pub fn send(&self, session: &str, message: &Bytes) -> bool {
        let sent =
            |all: &[StandaloneStream]| self.is_newest(session, all) && send_on_one(all, message, |_| true);
        self.standalone.get(session).is_some_and(|all| sent(&all))
    }

    /// Sends a message to every session that has a standalone stream.
    pub fn send_all(&self, message: &Bytes) {
        for all in &self.standalone {
            if self.is_newest(all.key(), &all) {
                send_on_one(&all, message, |_| true);
            }
        }
    }

    /// Ends everything of a session.
    pub fn end(&self, session: &str) {
        let all = self.standalone.remove(session).into_iter().flat_map(|(_, all)| all);
        all.for_each(StandaloneStream::end);
        self.kept.retain(|_, kept| *kept.session != *session);
    }

    /// Forgets the streams of a session that is replaced by another on the same connection.
    pub(crate) fn leave(&self, session: &str) {
        self.standalone.remove(session);
    }

    /// Forgets what was last used more than 5 minutes ago and nobody reads.
    pub fn sweep(&self, now: StoreMillis) {
        self.kept.retain(|_, kept| {
            if kept.stream.is_read() {
                kept.used_at = now;
            }
            now.since(kept.used_at) < KEEP_MILLIS
        });
        let kept: Vec<_> = self.kept.iter().map(|kept| Arc::clone(&kept.stream)).collect();
        self.standalone.retain(|_, all| {
            all.retain(|StandaloneStream { stream, .. }| {
                stream.is_read() || kept.iter().any(|other| Arc::ptr_eq(other, stream))
            });
            !all.is_empty()
        });
    }
}

impl StandaloneStream {
    fn end(self) {
        self.stream.end();
        self.stream.disconnect();
    }
}

fn send_on_one(
    oldest_first: &[StandaloneStream],
    message: &Bytes,
    is_meant: impl Fn(&StandaloneStream) -> bool,
) -> bool {
    let newest_first =
        || oldest_first.iter().rev().filter(|known| is_meant(known)).map(|known| &known.stream);
    let mut read = newest_first().filter(|stream| stream.is_read());
    read.any(|stream| stream.push(message.clone()))
        || newest_first().any(|stream| stream.push(message.clone()))
}
