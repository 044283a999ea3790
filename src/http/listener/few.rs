//! A listener whose connections answer one request each, few at once and each in bounded time: for pages that need nothing of what
//! the gateway's own has. It shares no connection and no cap with that.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{body::Body, http::Method};
use http::{HeaderValue, header};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::Semaphore};

use super::serve::{Bound, PAUSE};
use crate::{model::Causes, shutdown::Lifecycle};

/// For a connection, which answers one request.
const WITHIN: Duration = Duration::from_secs(20);
/// Bytes of a connection's buffers.
const BUFFER_BYTES: usize = 16 * 1024;

impl Bound {
    /// Answers at most `most` requests at once with pages, by method and path, until it is dropped.
    pub(super) async fn answer_few<P, F>(&self, lifecycle: &Lifecycle, most: usize, page: P)
    where
        P: Fn(Method, String) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let places = Arc::new(Semaphore::new(most));
        loop {
            // Nobody closes it.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((socket, _)) => {
                    let page = page.clone();
                    lifecycle.spawn(async move {
                        let _ = tokio::time::timeout(WITHIN, answer(socket, page)).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::debug!(error = %Causes(&error), "a connection cannot be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn answer<P, F>(socket: TcpStream, page: P)
where
    P: Fn(Method, String) -> F + Clone + Send,
    F: Future<Output = Response<Body>> + Send,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let answered = page(request.method().clone(), request.uri().path().to_owned());
        async move {
            let mut response = answered.await;
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = http1::Builder::new();
    builder.max_buf_size(BUFFER_BYTES).keep_alive(false);
    // Who went away is no concern of ours.
    let _ = builder.serve_connection(TokioIo::new(socket), service).await;
}
