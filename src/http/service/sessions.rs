//! `/sessions`: what is open in this process: one's own, or all of it for the administrator.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use crate::{
    clock::Clock,
    http::{
        error::{ErrorResponses, Refusal},
        extract::{CallerOrAdmin, PathId},
        state::{AppState, Exchange, OpenExchanges},
        transport::streamable::end_session,
    },
    model::{Code, Workspace},
};

/// An open stream or a waiting call.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Public: it opens nothing.
    id: String,
    /// Whose it is.
    user_id: String,
    /// `streamable_http`, `legacy_sse` or `dashboard`.
    transport: &'static str,
    /// `modern` (2026-07-28) or `legacy`; nothing of the dashboard, which is no MCP.
    era: Option<&'static str>,
    /// What the client calls itself.
    client: Option<String>,
    /// Since it was opened.
    age_seconds: i64,
    /// RFC 3339, UTC.
    last_activity_at: String,
}

/// What is open.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SessionList {
    /// Oldest first.
    sessions: Vec<SessionView>,
}

/// What is open no more.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Closed {
    /// `closed`.
    status: &'static str,
}

fn is_visible(asking: &CallerOrAdmin, exchange: &Exchange) -> bool {
    match asking {
        CallerOrAdmin::Admin(_) => true,
        CallerOrAdmin::Caller(caller) => {
            let asking = &caller.credential.principal;
            exchange.holder.is(&asking.workspace, &asking.user_id)
        }
    }
}

/// What is open in this process.
#[utoipa::path(get, path = "/sessions", tag = "service",
    responses((status = 200, body = SessionList), ErrorResponses))]
pub async fn list(
    State(clock): State<Arc<dyn Clock>>,
    State(open): State<Arc<OpenExchanges>>,
    asking: CallerOrAdmin,
) -> Result<Json<SessionList>, Refusal> {
    let now = clock.moment();
    let mut open: Vec<_> = open.list().into_iter().filter(|exchange| is_visible(&asking, exchange)).collect();
    open.sort_by_key(|exchange| exchange.opened_at);
    let view = |exchange: &Exchange| SessionView {
        id: exchange.id.to_string(),
        user_id: exchange.holder.user_id().to_owned(),
        transport: exchange.transport(),
        era: exchange.era(),
        client: exchange.client.clone(),
        age_seconds: now.store.since(exchange.opened_at).max(0) / 1000,
        last_activity_at: now.on_wall(exchange.last_activity_at()).rfc3339(),
    };
    Ok(Json(SessionList { sessions: open.iter().map(view).collect() }))
}

/// Ends a stream with its session, or a waiting call.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "service",
    params(("id" = String, Path, description = "an id of GET /sessions")),
    responses((status = 200, body = Closed), ErrorResponses))]
pub async fn close(
    State(state): State<AppState>,
    asking: CallerOrAdmin,
    PathId(id): PathId,
) -> Result<Json<Closed>, Refusal> {
    let open = state.open_exchanges.list();
    let mine: Vec<_> =
        open.iter().filter(|exchange| *exchange.id == *id && is_visible(&asking, exchange)).collect();
    if mine.is_empty() {
        return Err(Refusal::new(Code::NotFound, "nothing of yours is open under this id"));
    }
    let (actor, workspace) = match &asking {
        CallerOrAdmin::Admin(admin) => (admin.actor(), Workspace::default()),
        CallerOrAdmin::Caller(caller) => (caller.actor(), caller.credential.principal.workspace.clone()),
    };
    let record = actor.audit("session.close", &id, state.clock.now());
    state.audit.append_audit(&workspace, record).await?;
    for exchange in mine {
        if let Some(session) = &exchange.session {
            end_session(&state, session).await?;
        }
        exchange.end();
    }
    Ok(Json(Closed { status: "closed" }))
}
