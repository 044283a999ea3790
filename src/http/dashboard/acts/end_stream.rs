//! `POST /dashboard/health/streams/{id}/end`: ends a stream with its session, or a waiting call.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use crate::{
    http::{
        dashboard::{PageFrame, door::see_other},
        error::Refusal,
        extract::PathId,
        session::{ActForm, Administrator},
        state::AppState,
        transport::streamable::end_session,
    },
    model::{Code, Workspace},
};

/// The form: it has nothing but the token.
#[derive(Deserialize)]
pub struct EndForm {}

/// `POST /dashboard/health/streams/{id}/end`.
pub async fn post(
    State(state): State<AppState>,
    administrator: Administrator,
    frame: PageFrame,
    PathId(id): PathId,
    ActForm(EndForm {}): ActForm<EndForm>,
) -> Result<Response, Refusal> {
    let mut open = state.open_exchanges.list();
    open.retain(|exchange| *exchange.id == *id);
    if open.is_empty() {
        return Err(Refusal::new(Code::NotFound, "nothing is open under this id: it ended by itself"));
    }
    let record = administrator.actor().audit("session.close", &id, state.clock.now());
    state.audit.append_audit(&Workspace::default(), record).await?;
    for exchange in open {
        if let Some(session) = &exchange.session {
            end_session(&state, session).await?;
        }
        exchange.end();
    }
    Ok(see_other(&frame.path("/health")))
}
