//! What a connection is doing, and since when: shared by its socket, which waits accordingly, and its requests, which say it.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::mcp::Stream;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Activity {
    ReadingHead,
    Answering,
    /// What is answered is still being sent.
    ReadingBody,
    Idle,
}

/// It has not been waited for yet: nearly all requests come whole, and asking for the time takes time.
const NOT_YET: u64 = u64::MAX;

/// The state of one connection.
#[derive(Clone, Debug)]
pub(super) struct ConnectionPhase(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    activity: AtomicU8,
    /// Milliseconds after `opened`, or [`NOT_YET`].
    since: AtomicU64,
    opened: Instant,
    in_a_hurry: AtomicBool,
    /// The stream of messages it sends.
    sends: Mutex<Option<Arc<Stream>>>,
}

/// Says that a request is being answered until it is dropped.
#[derive(Debug)]
pub(super) struct Answering(ConnectionPhase);

impl ConnectionPhase {
    /// A connection that was just opened.
    pub(super) fn opened() -> Self {
        Self(Arc::new(Shared {
            activity: AtomicU8::new(Activity::ReadingHead as u8),
            since: AtomicU64::new(0),
            opened: Instant::now(),
            in_a_hurry: AtomicBool::new(false),
            sends: Mutex::default(),
        }))
    }

    /// A head was read.
    pub(super) fn answering(&self) -> Answering {
        self.enter(Activity::Answering, NOT_YET);
        Answering(self.clone())
    }

    /// Something was read: the first byte after an idle time starts the next request's head.
    pub(super) fn read(&self) {
        if self.activity() == Activity::Idle {
            self.enter(Activity::ReadingHead, NOT_YET);
        }
    }

    /// The rest of a request is asked for.
    pub(super) fn body_begins(&self) {
        self.enter(Activity::ReadingBody, NOT_YET);
    }

    /// All of it is there, or nobody wants the rest.
    pub(super) fn body_ends(&self) {
        if self.activity() == Activity::ReadingBody {
            self.enter(Activity::Answering, NOT_YET);
        }
    }

    /// It shall not wait for the other side to close.
    pub(super) fn hurry(&self) {
        self.0.in_a_hurry.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_in_a_hurry(&self) -> bool {
        self.0.in_a_hurry.load(Ordering::Relaxed)
    }

    pub(super) fn activity(&self) -> Activity {
        match self.0.activity.load(Ordering::Relaxed) {
            0 => Activity::ReadingHead,
            1 => Activity::Answering,
            2 => Activity::ReadingBody,
            _ => Activity::Idle,
        }
    }

    /// Since when it does that: from now, if nobody asked before.
    pub(super) fn since(&self) -> Instant {
        let mut since = self.0.since.load(Ordering::Relaxed);
        if since == NOT_YET {
            since = self.elapsed();
            self.0.since.store(since, Ordering::Relaxed);
        }
        self.0.opened + Duration::from_millis(since)
    }

    /// Whether it sends a stream that ended because its reader did not keep up.
    pub(super) fn is_overrun(&self) -> bool {
        let sends = self.0.sends.lock().unwrap_or_else(PoisonError::into_inner);
        sends.as_ref().is_some_and(|stream| stream.is_overrun())
    }

    fn elapsed(&self) -> u64 {
        self.0.opened.elapsed().as_millis() as u64
    }

    fn enter(&self, activity: Activity, since: u64) {
        self.0.since.store(since, Ordering::Relaxed);
        self.0.activity.store(activity as u8, Ordering::Relaxed);
    }

    fn send(&self, stream: Option<Arc<Stream>>) {
        *self.0.sends.lock().unwrap_or_else(PoisonError::into_inner) = stream;
    }
}

impl Answering {
    /// The answer is that stream.
    pub(super) fn with(&self, stream: Arc<Stream>) {
        self.0.send(Some(stream));
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.send(None);
        let now = self.0.elapsed();
        self.0.enter(Activity::Idle, now);
    }
}
