//! `POST /dashboard/keys/{id}/rotate` and `POST /dashboard/me/rotate`: give a key a new text, which stands in this answer and in no
//! other. Who gives it to the key they signed in with stays signed in.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;

use super::key_form::{grace_millis, not_made, once};
use crate::{
    auth::{KeyRotation, SignedInBy},
    http::{
        admin::tokens::show,
        dashboard::{PageFrame, pages::made_key},
        error::Refusal,
        extract::KeyPathId,
        session::{ActForm, Administrator, SignedIn, set_cookie},
        state::AppState,
    },
    model::Code,
};

/// The form.
#[derive(Deserialize)]
pub struct RotateForm {
    /// Seconds that the old text works on.
    #[serde(default)]
    grace: String,
    #[serde(default)]
    once: String,
}

/// `POST /dashboard/keys/{id}/rotate`.
#[expect(clippy::too_many_arguments, reason = "each is one thing the handler asks for")]
pub async fn post(
    State(state): State<AppState>,
    administrator: Administrator,
    frame: PageFrame,
    KeyPathId(id): KeyPathId,
    headers: HeaderMap,
    ActForm(form): ActForm<RotateForm>,
) -> Result<Response, Refusal> {
    rotate(&state, &administrator, (&id, None), &form, (&frame, &headers)).await
}

/// `POST /dashboard/me/rotate`.
pub async fn own(
    State(state): State<AppState>,
    visitor: SignedIn,
    frame: PageFrame,
    headers: HeaderMap,
    ActForm(form): ActForm<RotateForm>,
) -> Result<Response, Refusal> {
    let SignedInBy::Key { id, turn } = visitor.session().by.clone() else {
        let text = "you did not sign in with a key that is kept here: one of MCP_AUTH_TOKENS is changed where it is set";
        return Err(Refusal::new(Code::Forbidden, text));
    };
    rotate(&state, &visitor, (&id, Some(turn)), &form, (&frame, &headers)).await
}

async fn rotate(
    state: &AppState,
    visitor: &SignedIn,
    (id, turn): (&str, Option<i64>),
    form: &RotateForm,
    (frame, headers): (&PageFrame, &HeaderMap),
) -> Result<Response, Refusal> {
    let rotation = KeyRotation { id, grace_millis: grace_millis(&form.grace)?, holds: None, turn };
    let asked = format!("rotate\n{id}\n{}", form.grace);
    let once = once(&form.once, &asked)?;
    let answer = state.keyring.rotate(visitor.actor(), rotation, (once, show)).await.map_err(not_made)?;
    let mut response = made_key::page(frame, &answer, &frame.reach().own_url(&state.listen, headers))?;
    if matches!(&visitor.session().by, SignedInBy::Key { id: own, .. } if own == id) {
        let session = state.browser_sessions.turned(visitor.session()).await?;
        let left = session.ends_at(visitor.visitor().role).since(state.clock.store_now()) / 1000;
        let cookie =
            set_cookie(frame.reach(), state.listen.prefix(), &state.browser_sessions.seal(&session), left);
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
