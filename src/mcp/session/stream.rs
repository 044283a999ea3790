//! A bounded queue of messages to one client, read by at most one connection at a time.
//!
//! A reader that does not keep up is closed when 256 events or 1 MiB are unread. A stream that keeps what was sent can be
//! read again from an earlier event, within 256 events or 256 KiB. A muted one takes nothing.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::Notify;

use super::queue::Queue;

/// A reader that takes nothing for so long does not read at all.
const READS_WITHIN: Duration = Duration::from_secs(10);
/// Bytes kept for reading again, in all streams.
const MAX_KEPT: usize = 64 * 1024 * 1024;

/// Bytes kept in all streams of a process.
#[derive(Debug, Default)]
pub(crate) struct Budget(AtomicUsize);

/// A queue of messages.
#[derive(Debug)]
pub struct Stream {
    inner: Mutex<StreamState>,
    /// Tells that a connection began or ceased to read, or made the room somebody waits for.
    changed: Notify,
    is_muted: bool,
    /// `Some`: sent events are kept, on this budget.
    kept: Option<Arc<Budget>>,
}

#[derive(Debug, Default)]
struct StreamState {
    queue: Queue,
    /// The connection that may read.
    reader: u64,
    attached: bool,
    ended: bool,
    /// It ended because whoever reads did not keep up.
    overrun: bool,
    /// Whether somebody waits for room.
    awaited: bool,
    waker: Option<Waker>,
}

/// One connection's right to read a stream; a newer one takes it away.
#[derive(Debug)]
pub struct StreamReader {
    stream: Arc<Stream>,
    number: u64,
}

impl Default for Stream {
    fn default() -> Self {
        Self::with(None, false)
    }
}

impl Stream {
    /// A stream that keeps what was sent.
    pub(crate) fn resumable(budget: Arc<Budget>) -> Self {
        Self::with(Some(budget), false)
    }

    /// A stream that takes no message: the call it belongs to is answered in one piece.
    pub fn muted() -> Self {
        Self::with(None, true)
    }

    fn with(kept: Option<Arc<Budget>>, is_muted: bool) -> Self {
        Self { inner: Mutex::default(), changed: Notify::new(), is_muted, kept }
    }

    fn lock(&self) -> MutexGuard<'_, StreamState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a message; `false` when it was not taken. One too many ends a stream that somebody reads, and drops the
    /// oldest of one that nobody does.
    pub fn push(&self, message: Bytes) -> bool {
        if self.is_muted {
            return false;
        }
        let mut inner = self.lock();
        if inner.ended {
            return false;
        }
        if inner.attached && inner.queue.is_behind() {
            (inner.ended, inner.overrun) = (true, true);
            wake(&mut inner);
            self.changed.notify_waiters();
            return false;
        }
        self.account(message.len(), 0);
        inner.queue.push(message);
        while inner.queue.is_full() && (inner.queue.has_taken() || !inner.attached) {
            self.account(0, inner.queue.drop_first());
        }
        wake(&mut inner);
        true
    }

    /// Number of the message that is read next; rises with reading.
    pub fn next_unread(&self) -> u64 {
        self.lock().queue.next()
    }

    /// Whether it takes no message.
    pub fn is_muted(&self) -> bool {
        self.is_muted
    }

    /// Returns once there is room for another message, or no use in one.
    pub async fn room(&self) {
        loop {
            let changed = self.changed.notified();
            if self.has_room() {
                return;
            }
            changed.await;
        }
    }

    /// The same, but closes a reader that reads nothing for 10 seconds.
    pub(crate) async fn room_soon(&self) {
        loop {
            let next = self.next_unread();
            if tokio::time::timeout(READS_WITHIN, self.room()).await.is_ok() {
                return;
            }
            if self.next_unread() == next {
                self.end();
            }
        }
    }

    fn has_room(&self) -> bool {
        let mut inner = self.lock();
        inner.awaited = !inner.ended && inner.attached && !inner.queue.has_room();
        !inner.awaited
    }

    /// No more messages will come: a reader ends once it has read what there is.
    pub fn end(&self) {
        let mut inner = self.lock();
        inner.ended = true;
        wake(&mut inner);
        drop(inner);
        self.changed.notify_waiters();
    }

    /// Takes messages again after it has ended.
    pub(crate) fn reopen(&self) {
        let mut inner = self.lock();
        (inner.ended, inner.overrun) = (false, false);
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
    pub(crate) fn is_read(&self) -> bool {
        self.lock().attached
    }

    /// Returns once a connection reads it, or once none does.
    pub(crate) async fn until_read(&self, read: bool) {
        loop {
            let changed = self.changed.notified();
            if self.is_read() == read {
                return;
            }
            changed.await;
        }
    }

    /// Ends the connection that reads, but not the stream.
    pub fn disconnect(&self) {
        if self.is_muted {
            return;
        }
        let mut inner = self.lock();
        inner.reader += 1;
        inner.attached = false;
        wake(&mut inner);
        drop(inner);
        self.changed.notify_waiters();
    }

    /// Takes over reading, from the next unread message.
    pub fn attach(self: &Arc<Self>) -> StreamReader {
        let mut inner = self.lock();
        inner.reader += 1;
        inner.attached = true;
        wake(&mut inner);
        let number = inner.reader;
        drop(inner);
        self.changed.notify_waiters();
        StreamReader { stream: Arc::clone(self), number }
    }

    /// Takes over reading from the message after `sequence`; `None` when that is no longer kept.
    pub fn attach_after(self: &Arc<Self>, sequence: u64) -> Option<StreamReader> {
        if !self.lock().queue.seek_after(sequence) {
            return None;
        }
        Some(self.attach())
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

impl StreamState {
    /// What comes wakes that task.
    fn wakes(&mut self, context: &Context<'_>) {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            self.waker = Some(context.waker().clone());
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let bytes = self.lock().queue.bytes();
        self.account(0, bytes);
    }
}

impl StreamReader {
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
        if let Some(next) = inner.queue.take() {
            // Whoever waits for its socket to take this still has to hear that the stream ended.
            inner.wakes(context);
            if inner.awaited && inner.queue.has_room() {
                inner.awaited = false;
                self.stream.changed.notify_waiters();
            }
            if !self.stream.keeps() {
                self.stream.account(0, inner.queue.drop_first());
            }
            return Poll::Ready(Some(next));
        }
        if inner.ended {
            return Poll::Ready(None);
        }
        inner.wakes(context);
        Poll::Pending
    }

    /// Ready when [`Self::poll_next`] would be.
    pub fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.poll_until(context, |inner| inner.ended || inner.queue.has_unread())
    }

    /// Ready when nothing is to be read any more, for whoever may not read just now.
    pub fn poll_over(&self, context: &mut Context<'_>) -> Poll<()> {
        self.poll_until(context, |inner| inner.ended && (inner.overrun || !inner.queue.has_unread()))
    }

    fn poll_until(&self, context: &mut Context<'_>, so: impl Fn(&StreamState) -> bool) -> Poll<()> {
        let mut inner = self.stream.lock();
        if inner.reader != self.number || so(&inner) {
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

impl Drop for StreamReader {
    fn drop(&mut self) {
        let mut inner = self.stream.lock();
        if inner.reader == self.number {
            inner.attached = false;
            drop(inner);
            self.stream.changed.notify_waiters();
        }
    }
}

fn wake(inner: &mut StreamState) {
    if let Some(waker) = &inner.waker {
        waker.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::session::queue::MAX_MESSAGES;

    fn read(reader: &StreamReader) -> Option<u64> {
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
        assert_eq!(taken, MAX_MESSAGES);
        assert!(slow.has_ended());
        drop(reader);
        let absent = Arc::new(Stream::resumable(Arc::default()));
        assert_eq!((0..300).filter(|_| absent.push(Bytes::from_static(b"x"))).count(), 300);
        assert_eq!(read(&absent.attach()), Some(45));
    }

    #[test]
    fn long_answers_of_one_moment_wait_for_a_reader_within_bounds() {
        let stream = Arc::new(Stream::default());
        let _reader = stream.attach();
        let long = Bytes::from(vec![b'x'; 200 * 1024]);
        let taken = (0..40).filter(|_| stream.push(long.clone())).count();
        assert_eq!(taken, 6);
        assert!(stream.has_ended());
    }

    #[tokio::test]
    async fn room_comes_with_reading() {
        let stream = Arc::new(Stream::default());
        let reader = stream.attach();
        for _ in 0..200 {
            stream.push(Bytes::from_static(b"x"));
        }
        let read = async {
            tokio::task::yield_now().await;
            while read(&reader).is_some() {}
        };
        tokio::join!(stream.room(), read);
        assert!(!stream.has_ended());
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
