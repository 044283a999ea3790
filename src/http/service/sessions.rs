//! `/sessions`: what is open in this process: one's own, or all of it for the administrator.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use serde::Serialize;

use crate::{
    http::{
        error::{Fault, Refusal},
        extract::{Arrival, Id, Insider},
        state::{Gate, Live},
        transport::streamable::end_session,
    },
    model::{AuditRecord, Code, Era, Transport, Workspace},
};

/// An open stream or a waiting call.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Public: it opens nothing.
    id: String,
    /// Whose it is.
    user_id: String,
    /// `streamable_http`, `legacy_sse` or `stdio`.
    transport: &'static str,
    /// `modern` (2026-07-28) or `legacy`.
    era: &'static str,
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

fn is_visible(insider: &Insider, live: &Live) -> bool {
    match insider {
        Insider::Admin => true,
        Insider::Caller(caller) => {
            let (asking, owner) = (&caller.credential.principal, &live.credential.principal);
            owner.owns(&asking.workspace, &asking.user_id)
        }
    }
}

/// What is open in this process.
#[utoipa::path(get, path = "/sessions", tag = "service", security(("key" = []), ("admin" = [])),
    responses((status = 200, body = SessionList), Fault))]
pub async fn list(State(gate): State<Arc<Gate>>, insider: Insider) -> Result<Json<SessionList>, Refusal> {
    let now = gate.parts.clock.moment();
    let mut open: Vec<_> = gate.open.list().into_iter().filter(|live| is_visible(&insider, live)).collect();
    open.sort_by_key(|live| live.opened_at);
    let view = |live: &Live| SessionView {
        id: live.id.to_string(),
        user_id: live.credential.principal.user_id.to_string(),
        transport: match live.transport {
            Transport::StreamableHttp => "streamable_http",
            Transport::LegacySse => "legacy_sse",
            Transport::Stdio => "stdio",
        },
        era: if live.era == Era::Modern { "modern" } else { "legacy" },
        client: live.client.clone(),
        age_seconds: now.store.since(live.opened_at).max(0) / 1000,
        last_activity_at: now.on_wall(live.last_activity_at()).rfc3339(),
    };
    Ok(Json(SessionList { sessions: open.iter().map(view).collect() }))
}

/// Ends a stream with its session, or a waiting call.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "service", security(("key" = []), ("admin" = [])),
    params(("id" = String, Path, description = "an id of GET /sessions")),
    responses((status = 200, body = Closed), Fault))]
pub async fn close(
    State(gate): State<Arc<Gate>>,
    insider: Insider,
    Extension(arrival): Extension<Arrival>,
    Id(id): Id,
) -> Result<Json<Closed>, Refusal> {
    let open = gate.open.list();
    let mine: Vec<_> = open.iter().filter(|live| *live.id == *id && is_visible(&insider, live)).collect();
    if mine.is_empty() {
        return Err(Refusal::new(Code::NotFound, "nothing of yours is open under this id"));
    }
    let principal = match &insider {
        Insider::Admin => None,
        Insider::Caller(caller) => Some(&caller.credential.principal),
    };
    let record = AuditRecord {
        actor: principal.map_or_else(|| String::from("admin"), |principal| principal.key_id.to_string()),
        action: "session.close".into(),
        target: id.clone(),
        request_id: arrival.request_id.as_str().to_owned(),
        at: gate.parts.clock.now(),
    };
    let workspace = principal.map_or_else(Workspace::default, |principal| principal.workspace.clone());
    gate.parts.audit.append_audit(&workspace, record).await?;
    for live in mine {
        if let Some(session) = &live.session {
            end_session(&gate, session).await?;
        }
        live.end();
    }
    Ok(Json(Closed { status: "closed" }))
}
