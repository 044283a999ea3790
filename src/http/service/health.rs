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
        state::{DependencyState, Readiness, ReadyReport, ServiceInfo},
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

/// Whether it can do its work, and how each thing stands that it needs. The same for every caller: no credential is looked at.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Ready {
    /// `ready`, `stopping`, `store_unavailable`, `store_replaced` or `store_unsettled` (in Redis), `store_newer`: a newer version has changed the database, and this process must
    /// be replaced by that, or `board_not_loaded`: the board is kept elsewhere and could not be read yet.
    status: &'static str,
    /// How each thing stands that it depends on; left out when it is about to stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<DependencyState>,
    /// Since the board was last read, where it is kept elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    board_age_seconds: Option<u64>,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health", tag = "service", responses((status = 200, body = Health), ErrorResponses))]
pub async fn health(State(service): State<ServiceInfo>) -> Response {
    health_page(service)
}

/// That a process lives.
pub fn health_page(service: ServiceInfo) -> Response {
    Json(Health { status: "healthy", service: service.name, version: service.version }).into_response()
}

/// Whether it can do its work, and how each thing stands that it needs: answered within a second.
#[utoipa::path(get, path = "/ready", tag = "service",
    responses((status = 200, body = Ready), (status = 503, body = Ready),
        (status = 403, body = Problem, description = "the Origin is not allowed"),
        (status = 405, body = Problem, description = "this path does not take that method")))]
pub async fn ready(
    State(lifecycle): State<Lifecycle>,
    State(readiness): State<Arc<dyn Readiness>>,
) -> Response {
    if lifecycle.draining().is_cancelled() {
        let stopping = Ready { status: "stopping", dependencies: Vec::new(), board_age_seconds: None };
        return (StatusCode::SERVICE_UNAVAILABLE, Json(stopping)).into_response();
    }
    ready_page(readiness.look().await)
}

/// What a look has found.
pub fn ready_page(report: ReadyReport) -> Response {
    let ReadyReport { problem, dependencies, board_age_seconds } = report;
    let code = if problem.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Ready { status: problem.unwrap_or("ready"), dependencies, board_age_seconds }))
        .into_response()
}
