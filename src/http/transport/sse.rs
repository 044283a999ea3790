//! Server-sent events: a stream's messages as a response body, with a comment every 15 seconds. Messages wait while the store cannot
//! be asked for the key.

use std::{
    any::Any,
    convert::Infallible,
    fmt::Write,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Extension,
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http_body::Frame;
use tokio::time::{Instant, Sleep};

use crate::{
    auth::{AuthenticatedKey, Authenticator},
    mcp::{EventId, Stream, StreamReader},
};

/// Below what balancers and clients cut off (60 s and more).
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// When a client that was cut off from an answer should come back.
const RETRY: &str = "retry: 1000\n";

struct SseBody {
    first: Option<Bytes>,
    reader: StreamReader,
    /// Whose the stream is, and who knows whether that is still good.
    key: Arc<AuthenticatedKey>,
    authenticator: Arc<Authenticator>,
    /// Ready once the store has vouched for the key again; only while that is in doubt.
    vouched: Option<BoxFuture<'static, bool>>,
    ids: Option<EventId>,
    keep_alive: Pin<Box<Sleep>>,
    _held: Box<dyn Any + Send>,
}

/// Marks a response that sends a stream.
#[derive(Clone)]
pub struct Sends(pub Arc<Stream>);

/// How a stream of events starts.
pub enum Opening {
    /// At once with the first message.
    Plain,
    /// With `endpoint` and that relative URL (2024-11-05).
    Endpoint(String),
    /// With ids on events; the first, empty event when the revision knows it (2025-11-25). `retry`: that event says when to
    /// come back.
    Resumable { ids: EventId, prime: bool, retry: bool },
}

/// A response that streams what `reader` reads to the holder of `key`, as long as that is good. `held` is dropped with it.
pub fn respond(
    reader: StreamReader,
    opening: Opening,
    (key, authenticator): (&Arc<AuthenticatedKey>, &Arc<Authenticator>),
    held: Box<dyn Any + Send>,
) -> Response {
    let (first, ids) = match opening {
        // Some proxies hold the head back until the body begins.
        Opening::Plain => (Bytes::from_static(b":\n\n"), None),
        Opening::Endpoint(url) => (Bytes::from(format!("event: endpoint\ndata: {url}\n\n")), None),
        Opening::Resumable { ids, prime: true, retry } => {
            let retry = if retry { RETRY } else { "" };
            (Bytes::from(format!("id: {ids}\n{retry}data: \n\n")), Some(ids))
        }
        Opening::Resumable { ids, prime: false, .. } => (Bytes::from_static(b":\n\n"), Some(ids)),
    };
    let sends = Sends(reader.stream());
    let body = SseBody {
        first: Some(first),
        reader,
        key: Arc::clone(key),
        authenticator: Arc::clone(authenticator),
        vouched: None,
        ids,
        keep_alive: Box::pin(tokio::time::sleep(KEEP_ALIVE)),
        _held: held,
    };
    (Extension(sends), events(Body::new(body))).into_response()
}

/// A response that is one event.
pub fn one(message: &Bytes) -> Response {
    events(Body::from(event("", message)))
}

fn events(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}

fn event(head: &str, message: &Bytes) -> Bytes {
    let mut event = BytesMut::with_capacity(head.len() + message.len() + 24);
    event.extend_from_slice(head.as_bytes());
    event.extend_from_slice(b"event: message\ndata: ");
    event.extend_from_slice(message);
    event.extend_from_slice(b"\n\n");
    event.freeze()
}

impl SseBody {
    fn event(&self, sequence: u64, message: &Bytes) -> Bytes {
        let mut head = String::new();
        if let Some(ids) = &self.ids {
            let _ = writeln!(head, "id: {}", ids.at(sequence));
        }
        event(&head, message)
    }

    /// The next message, once the key is good.
    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<Option<(u64, Bytes)>> {
        if self.vouched.is_none() && self.authenticator.doubts(&self.key) {
            self.vouched = Some(Box::pin(Arc::clone(&self.key).until_vouched()));
        }
        if let Some(vouched) = &mut self.vouched {
            if self.reader.poll_over(context).is_ready() {
                return Poll::Ready(None);
            }
            if !ready!(vouched.as_mut().poll(context)) {
                return Poll::Ready(None);
            }
            self.vouched = None;
        }
        self.reader.poll_next(context)
    }
}

impl http_body::Body for SseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        match self.poll_message(context) {
            Poll::Ready(Some((sequence, message))) => {
                let event = self.event(sequence, &message);
                self.keep_alive.as_mut().reset(Instant::now() + KEEP_ALIVE);
                return Poll::Ready(Some(Ok(Frame::data(event))));
            }
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => {}
        }
        if self.keep_alive.as_mut().poll(context).is_ready() {
            self.keep_alive.as_mut().reset(Instant::now() + KEEP_ALIVE);
            // The timer must be polled once after a reset, or it wakes nobody.
            let _ = self.keep_alive.as_mut().poll(context);
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b":\n\n")))));
        }
        Poll::Pending
    }
}
