//! A socket that does not wait for ever: 10 seconds for a request's head and for its body, the keep-alive time between
//! requests, 30 seconds for a reader that takes nothing. While a request is answered it waits as long as that takes. Closing, it lets
//! the other side read the last answer: what still comes is thrown away.
//!
//! hyper has one timer for a fresh connection and an idle one; they need different times.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

use super::connection_phase::{Activity, ConnectionPhase};

/// For the body of a request, from the first wait for it to its last byte.
const BODY: Duration = Duration::from_secs(10);
/// For a reader to take something.
const STALLED: Duration = Duration::from_secs(30);
/// Up to here a head and its body are copied into one piece: the system takes that quicker than two.
const GATHERED: usize = 2048;
/// Bytes thrown away while the other side may still close. A socket closed with bytes unread takes the answer away from its reader.
const LINGER_BYTES: usize = 8 * 1024 * 1024;

/// The times a socket waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketTimeouts {
    /// For the head of a request, from its first byte or from connecting.
    pub(super) head: Duration,
    /// Between requests.
    pub(super) idle: Duration,
    /// For the other side to close, after the last answer.
    pub(super) closing: Duration,
}

/// A socket whose reads and writes time out by what its connection is doing.
pub(super) struct TimedSocket {
    socket: TcpStream,
    phase: ConnectionPhase,
    timeouts: SocketTimeouts,
    read_timer: Option<Pin<Box<Sleep>>>,
    write_timer: Option<Pin<Box<Sleep>>>,
    /// Bytes that may still be thrown away, once the last answer is sent.
    lingers: Option<usize>,
}

impl TimedSocket {
    /// Puts `socket` under `timeouts`.
    pub(super) fn new(socket: TcpStream, phase: ConnectionPhase, timeouts: SocketTimeouts) -> Self {
        Self { socket, phase, timeouts, read_timer: None, write_timer: None, lingers: None }
    }

    /// Ready when the time to read is over. hyper does not read again just because an answer was sent, so a timer runs
    /// from the first wait on; it is only moved when it fires or must fire sooner, not at every request.
    fn poll_read_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let fires = |timer: &Pin<Box<Sleep>>| (!timer.is_elapsed()).then(|| timer.deadline());
        let fires_at = self.read_timer.as_ref().and_then(fires);
        let until = match (self.phase.activity(), fires_at) {
            (Activity::Answering, Some(_)) => return Poll::Pending,
            (Activity::Answering, None) => Instant::now() + self.timeouts.idle,
            (Activity::ReadingHead, _) => self.phase.since() + self.timeouts.head,
            (Activity::ReadingBody, _) => self.phase.since() + BODY,
            (Activity::Idle, _) => self.phase.since() + self.timeouts.idle,
        };
        // One that runs was polled by this task, and will wake it.
        if fires_at.is_some_and(|at| at <= until) {
            return Poll::Pending;
        }
        let timer = self.read_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if timer.is_elapsed() && Instant::now() >= until {
            return Poll::Ready(());
        }
        timer.as_mut().reset(until);
        timer.as_mut().poll(context)
    }

    fn after_write<T>(
        &mut self,
        context: &mut Context<'_>,
        wrote: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if wrote.is_ready() {
            self.write_timer = None;
            return wrote;
        }
        if self.phase.is_overrun() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(STALLED)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Ready when the other side has closed, or had its time.
    fn poll_linger(&mut self, context: &mut Context<'_>, mut left: usize) -> Poll<()> {
        let closing = self.timeouts.closing;
        let until = self.read_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(closing)));
        let mut thrown = [MaybeUninit::uninit(); 16 * 1024];
        while left > 0 && !self.phase.is_in_a_hurry() && until.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::uninit(&mut thrown);
            match ready!(Pin::new(&mut self.socket).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => left = left.saturating_sub(buffer.filled().len()),
                _ => break,
            }
            self.lingers = Some(left);
        }
        Poll::Ready(())
    }
}

/// Copies `parts` one after another, if there are several and they fit; answers their length.
fn gather(parts: &[io::IoSlice<'_>], into: &mut [u8; GATHERED]) -> Option<usize> {
    let length = parts.iter().map(|part| part.len()).sum();
    if parts.len() < 2 || length > GATHERED {
        return None;
    }
    let mut rest = &mut into[..];
    for part in parts {
        let (place, after) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = after;
    }
    Some(length)
}

impl AsyncRead for TimedSocket {
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
                self.phase.read();
                done
            }
        }
    }
}

impl AsyncWrite for TimedSocket {
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
        let mut gathered = [0; GATHERED];
        let wrote = match gather(bytes, &mut gathered) {
            Some(length) => Pin::new(&mut self.socket).poll_write(context, &gathered[..length]),
            None => Pin::new(&mut self.socket).poll_write_vectored(context, bytes),
        };
        self.after_write(context, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let left = if let Some(left) = self.lingers {
            left
        } else {
            ready!(Pin::new(&mut self.socket).poll_shutdown(context))?;
            self.read_timer = None;
            self.lingers = Some(LINGER_BYTES);
            LINGER_BYTES
        };
        self.poll_linger(context, left).map(Ok)
    }
}
