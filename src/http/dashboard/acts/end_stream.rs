//! `POST /dashboard/health/streams/{id}/end`: ends a stream with its session, or a waiting call.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use crate::{
    http::{
        dashboard::{PageFrame, door::see_other},
        error::Refusal,
        extract::PathId,
        service::sessions::end,
        session::{ActForm, Administrator},
        state::{AppState, Whose},
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
    let gone = || Refusal::new(Code::NotFound, "nothing is open under this id: it ended by itself");
    let who = (administrator.actor(), Workspace::default());
    end(&state, &id, &Whose::all(), who).await?.ok_or_else(gone)?;
    Ok(see_other(&frame.path("/health")))
}
