//! `POST /dashboard/keys/{id}/revoke`: ends a key, for good; what it has open ends with it.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use crate::{
    auth::KeyringError,
    http::{
        dashboard::{PageFrame, door::see_other, links::query},
        error::Refusal,
        extract::KeyPathId,
        session::{ActForm, Administrator},
        state::AppState,
    },
};

/// The form: it has nothing but the token.
#[derive(Deserialize)]
pub struct RevokeForm {}

/// `POST /dashboard/keys/{id}/revoke`.
pub async fn post(
    State(state): State<AppState>,
    administrator: Administrator,
    frame: PageFrame,
    KeyPathId(id): KeyPathId,
    ActForm(RevokeForm {}): ActForm<RevokeForm>,
) -> Result<Response, Refusal> {
    let id = match state.keyring.revoke(administrator.actor(), &id).await {
        // Who presses the button twice did it the first time.
        Err(KeyringError::NotFound) => {
            state.keyring.known(&id).await?.map(|record| record.id).ok_or(KeyringError::NotFound)?
        }
        revoked => revoked?,
    };
    Ok(see_other(&format!("{}{}", frame.path("/keys"), query(&[("revoked", Some(&id))]))))
}
