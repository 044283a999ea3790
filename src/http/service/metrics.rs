//! `GET /metrics`: the figures an operator watches, as Prometheus reads them.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    http::{error::ErrorResponses, extract::Scraper, state::AppState},
    telemetry::metrics::{self, CONTENT_TYPE},
};

/// The figures an operator watches.
#[utoipa::path(get, path = "/metrics", tag = "service",
    responses((status = 200, body = String, content_type = "text/plain"), ErrorResponses))]
pub async fn get(State(state): State<AppState>, _: Scraper) -> Response {
    page(&state).await
}

/// The page, for whoever may read it.
pub async fn page(state: &AppState) -> Response {
    state.figures.read().await;
    state.open_exchanges.tell_metrics();
    let headers = [(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    (headers, metrics::page()).into_response()
}
