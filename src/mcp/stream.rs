//! A bounded queue of messages to one client, read by at most one connection at a time.
//!
//! A reader that does not keep up is closed when the queue is full. A stream that keeps what was sent can be read
//! again from an earlier event, within 256 events or 256 KiB.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::sync::Notify;

/// Events of one stream.
const MAX_EVENTS: usize = 256;
/// Bytes of one stream.
const MAX_BYTES: usize = 256 * 1024;
/// Bytes kept for reading again, in all streams.
const MAX_KEPT: usize = 64 * 1024 * 1024;

/// Bytes kept in all streams of a process.
#[derive(Debug, Default)]
pub(super) struct Budget(AtomicUsize);

/// A queue of messages.
#[derive(Debug)]
pub struct Stream {
    inner: Mutex<Inner>,
    /// Tells that a connection began or ceased to read.
    presence: Notify,
    /// `Some`: sent events are kept, on this budget.
    kept: Option<Arc<Budget>>,
}

#[derive(Debug)]
struct Inner {
    events: VecDeque<Bytes>,
    bytes: usize,
    /// Sequence of the first event in `events`.
    first: u64,
    /// Sequence of the next event to be read.
    cursor: u64,
    /// The connection that may read.
    reader: u64,
    attached: bool,
    ended: bool,
    /// It ended because whoever reads did not keep up.
    overrun: bool,
    waker: Option<Waker>,
}

/// One connection's right to read a stream; a newer one takes it away.
#[derive(Debug)]
pub struct Reader {
    stream: Arc<Stream>,
    number: u64,
}

impl Default for Stream {
    fn default() -> Self {
        Self::with(None)
    }
}

impl Stream {
    /// A stream that keeps what was sent.
    pub(super) fn resumable(budget: Arc<Budget>) -> Self {
        Self::with(Some(budget))
    }

    fn with(kept: Option<Arc<Budget>>) -> Self {
        let inner = Inner {
            events: VecDeque::new(),
            bytes: 0,
            first: 1,
            cursor: 1,
            reader: 0,
            attached: false,
            ended: false,
            overrun: false,
            waker: None,
        };
        Self { inner: Mutex::new(inner), presence: Notify::new(), kept }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a message; `false` when the stream has ended. A full queue ends it if somebody reads, and drops its
    /// oldest message if nobody does.
    pub fn push(&self, message: Bytes) -> bool {
        let mut inner = self.lock();
        if inner.ended {
            return false;
        }
        inner.bytes += message.len();
        self.account(message.len(), 0);
        inner.events.push_back(message);
        while inner.events.len() > MAX_EVENTS || (inner.bytes > MAX_BYTES && inner.events.len() > 1) {
            if inner.attached && inner.first >= inner.cursor {
                (inner.ended, inner.overrun) = (true, true);
                break;
            }
            self.drop_first(&mut inner);
        }
        wake(&mut inner);
        !inner.ended
    }

    /// No more messages will come: a reader ends once it has read what there is.
    pub fn end(&self) {
        let mut inner = self.lock();
        inner.ended = true;
        wake(&mut inner);
    }

    /// Whether no more messages will come.
    pub fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// Whether it ended because its reader did not keep up: nobody has to be given the rest.
    pub fn is_overrun(&self) -> bool {
        self.lock().overrun
    }

    /// Whether a connection reads it.
    pub(super) fn is_read(&self) -> bool {
        self.lock().attached
    }

    /// Returns once a connection reads it, or once none does.
    pub(super) async fn until_read(&self, read: bool) {
        loop {
            let changed = self.presence.notified();
            if self.is_read() == read {
                return;
            }
            changed.await;
        }
    }

    /// Ends the connection that reads, but not the stream.
    pub fn disconnect(&self) {
        let mut inner = self.lock();
        inner.reader += 1;
        inner.attached = false;
        wake(&mut inner);
        drop(inner);
        self.presence.notify_waiters();
    }

    /// Takes over reading, from the next unread message.
    pub fn attach(self: &Arc<Self>) -> Reader {
        let mut inner = self.lock();
        inner.reader += 1;
        inner.attached = true;
        wake(&mut inner);
        let number = inner.reader;
        drop(inner);
        self.presence.notify_waiters();
        Reader { stream: Arc::clone(self), number }
    }

    /// Takes over reading from the message after `sequence`; `None` when that is no longer kept.
    pub fn attach_after(self: &Arc<Self>, sequence: u64) -> Option<Reader> {
        {
            let mut inner = self.lock();
            let end = inner.first + inner.events.len() as u64;
            let next = sequence.checked_add(1)?;
            if !(inner.first..=end).contains(&next) {
                return None;
            }
            inner.cursor = next;
        }
        Some(self.attach())
    }

    fn drop_first(&self, inner: &mut Inner) {
        if let Some(dropped) = inner.events.pop_front() {
            inner.bytes -= dropped.len();
            inner.first += 1;
            inner.cursor = inner.cursor.max(inner.first);
            self.account(0, dropped.len());
        }
    }

    fn account(&self, more: usize, less: usize) {
        if let Some(budget) = &self.kept {
            budget.0.fetch_add(more, Ordering::Relaxed);
            budget.0.fetch_sub(less, Ordering::Relaxed);
        }
    }

    fn keeps(&self) -> bool {
        self.kept.as_ref().is_some_and(|budget| budget.0.load(Ordering::Relaxed) < MAX_KEPT)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let bytes = self.lock().bytes;
        self.account(0, bytes);
    }
}

impl Reader {
    /// What it reads.
    pub fn stream(&self) -> Arc<Stream> {
        Arc::clone(&self.stream)
    }

    /// The next message with its sequence; `None` when the stream has ended or a newer reader took over.
    pub fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<(u64, Bytes)>> {
        let mut inner = self.stream.lock();
        if inner.reader != self.number {
            return Poll::Ready(None);
        }
        let position = (inner.cursor - inner.first) as usize;
        if let Some(message) = inner.events.get(position).cloned() {
            let sequence = inner.cursor;
            inner.cursor += 1;
            // Whoever waits for its socket to take this still has to hear that the stream ended.
            inner.wakes(context);
            if !self.stream.keeps() {
                self.stream.drop_first(&mut inner);
            }
            return Poll::Ready(Some((sequence, message)));
        }
        if inner.ended {
            return Poll::Ready(None);
        }
        inner.wakes(context);
        Poll::Pending
    }

    /// Ready when [`Self::poll_next`] would be.
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.stream.lock();
        let unread = inner.cursor < inner.first + inner.events.len() as u64;
        if unread || inner.ended || inner.reader != self.number {
            return Poll::Ready(());
        }
        inner.wakes(context);
        Poll::Pending
    }

    /// The next message.
    pub async fn next(&self) -> Option<(u64, Bytes)> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut inner = self.stream.lock();
        if inner.reader == self.number {
            inner.attached = false;
            drop(inner);
            self.stream.presence.notify_waiters();
        }
    }
}

impl Inner {
    /// What comes wakes that task.
    fn wakes(&mut self, context: &Context<'_>) {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            self.waker = Some(context.waker().clone());
        }
    }
}

fn wake(inner: &mut Inner) {
    if let Some(waker) = &inner.waker {
        waker.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reader: &Reader) -> Option<u64> {
        match reader.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some((sequence, _))) => Some(sequence),
            _ => None,
        }
    }

    #[test]
    fn the_newest_reader_takes_over_and_a_kept_stream_reads_again() {
        let stream = Arc::new(Stream::resumable(Arc::default()));
        let old = stream.attach();
        for _ in 0..3 {
            stream.push(Bytes::from_static(b"x"));
        }
        assert_eq!((read(&old), read(&old)), (Some(1), Some(2)));
        let new = stream.attach_after(1).unwrap();
        assert_eq!(read(&old), None);
        assert_eq!((read(&new), read(&new), read(&new)), (Some(2), Some(3), None));
        assert!(stream.attach_after(7).is_none());
        assert!(stream.attach_after(u64::MAX).is_none());
    }

    #[test]
    fn a_slow_reader_is_closed_and_an_absent_one_loses_the_oldest() {
        let slow = Arc::new(Stream::default());
        let reader = slow.attach();
        let taken = (0..300).filter(|_| slow.push(Bytes::from_static(b"x"))).count();
        assert_eq!(taken, MAX_EVENTS);
        assert!(slow.has_ended());
        drop(reader);
        let absent = Arc::new(Stream::resumable(Arc::default()));
        assert_eq!((0..300).filter(|_| absent.push(Bytes::from_static(b"x"))).count(), 300);
        assert_eq!(read(&absent.attach()), Some(45));
    }

    #[test]
    fn what_is_kept_is_given_back_to_the_budget() {
        let budget = Arc::new(Budget::default());
        let stream = Stream::resumable(Arc::clone(&budget));
        stream.push(Bytes::from_static(b"12345"));
        assert_eq!(budget.0.load(Ordering::Relaxed), 5);
        drop(stream);
        assert_eq!(budget.0.load(Ordering::Relaxed), 0);
    }
}
