//! `/dashboard/me`: the key that somebody signed in with, and a form that gives it a new text.

use askama::Template;
use axum::{extract::State, response::Response};

use crate::{
    auth::{KeyringError, SignedInBy},
    http::{
        dashboard::{
            PageFrame, filters,
            key_view::{StoredKey, once},
            nav::ME,
            plot::Plot,
            shell::Shell,
            usage_view::hours_of_key,
        },
        error::Refusal,
        session::SignedIn,
        state::AppState,
    },
};

#[derive(Template)]
#[template(path = "me.html", config = "src/http/dashboard/askama.toml")]
struct MePage {
    shell: Shell,
    key: Option<StoredKey>,
    /// What stands there where there is no key.
    instead: &'static str,
    once: String,
    /// Its calls of 24 hours.
    hours: Option<Plot>,
}

/// `GET /dashboard/me`.
pub async fn show(
    State(state): State<AppState>,
    visitor: SignedIn,
    frame: PageFrame,
) -> Result<Response, Refusal> {
    let key = match &visitor.session().by {
        SignedInBy::Key { id, .. } => match state.keyring.find(id).await {
            Ok(record) => Some(StoredKey::of(&record, &frame, state.clock.now())),
            Err(KeyringError::NotFound) => None,
            Err(error) => return Err(error.into()),
        },
        _ => None,
    };
    let instead = match &visitor.session().by {
        SignedInBy::StaticKey { .. } => {
            "You signed in with one of MCP_AUTH_TOKENS: it is changed where it is set."
        }
        SignedInBy::Key { .. } => "The key you signed in with is gone.",
        SignedInBy::AdminToken { .. } | SignedInBy::OneTimeCode => {
            "You signed in as administrator, without a key."
        }
    };
    let (workspace, now) = (&visitor.visitor().workspace, state.clock.now());
    let hours = match &visitor.visitor().principal {
        Some(own) => hours_of_key(&*state.usage_store, workspace, now, own.key_id.to_string()).await?,
        None => None,
    };
    frame.answer(&MePage { hours, shell: frame.shell("My key", Some(ME)), key, instead, once: once() })
}
