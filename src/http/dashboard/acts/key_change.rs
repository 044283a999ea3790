//! `POST /dashboard/keys/{id}/change`: changes what a key may do, from the state that the form was made of. A button that was pressed
//! twice changed it the first time.

use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::key_form::KeyForm;
use crate::{
    auth::{KeyPatch, KeyringError},
    http::{
        dashboard::{
            PageFrame,
            door::see_other,
            pages::{key, tasks::undo::TWICE_MILLIS},
        },
        error::Refusal,
        extract::KeyPathId,
        session::{ActForm, Administrator},
        state::AppState,
    },
    model::KeyRecord,
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
    let done = |record: &KeyRecord| see_other(&frame.path(&format!("/keys/{}?changed", record.id)));
    match state.keyring.patch(administrator.actor(), &id, patch).await {
        Ok(record) => Ok(done(&record)),
        Err(KeyringError::Changed) => {
            let (record, patch) = (state.keyring.find(&id).await?, form.key.patch(state.clock.now())?);
            if did(&state, administrator.actor().name, &record, &patch).await? {
                return Ok(done(&record));
            }
            key::changed_meanwhile(&state, &frame, (&id, form.key.fields(""))).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether that was done by this visitor a moment ago: who presses a button twice sends a form twice.
async fn did(state: &AppState, actor: &str, record: &KeyRecord, patch: &KeyPatch) -> Result<bool, Refusal> {
    Ok(is_as_asked(record, patch) && key::changed_it(state, (actor, &record.id), TWICE_MILLIS).await?)
}

/// Whether the key is as it would be. Days count from the press.
fn is_as_asked(record: &KeyRecord, patch: &KeyPatch) -> bool {
    let ends = match (patch.expires_at, record.expires_at) {
        (Some(Some(asked)), Some(end)) => (0..TWICE_MILLIS).contains(&(asked.0 - end.0)),
        (Some(asked), end) => asked == end,
        (None, _) => true,
    };
    ends && patch.description.as_ref().is_none_or(|asked| *asked == record.description)
        && patch.scopes.is_none_or(|asked| asked == record.scopes)
        && patch.rate_limit.is_none_or(|asked| asked == record.rate_limit)
}
