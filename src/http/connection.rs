//! One connection: HTTP/1.1 on a guarded socket.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body::{Frame, SizeHint};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{
    Gate, front,
    guard::{Guarded, Patience},
    phase::{Answering, Phase},
    reserve,
    sse::Sends,
};
use crate::limits::Crowded;

/// Bytes of a connection's buffers; also the largest head.
const BUFFER_BYTES: usize = 16 * 1024;
/// For the head of a request, from its first byte or from connecting.
const HEAD: Duration = Duration::from_secs(10);
/// For the other side to close, after the last answer.
const CLOSING: Duration = Duration::from_secs(5);

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

/// Serves a connection until it closes, or until the gateway stops and its last answer is sent.
/// One that is `crowded` has little time for one request.
pub(super) async fn serve(
    gate: Arc<Gate>,
    router: Router,
    socket: TcpStream,
    peer: SocketAddr,
    crowded: Option<Crowded>,
) {
    let phase = Phase::opened();
    let lifecycle = gate.parts.lifecycle.clone();
    let patience = if crowded.is_some() {
        Patience { head: reserve::PATIENCE, idle: reserve::PATIENCE, closing: reserve::PATIENCE }
    } else {
        Patience { head: HEAD, idle: gate.parts.listen.keepalive, closing: CLOSING }
    };
    let guarded = Guarded::new(socket, phase.clone(), patience);
    let requests = phase.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let answering = requests.answering();
        // Who waits to be told to send a body sends none, so there is nothing to throw away.
        if request.headers().contains_key(header::EXPECT) {
            requests.hurry();
        }
        let answer = front::answer(Arc::clone(&gate), router.clone(), peer, crowded, request);
        async move {
            let mut response = answer.await;
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
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(guarded), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        () = lifecycle.soft().cancelled() => {
            phase.hurry();
            connection.as_mut().graceful_shutdown();
        }
    }
    tokio::select! {
        _ = connection.as_mut() => {}
        () = lifecycle.hard().cancelled() => {}
    }
}
