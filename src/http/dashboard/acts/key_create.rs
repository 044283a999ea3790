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
            key_view::once as fresh,
            pages::{made_key, new_key},
        },
        error::Refusal,
        session::{ActForm, Administrator},
        state::AppState,
    },
    model::{Code, UnixMillis},
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
    let refusal = match make(&state, &administrator, &form).await {
        Ok(answer) => {
            return made_key::page(&frame, &answer, &frame.reach().own_url(&state.listen, &headers));
        }
        Err(refusal) => refusal,
    };
    let fields = form.key.fields(&form.user_id);
    match (refusal.code(), once(&form.once, "")) {
        (Code::IdempotencyMismatch, _) => {
            let text = "it made a key before, when it said something else: send it once more to make another";
            new_key::again(&frame, (fields, fresh()), Refusal::new(Code::IdempotencyMismatch, text))
        }
        (_, Err(_)) => new_key::again(&frame, (fields, fresh()), refusal),
        _ => new_key::again(&frame, (fields, form.once), refusal),
    }
}

async fn make(
    state: &AppState,
    administrator: &Administrator,
    form: &NewKeyForm,
) -> Result<Vec<u8>, Refusal> {
    let new = form.new_key(state.clock.now())?;
    let asked = format!("make\n{}\n{}", form.user_id, form.key.said());
    let once = once(&form.once, &asked)?;
    state.keyring.create(administrator.actor(), new, once, show).await.map_err(not_made)
}
