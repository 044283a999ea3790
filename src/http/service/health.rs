//! `GET /health`: the process lives. `GET /ready`: it can do its work and is not about to stop.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    http::{
        error::{ErrorResponses, Problem},
        state::{Readiness, ServiceInfo},
    },
    shutdown::Lifecycle,
};

/// The process lives.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `healthy`.
    status: &'static str,
    service: &'static str,
    version: &'static str,
}

/// Whether it can do its work.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Ready {
    /// `ready`, `stopping`, `store_unavailable`, `store_newer`: a newer version has changed the database, and this process must
    /// be replaced by that, or `board_not_loaded`: the board is kept elsewhere and could not be read yet.
    status: &'static str,
    /// Since the board was last read, where it is kept elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    board_age_seconds: Option<u64>,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health", tag = "service", responses((status = 200, body = Health), ErrorResponses))]
pub async fn health(State(service): State<ServiceInfo>) -> Response {
    Json(Health { status: "healthy", service: service.name, version: service.version }).into_response()
}

/// Whether it can do its work.
#[utoipa::path(get, path = "/ready", tag = "service",
    responses((status = 200, body = Ready), (status = 503, body = Ready),
        (status = 403, body = Problem, description = "the Origin is not allowed"),
        (status = 405, body = Problem, description = "this path does not take that method")))]
pub async fn ready(
    State(lifecycle): State<Lifecycle>,
    State(readiness): State<Arc<dyn Readiness>>,
) -> Response {
    let problem =
        if lifecycle.draining().is_cancelled() { Some("stopping") } else { readiness.problem().await };
    let code = if problem.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let status = problem.unwrap_or("ready");
    (code, Json(Ready { status, board_age_seconds: readiness.board_age_seconds() })).into_response()
}
