//! The listener of `TASKGATE_METRICS_LISTEN`: `GET /metrics` without a token, and nothing else. It shares no connection, cap or
//! page with the gateway's own, so that what fills one leaves the other alone.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{body::Body, http::Method, response::IntoResponse};
use http::{HeaderValue, header};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::Semaphore};

use super::serve::{Bound, PAUSE};
use crate::{
    http::{error::Refusal, service::metrics, state::AppState},
    model::{Causes, Code},
};

/// The path of the page.
const PATH: &str = "/metrics";
/// Scrapes at once.
const MOST: usize = 8;
/// For a connection, which answers one request.
const WITHIN: Duration = Duration::from_secs(20);
/// Bytes of a connection's buffers.
const BUFFER_BYTES: usize = 16 * 1024;

impl Bound {
    /// Answers who asks for metrics, until the gateway stops.
    pub async fn answer_scrapes(self, state: AppState) {
        let places = Arc::new(Semaphore::new(MOST));
        let lifecycle = state.lifecycle.clone();
        let accepting = async {
            loop {
                // Nobody closes it.
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                match self.listener.accept().await {
                    Ok((socket, _)) => {
                        let state = state.clone();
                        lifecycle.spawn(async move {
                            let _ = tokio::time::timeout(WITHIN, answer(socket, state)).await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        tracing::debug!(error = %Causes(&error), "a connection for metrics cannot be accepted");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        };
        lifecycle.soft().run_until_cancelled(accepting).await;
    }
}

async fn answer(socket: TcpStream, state: AppState) {
    let service = service_fn(move |request: Request<Incoming>| {
        let state = state.clone();
        async move { Ok::<_, Infallible>(page(&state, request.method(), request.uri().path()).await) }
    });
    let mut builder = http1::Builder::new();
    builder.max_buf_size(BUFFER_BYTES).keep_alive(false);
    // Who went away is no concern of ours.
    let _ = builder.serve_connection(TokioIo::new(socket), service).await;
}

async fn page(state: &AppState, method: &Method, path: &str) -> Response<Body> {
    let mut response = match path {
        PATH if matches!(*method, Method::GET | Method::HEAD) => metrics::page(state).await,
        PATH => Refusal::method("GET, HEAD", "this path takes GET, HEAD").into_response(),
        _ => Refusal::new(Code::NotFound, "nothing but /metrics answers here").into_response(),
    };
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
