//! `POST /dashboard/keys/{id}/change`: changes what a key may do, from the state that the form was made of.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::key_form::KeyForm;
use crate::{
    auth::{KeyPatch, KeyringError},
    http::{
        dashboard::{PageFrame, door::see_other, pages::key},
        error::Refusal,
        extract::KeyPathId,
        session::{ActForm, Administrator},
        state::AppState,
    },
};

/// The form.
#[derive(Deserialize)]
pub struct ChangeForm {
    #[serde(flatten)]
    key: KeyForm,
    /// The version that was seen.
    #[serde(default)]
    seen: String,
}

/// `POST /dashboard/keys/{id}/change`.
pub async fn post(
    State(state): State<AppState>,
    administrator: Administrator,
    frame: PageFrame,
    KeyPathId(id): KeyPathId,
    ActForm(form): ActForm<ChangeForm>,
) -> Result<Response, Refusal> {
    let seen = form
        .seen
        .parse()
        .map_err(|_| Refusal::field("seen", "open the page again, and send it from there"))?;
    let patch = match form.key.patch(state.clock.now()) {
        Ok(patch) => KeyPatch { seen: Some(seen), ..patch },
        Err(refusal) => {
            return key::again(&state, &frame, (&id, seen), (form.key.fields(""), refusal)).await;
        }
    };
    match state.keyring.patch(administrator.actor(), &id, patch).await {
        Ok(record) => Ok(see_other(&frame.path(&format!("/keys/{}?changed", record.id)))),
        Err(KeyringError::Changed) => {
            key::changed_meanwhile(&state, &frame, (&id, form.key.fields(""))).await
        }
        Err(error) => Err(error.into()),
    }
}
