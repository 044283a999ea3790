//! A socket that does not wait for ever: 10 seconds for a request's head, the keep-alive time between requests, 30
//! seconds for a reader that takes nothing. While a request is answered it waits as long as that takes.
//!
//! hyper has one timer for a fresh connection and an idle one; they need different times.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

/// For the head of a request, from its first byte or from connecting.
const HEAD: Duration = Duration::from_secs(10);
/// For a reader to take something.
const STALLED: Duration = Duration::from_secs(30);

const READING_HEAD: u8 = 0;
const ANSWERING: u8 = 1;
const IDLE: u8 = 2;

/// What a connection is doing, and since when; shared by its socket and its requests.
#[derive(Clone, Debug)]
pub(super) struct Phase(Arc<Doing>);

#[derive(Debug)]
struct Doing {
    what: AtomicU8,
    /// Milliseconds after `opened`.
    since: AtomicU64,
    opened: Instant,
}

/// Says that a request is being answered until it is dropped.
#[derive(Debug)]
pub(super) struct Answering(Phase);

impl Phase {
    /// A connection that was just opened.
    pub(super) fn opened() -> Self {
        let doing =
            Doing { what: AtomicU8::new(READING_HEAD), since: AtomicU64::new(0), opened: Instant::now() };
        Self(Arc::new(doing))
    }

    /// A head was read.
    pub(super) fn answering(&self) -> Answering {
        self.enter(ANSWERING);
        Answering(self.clone())
    }

    fn enter(&self, what: u8) {
        self.0.since.store(self.0.opened.elapsed().as_millis() as u64, Ordering::Relaxed);
        self.0.what.store(what, Ordering::Relaxed);
    }

    fn is(&self, what: u8) -> bool {
        self.0.what.load(Ordering::Relaxed) == what
    }

    fn since(&self) -> Instant {
        self.0.opened + Duration::from_millis(self.0.since.load(Ordering::Relaxed))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.enter(IDLE);
    }
}

/// The guarded socket.
pub(super) struct Guarded {
    socket: TcpStream,
    phase: Phase,
    idle: Duration,
    read_timer: Option<Pin<Box<Sleep>>>,
    write_timer: Option<Pin<Box<Sleep>>>,
}

impl Guarded {
    /// Guards `socket`; `idle` is the time between requests.
    pub(super) fn new(socket: TcpStream, phase: Phase, idle: Duration) -> Self {
        Self { socket, phase, idle, read_timer: None, write_timer: None }
    }

    /// Ready when the time to read is over. hyper does not read again just because an answer was sent, so a timer runs
    /// from the first wait on; it is only moved when it fires or must fire sooner, not at every request.
    fn poll_read_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let until = if self.phase.is(READING_HEAD) {
            self.phase.since() + HEAD
        } else if self.phase.is(IDLE) {
            self.phase.since() + self.idle
        } else {
            Instant::now() + self.idle
        };
        let timer = self.read_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if timer.deadline() > until {
            timer.as_mut().reset(until);
        }
        ready!(timer.as_mut().poll(context));
        if Instant::now() >= until {
            return Poll::Ready(());
        }
        timer.as_mut().reset(until);
        timer.as_mut().poll(context)
    }

    fn poll_write_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(STALLED)));
        timer.as_mut().poll(context)
    }

    fn after_write<T>(
        &mut self,
        context: &mut Context<'_>,
        wrote: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match wrote {
            Poll::Pending => {
                ready!(self.poll_write_deadline(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            done @ Poll::Ready(_) => {
                self.write_timer = None;
                done
            }
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.socket).poll_read(context, buffer) {
            Poll::Pending => {
                ready!(self.poll_read_deadline(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            done @ Poll::Ready(_) => {
                // The first byte after an idle time starts the next request's head.
                if self.phase.is(IDLE) {
                    self.phase.enter(READING_HEAD);
                }
                done
            }
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.after_write(context, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.socket).poll_write_vectored(context, bytes);
        self.after_write(context, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
