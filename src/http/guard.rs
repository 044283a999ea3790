//! A socket that does not wait for ever: 10 seconds for a request's head, the keep-alive time between requests, 30
//! seconds for a reader that takes nothing. While a request is answered it waits as long as that takes.
//!
//! hyper has one timer for a fresh connection and an idle one; they need different times.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
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

/// What a connection is doing; shared by its socket and its requests.
#[derive(Clone, Debug, Default)]
pub(super) struct Phase(Arc<AtomicU8>);

/// Says that a request is being answered until it is dropped.
#[derive(Debug)]
pub(super) struct Answering(Phase);

impl Phase {
    /// A head was read.
    pub(super) fn answering(&self) -> Answering {
        self.0.store(ANSWERING, Ordering::Relaxed);
        Answering(self.clone())
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.store(IDLE, Ordering::Relaxed);
    }
}

/// The guarded socket.
pub(super) struct Guarded {
    socket: TcpStream,
    phase: Phase,
    idle: Duration,
    /// When waiting to read ends, and the phase that was set for.
    read_until: Option<(u8, Instant)>,
    read_timer: Option<Pin<Box<Sleep>>>,
    write_timer: Option<Pin<Box<Sleep>>>,
}

impl Guarded {
    /// Guards `socket`; `idle` is the time between requests.
    pub(super) fn new(socket: TcpStream, phase: Phase, idle: Duration) -> Self {
        Self { socket, phase, idle, read_until: None, read_timer: None, write_timer: None }
    }

    /// Ready when the time to read is over. The timer is only moved once it fires, not at every request.
    fn poll_read_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let phase = self.phase.0.load(Ordering::Relaxed);
        if phase == ANSWERING {
            self.read_until = None;
            return Poll::Pending;
        }
        let until = match self.read_until {
            Some((set_for, until)) if set_for == phase => until,
            _ => Instant::now() + if phase == IDLE { self.idle } else { HEAD },
        };
        self.read_until = Some((phase, until));
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
                let (from, to) = (IDLE, READING_HEAD);
                let _ = self.phase.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
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
