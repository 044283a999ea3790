//! `/api/me`: a key looks at itself and gives itself a new text.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use serde::Serialize;

use crate::{
    auth::{KeyRotation, Keyring, KeyringError},
    http::{
        admin::tokens::{KeyMade, KeyView, Rotation, grace_millis, json, show},
        error::{ErrorResponses, Refusal},
        extract::{Caller, IdempotentBody},
    },
    model::{Code, Scope},
};

/// Who calls.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Me {
    /// The tenant.
    workspace: String,
    /// The person.
    user_id: String,
    /// What the key may do.
    scopes: Vec<Scope>,
    /// The stored key; `null` for one of `MCP_AUTH_TOKENS`.
    key: Option<KeyView>,
}

/// The key that asks.
#[utoipa::path(get, path = "/api/me", tag = "self-service",
    responses((status = 200, body = Me), ErrorResponses))]
pub async fn get(State(keyring): State<Arc<Keyring>>, caller: Caller) -> Result<Json<Me>, Refusal> {
    let principal = &caller.credential.principal;
    let key = match keyring.find(&principal.key_id).await {
        Ok(record) => Some(KeyView::of(&record)),
        Err(KeyringError::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Json(Me {
        workspace: principal.workspace.as_str().to_owned(),
        user_id: principal.user_id.to_string(),
        scopes: Scope::ALL.into_iter().filter(|scope| principal.scopes.allows(*scope)).collect(),
        key,
    }))
}

/// Gives the key that asks a new text, shown in this answer and never again.
#[utoipa::path(post, path = "/api/me/rotate", tag = "self-service", request_body = Option<Rotation>,
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "the same answer for a day to whoever sends it again")),
    responses((status = 200, body = KeyMade), ErrorResponses))]
pub async fn rotate(
    State(keyring): State<Arc<Keyring>>,
    caller: Caller,
    IdempotentBody(asked, sent): IdempotentBody<Rotation>,
) -> Result<Response, Refusal> {
    let grace_millis = grace_millis(&asked)?;
    let idempotency_key = sent.idempotency_key()?;
    let id = &caller.credential.principal.key_id;
    let rotation = KeyRotation { id, grace_millis, holds: Some(caller.credential.hashes), turn: None };
    let answer = match keyring.rotate(caller.actor(), rotation, (idempotency_key, show)).await {
        Err(KeyringError::NotFound) => {
            let text = "a key of MCP_AUTH_TOKENS is changed where it is set";
            return Err(Refusal::new(Code::Forbidden, text));
        }
        answer => answer?,
    };
    Ok(json(answer))
}
