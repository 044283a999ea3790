//! `GET /health`: the process lives. `GET /ready`: it can do its work and is not about to stop.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::json;

use super::Gate;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    service: &'static str,
    version: &'static str,
}

/// `GET /health`.
pub(super) async fn health(State(gate): State<Arc<Gate>>) -> Response {
    let (service, version) = (gate.parts.service, gate.parts.version);
    Json(Health { status: "healthy", service, version }).into_response()
}

/// `GET /ready`.
pub(super) async fn ready(State(gate): State<Arc<Gate>>) -> Response {
    let (status, word) = if gate.parts.lifecycle.draining().is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if gate.parts.readiness.is_ready().await {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable")
    };
    (status, Json(json!({"status": word}))).into_response()
}
