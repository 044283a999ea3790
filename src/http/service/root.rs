//! `GET /`: what this is and where to go; for who has a credential also how it does.

use axum::{Json, extract::State};
use serde::Serialize;

use crate::http::{
    error::{ErrorResponses, Refusal},
    extract::OptionalCaller,
    state::{AppState, ServiceInfo},
};

/// The service.
#[derive(Serialize, utoipa::ToSchema)]
#[expect(clippy::struct_field_names, reason = "the field's name is the seed's")]
pub struct Service {
    /// The name of the service.
    service: &'static str,
    /// The version of this build.
    version: &'static str,
    /// `http`.
    mode: &'static str,
    /// The paths of what it offers.
    endpoints: Endpoints,
    /// The numbers of this process; only for a caller with a right credential.
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
#[utoipa::path(get, path = "/", tag = "service",
    responses((status = 200, body = Service), ErrorResponses))]
pub async fn get(
    State(state): State<AppState>,
    OptionalCaller(authenticated): OptionalCaller,
) -> Result<Json<Service>, Refusal> {
    let prefix = state.listen.prefix();
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
    let stats = if authenticated { Some(stats(&state).await?) } else { None };
    let ServiceInfo { name: service, version } = state.service;
    Ok(Json(Service { service, version, mode: "http", endpoints, stats }))
}

async fn stats(state: &AppState) -> Result<Stats, Refusal> {
    let word = |well: bool| if well { "ok" } else { "unavailable" };
    let report = state.readiness.look().await;
    Ok(Stats {
        active_tokens: state.keyring.count_live().await?,
        rate_limit_buckets: state.limiter.len(),
        open_streams: state.stream_caps.count(),
        live_sessions: state.open_exchanges.count(),
        store: word(report.store_answers()),
        board: word(report.problem.is_none()),
    })
}
