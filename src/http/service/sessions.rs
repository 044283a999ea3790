//! `/sessions`: what is open on all gateways on the store: one's own, or all of it for the administrator.

use axum::{Json, extract::State};
use serde::Serialize;

use crate::{
    http::{
        error::{ErrorResponses, Refusal},
        extract::{CallerOrAdmin, PathId},
        state::{AppState, OpenRow, Whose},
        transport::streamable::end_session,
    },
    model::{Actor, Code, Workspace},
};

/// An open stream or a waiting call.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Public: it opens nothing.
    id: String,
    /// Whose it is.
    user_id: String,
    /// `streamable_http`, `legacy_sse` or `dashboard`.
    transport: String,
    /// `modern` (2026-07-28) or `legacy`; nothing of the dashboard, which is no MCP.
    era: Option<String>,
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
    /// `true` when a gateway on the same store did not say in time what it has open; not there otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<bool>,
}

/// What is open no more.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Closed {
    /// `closed`.
    status: &'static str,
}

impl From<&CallerOrAdmin> for Whose {
    fn from(asking: &CallerOrAdmin) -> Self {
        match asking {
            CallerOrAdmin::Admin(_) => Self::all(),
            CallerOrAdmin::Caller(caller) => Self::of(&caller.credential.principal),
        }
    }
}

/// What is open on all gateways on the store.
#[utoipa::path(get, path = "/sessions", tag = "service",
    responses((status = 200, body = SessionList), ErrorResponses))]
pub async fn list(
    State(state): State<AppState>,
    asking: CallerOrAdmin,
) -> Result<Json<SessionList>, Refusal> {
    let open = state.open_everywhere(&Whose::from(&asking)).await;
    let now = state.clock.moment();
    let view = |row: OpenRow| SessionView {
        age_seconds: now.store.since(row.opened_at()).max(0) / 1000,
        last_activity_at: now.on_wall(row.last_activity_at()).rfc3339(),
        id: row.id,
        user_id: row.user_id,
        transport: row.transport,
        era: row.era,
        client: row.client,
    };
    let partial = open.is_partial.then_some(true);
    Ok(Json(SessionList { sessions: open.rows.into_iter().map(view).collect(), partial }))
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
    let (actor, workspace) = match &asking {
        CallerOrAdmin::Admin(admin) => (admin.actor(), Workspace::default()),
        CallerOrAdmin::Caller(caller) => (caller.actor(), caller.credential.principal.workspace.clone()),
    };
    let gone = || Refusal::new(Code::NotFound, "nothing of yours is open under this id");
    end(&state, &id, &Whose::from(&asking), (actor, workspace)).await?.ok_or_else(gone)?;
    Ok(Json(Closed { status: "closed" }))
}

/// Ends what is open under that id, on whatever gateway, and records who did; nothing when there is nothing.
pub async fn end(
    state: &AppState,
    id: &str,
    whose: &Whose,
    (actor, workspace): (Actor<'_>, Workspace),
) -> Result<Option<()>, Refusal> {
    let open = state.open_everywhere(whose).await;
    if !open.rows.iter().any(|row| row.id == id) {
        // Perhaps it is on the one that did not answer.
        return if open.is_partial { Err(Refusal::owner_unreachable()) } else { Ok(None) };
    }
    let record = actor.audit("session.close", id, state.clock.now());
    state.audit.append_audit(&workspace, record).await?;
    end_here(state, id, whose).await?;
    for (instance, _) in open.elsewhere.iter().filter(|(_, known)| known == id) {
        state.end_on(instance, id, whose).await?;
    }
    Ok(Some(()))
}

/// Ends what is open here under that id.
pub async fn end_here(state: &AppState, id: &str, whose: &Whose) -> Result<(), Refusal> {
    let open = state.open_exchanges.list();
    for exchange in open.iter().filter(|exchange| *exchange.id == *id && whose.has(exchange)) {
        if let Some(session) = &exchange.session {
            end_session(state, session).await?;
        }
        exchange.end();
    }
    Ok(())
}
