//! `GET /health`: the process lives. `GET /ready`: it can do its work and is not about to stop.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    Gate,
    problem::{Fault, Problem},
};

/// The process lives.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    /// `healthy`.
    status: &'static str,
    service: &'static str,
    version: &'static str,
}

/// Whether it can do its work.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Ready {
    /// `ready`, `stopping` or `store_unavailable`.
    status: &'static str,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health", tag = "service", security(()), responses((status = 200, body = Health), Fault))]
pub(super) async fn health(State(gate): State<Arc<Gate>>) -> Response {
    let (service, version) = (gate.parts.service, gate.parts.version);
    Json(Health { status: "healthy", service, version }).into_response()
}

/// Whether it can do its work.
#[utoipa::path(get, path = "/ready", tag = "service", security(()),
    responses((status = 200, body = Ready), (status = 503, body = Ready),
        (status = 403, body = Problem, description = "the Origin is not allowed"),
        (status = 405, body = Problem, description = "this path does not take that method")))]
pub(super) async fn ready(State(gate): State<Arc<Gate>>) -> Response {
    let (status, word) = if gate.parts.lifecycle.draining().is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if gate.parts.readiness.is_ready().await {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable")
    };
    (status, Json(Ready { status: word })).into_response()
}
