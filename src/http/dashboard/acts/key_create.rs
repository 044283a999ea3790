//! `POST /dashboard/keys`: makes a key. It stands in this answer and in no other.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;

use super::key_form::{KeyForm, not_made, once, text};
use crate::{
    auth::NewKey,
    http::{
        admin::tokens::show,
        dashboard::{PageFrame, pages::made_key},
        error::Refusal,
        session::{ActForm, Administrator},
        state::AppState,
    },
};

/// The form.
#[derive(Deserialize)]
pub struct NewKeyForm {
    #[serde(default)]
    user_id: String,
    #[serde(flatten)]
    key: KeyForm,
    #[serde(default)]
    once: String,
}

/// `POST /dashboard/keys`.
pub async fn post(
    State(state): State<AppState>,
    administrator: Administrator,
    frame: PageFrame,
    headers: HeaderMap,
    ActForm(form): ActForm<NewKeyForm>,
) -> Result<Response, Refusal> {
    let new = NewKey {
        user_id: text("user_id", &form.user_id)?,
        description: form.key.description()?,
        scopes: Some(form.key.scopes()?),
        expires_at: form.key.ends(state.clock.now())?.flatten(),
        rate_limit: form.key.rate_limit()?,
        ..NewKey::default()
    };
    let asked = format!("make\n{}\n{}", form.user_id, form.key.said());
    let once = once(&form.once, &asked)?;
    let answer = state.keyring.create(administrator.actor(), new, once, show).await.map_err(not_made)?;
    made_key::page(&frame, &answer, &frame.reach().own_url(&state.listen, &headers))
}
