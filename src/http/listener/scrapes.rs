//! The listener of `TASKGATE_METRICS_LISTEN`: `GET /metrics` without a token, and nothing else. It shares no connection, cap or
//! page with the gateway's own, so that what fills one leaves the other alone.

use axum::{body::Body, http::Method, response::IntoResponse};
use hyper::Response;

use super::serve::Bound;
use crate::{
    http::{error::Refusal, service::metrics, state::AppState},
    model::Code,
};

/// The path of the page.
const PATH: &str = "/metrics";
/// Scrapes at once.
const MOST: usize = 8;

impl Bound {
    /// Answers who asks for metrics, until the gateway stops.
    pub async fn answer_scrapes(self, state: AppState) {
        let lifecycle = state.lifecycle.clone();
        let answering = self.answer_few(&lifecycle, MOST, move |method, path| {
            let state = state.clone();
            async move { page(&state, &method, &path).await }
        });
        lifecycle.soft().run_until_cancelled(answering).await;
    }
}

async fn page(state: &AppState, method: &Method, path: &str) -> Response<Body> {
    match path {
        PATH if matches!(*method, Method::GET | Method::HEAD) => metrics::page(state).await,
        PATH => Refusal::method("GET, HEAD", "this path takes GET, HEAD").into_response(),
        _ => Refusal::new(Code::NotFound, "nothing but /metrics answers here").into_response(),
    }
}
