//! One connection: HTTP/1.1 on a socket with timeouts.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body::{Body as _, Frame, SizeHint};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{
    connection_phase::{Answering, ConnectionPhase},
    reserve,
    socket_timeouts::{SocketTimeouts, TimedSocket},
};
use crate::{
    http::{pipeline::Pipeline, transport::Sends},
    limits::Beyond,
};

/// Bytes of a connection's buffers; also the largest head.
const BUFFER_BYTES: usize = 16 * 1024;
/// For the head of a request, from its first byte or from connecting.
const HEAD: Duration = Duration::from_secs(10);
/// For the other side to close, after the last answer.
const CLOSING: Duration = Duration::from_secs(5);

/// A request's body that says when it is waited for, and when no more.
struct Arriving {
    body: Incoming,
    phase: ConnectionPhase,
    begun: bool,
}

/// A response body that says its connection is answering for as long as it is sent.
struct Tracked {
    body: Body,
    _answering: Answering,
}

impl http_body::Body for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl http_body::Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if !self.begun {
            self.begun = true;
            self.phase.body_begins();
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if self.body.is_end_stream() || !matches!(frame, Some(Ok(_))) {
            self.phase.body_ends();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.phase.body_ends();
    }
}

/// Serves a connection until it closes, or until the gateway stops and its last answer is sent.
/// One that is `crowded` has little time for one request.
pub(super) async fn serve(
    pipeline: Arc<Pipeline>,
    socket: TcpStream,
    peer: SocketAddr,
    crowded: Option<Beyond>,
) {
    let phase = ConnectionPhase::opened();
    let lifecycle = pipeline.state.lifecycle.clone();
    let timeouts = if crowded.is_some() {
        SocketTimeouts { head: reserve::TIMEOUT, idle: reserve::TIMEOUT, closing: reserve::TIMEOUT }
    } else {
        SocketTimeouts { head: HEAD, idle: pipeline.state.listen.keepalive, closing: CLOSING }
    };
    let socket = TimedSocket::new(socket, phase.clone(), timeouts);
    let requests = phase.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let answering = requests.answering();
        // Who waits to be told to send a body sends none, so there is nothing to throw away.
        if request.headers().contains_key(header::EXPECT) {
            requests.hurry();
        }
        let phase = requests.clone();
        let request = request.map(|body| {
            if body.is_end_stream() {
                return Body::empty();
            }
            Body::new(Arriving { body, phase, begun: false })
        });
        let answered = Arc::clone(&pipeline).answer(peer, crowded, request);
        async move {
            let mut response = answered.await;
            if crowded.is_some() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            if let Some(Sends(stream)) = response.extensions_mut().remove() {
                answering.with(stream);
            }
            Ok::<_, Infallible>(response.map(|body| Tracked { body, _answering: answering }))
        }
    });
    let mut builder = http1::Builder::new();
    builder.max_buf_size(BUFFER_BYTES);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(socket), service));
    let mut stop = std::pin::pin!(lifecycle.soft().cancelled());
    let mut is_told = false;
    let has_ended = std::future::poll_fn(|context| {
        // Asked once, the token wakes this task; to ask again at every turn is a lock for each of them.
        let stops = if is_told { lifecycle.is_stopping() } else { stop.as_mut().poll(context).is_ready() };
        is_told = true;
        if stops { Poll::Ready(false) } else { connection.as_mut().poll(context).map(|_| true) }
    });
    if has_ended.await {
        return;
    }
    phase.hurry();
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection.as_mut() => {}
        () = lifecycle.hard().cancelled() => {}
    }
}
