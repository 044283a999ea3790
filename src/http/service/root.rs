//! `GET /`: what this is and where to go; for who has a credential also how it does.

use std::sync::Arc;

use crate::http::{
    error::{Fault, Refusal},
    extract::Visitor,
    state::Gate,
};
use axum::{Json, extract::State};
use serde::Serialize;

/// The service.
#[derive(Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "the field's name is the seed's")]
pub struct Service {
    /// Its name.
    service: &'static str,
    /// Its version.
    version: &'static str,
    /// `http`.
    mode: &'static str,
    /// Where what is.
    endpoints: Endpoints,
    /// For who has a credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<Stats>,
}

/// Paths, with the prefix they are served under.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Endpoints {
    mcp: String,
    mcp_sse: String,
    health: String,
    docs: String,
    openapi: String,
    me: String,
    sessions: String,
    admin: String,
}

/// How it does, in this process.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Stats {
    /// Live keys, in all processes.
    active_tokens: usize,
    /// Keys whose rate is being counted.
    rate_limit_buckets: usize,
    /// Open streams.
    open_streams: u32,
    /// Open streams and waiting calls.
    live_sessions: usize,
    /// `ok` or `unavailable`.
    store: &'static str,
    /// `ok` or `unavailable`: whether board and store can be read.
    board: &'static str,
}

/// What this is.
#[utoipa::path(get, path = "/", tag = "service", security((), ("key" = []), ("admin" = [])),
    responses((status = 200, body = Service), Fault))]
pub async fn get(
    State(gate): State<Arc<Gate>>,
    Visitor(authenticated): Visitor,
) -> Result<Json<Service>, Refusal> {
    let prefix = gate.parts.listen.prefix();
    let at = |path: &str| format!("{prefix}{path}");
    let endpoints = Endpoints {
        mcp: at("/mcp"),
        mcp_sse: at("/sse"),
        health: at("/health"),
        docs: at("/docs"),
        openapi: at("/openapi.json"),
        me: at("/api/me"),
        sessions: at("/sessions"),
        admin: at("/admin/*"),
    };
    let stats = if authenticated { Some(stats(&gate).await?) } else { None };
    let (service, version) = (gate.parts.service, gate.parts.version);
    Ok(Json(Service { service, version, mode: "http", endpoints, stats }))
}

async fn stats(gate: &Gate) -> Result<Stats, Refusal> {
    let word = |well: bool| if well { "ok" } else { "unavailable" };
    let ready = gate.parts.readiness.problem().await.is_none();
    Ok(Stats {
        active_tokens: gate.parts.keyring.count_live().await?,
        rate_limit_buckets: gate.parts.limiter.len(),
        open_streams: gate.caps.count(),
        live_sessions: gate.open.count(),
        store: word(ready),
        board: word(ready),
    })
}
