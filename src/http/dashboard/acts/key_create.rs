//! `POST /dashboard/keys`: makes a key. It stands in this answer and in no other.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;

use super::key_form::{KeyForm, not_made, once, text};
use crate::{
    auth::NewKey,
    http::{
        admin::tokens::show,
        dashboard::{
            PageFrame,
            pages::{made_key, new_key},
        },
        error::Refusal,
        session::{ActForm, Administrator},
        state::AppState,
    },
    model::UnixMillis,
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

impl NewKeyForm {
    fn new_key(&self, now: UnixMillis) -> Result<NewKey, Refusal> {
        Ok(NewKey {
            user_id: text("user_id", &self.user_id)?,
            description: self.key.description()?,
            scopes: Some(self.key.scopes()?),
            expires_at: self.key.ends(now)?.flatten(),
            rate_limit: self.key.rate_limit()?,
            ..NewKey::default()
        })
    }
}

/// `POST /dashboard/keys`.
pub async fn post(
    State(state): State<AppState>,
    administrator: Administrator,
    frame: PageFrame,
    headers: HeaderMap,
    ActForm(form): ActForm<NewKeyForm>,
) -> Result<Response, Refusal> {
    let new = match form.new_key(state.clock.now()) {
        Ok(new) => new,
        Err(refusal) => {
            return new_key::again(&frame, (form.key.fields(&form.user_id), form.once), refusal.message());
        }
    };
    let asked = format!("make\n{}\n{}", form.user_id, form.key.said());
    let once = once(&form.once, &asked)?;
    let answer = state.keyring.create(administrator.actor(), new, once, show).await.map_err(not_made)?;
    made_key::page(&frame, &answer, &frame.reach().own_url(&state.listen, &headers))
}
