//! `/admin/tokens`: making, listing, changing, rotating and revoking keys, with the admin token.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    request::{NewToken, Rotation, TokenPatch, TokenQuery, end, grace_millis, rate, text, token},
    response::{KeyMade, KeyPage, KeyView, show},
};
use crate::{
    auth::{GithubToken, KeyPatch, KeyRotation, Keyring, NewKey},
    clock::Clock,
    github::Github,
    http::{
        error::{ErrorResponses, Refusal},
        extract::{Admin, IdempotentBody, JsonBody, PathId, QueryParams},
    },
    model::{Causes, Code, ScopeSet},
    stores::KeyFilter,
};

/// Keys of one page.
const PAGE: u32 = 100;

/// A key that opens nothing any more.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Deleted {
    /// `deleted`.
    status: &'static str,
    /// Which.
    id: String,
}

/// Whose token it is, as GitHub says.
async fn login(github: &Github, token: Option<&GithubToken>) -> Result<String, Refusal> {
    let token = token.ok_or_else(|| Refusal::field("verify", "there is no github_token to verify"))?;
    github.login_of(&token.host, &token.token).await.map_err(|error| {
        tracing::warn!(error = %Causes(&error), "a GitHub token was not verified");
        let text = format!("{error}: correct github_token, or leave verify out");
        Refusal::new(Code::GithubTokenRefused, text)
    })
}

/// Makes a key. It is shown in this answer and never again.
#[utoipa::path(post, path = "/admin/tokens", tag = "keys", request_body = Option<NewToken>,
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "the same answer for a day to whoever sends it again")),
    responses((status = 200, body = KeyMade), ErrorResponses))]
pub async fn create(
    State(keyring): State<Arc<Keyring>>,
    State(clock): State<Arc<dyn Clock>>,
    State(github): State<Github>,
    admin: Admin,
    IdempotentBody(asked, sent): IdempotentBody<NewToken>,
) -> Result<Response, Refusal> {
    let (now, idempotency_key) = (clock.now(), sent.idempotency_key()?);
    // GitHub is not asked again for an answer that is kept.
    if asked.verify
        && let Some(answer) = keyring.given(admin.actor(), idempotency_key).await?
    {
        return Ok(json(answer));
    }
    let github_token = token(&github, asked.github_token, asked.github_host)?;
    let new = NewKey {
        user_id: text("user_id", asked.user_id)?,
        description: text("description", asked.description)?,
        scopes: asked.scopes.map(|scopes| scopes.into_iter().collect::<ScopeSet>()),
        expires_at: end(asked.expires_in, now)?,
        github_login: if asked.verify { Some(login(&github, github_token.as_ref()).await?) } else { None },
        github_token,
        rate_limit: rate(asked.rate_limit)?,
    };
    Ok(json(keyring.create(admin.actor(), new, idempotency_key, show).await?))
}

/// Keys, oldest first, 100 at once; never a key itself.
#[utoipa::path(get, path = "/admin/tokens", tag = "keys", params(TokenQuery),
    responses((status = 200, body = KeyPage), ErrorResponses))]
pub async fn list(
    State(keyring): State<Arc<Keyring>>,
    _admin: Admin,
    QueryParams(query): QueryParams<TokenQuery>,
) -> Result<Json<KeyPage>, Refusal> {
    let filter = KeyFilter {
        user_id: query.user_id,
        after: query.cursor,
        unrevoked: true,
        limit: Some(PAGE),
        ends_before: None,
    };
    let records = keyring.list(filter).await?;
    let next_cursor = (records.len() == PAGE as usize).then(|| records.last().map(|last| last.id.clone()));
    Ok(Json(KeyPage {
        tokens: records.iter().map(KeyView::of).collect(),
        next_cursor: next_cursor.flatten(),
    }))
}

/// One key.
#[utoipa::path(get, path = "/admin/tokens/{id}", tag = "keys",
    params(("id" = String, Path, description = "the key's id, or the key")),
    responses((status = 200, body = KeyView), ErrorResponses))]
pub async fn get(
    State(keyring): State<Arc<Keyring>>,
    _admin: Admin,
    PathId(id): PathId,
) -> Result<Json<KeyView>, Refusal> {
    Ok(Json(KeyView::of(&keyring.find(&id).await?)))
}

#[expect(clippy::too_many_arguments, reason = "each is one thing the handler asks for")]
/// Changes a key.
#[utoipa::path(patch, path = "/admin/tokens/{id}", tag = "keys", request_body = Option<TokenPatch>,
    params(("id" = String, Path, description = "the key's id, or the key")),
    responses((status = 200, body = KeyView), ErrorResponses))]
pub async fn patch(
    State(keyring): State<Arc<Keyring>>,
    State(clock): State<Arc<dyn Clock>>,
    State(github): State<Github>,
    admin: Admin,
    PathId(id): PathId,
    JsonBody(asked, _): JsonBody<TokenPatch>,
) -> Result<Json<KeyView>, Refusal> {
    let now = clock.now();
    let github_token = match (asked.github_token, asked.github_host) {
        (None, None) => None,
        (given, host) => Some(token(&github, given.flatten(), host)?),
    };
    let patch = KeyPatch {
        description: asked.description.map(|given| text("description", given)).transpose()?,
        scopes: asked.scopes.map(|scopes| scopes.map_or_else(ScopeSet::standard, FromIterator::from_iter)),
        expires_at: asked.expires_in.map(|seconds| end(seconds, now)).transpose()?,
        rate_limit: asked.rate_limit.map(rate).transpose()?,
        github_token,
        github_login: None,
        seen: None,
    };
    let record = keyring.patch(admin.actor(), &id, patch).await?;
    Ok(Json(KeyView::of(&record)))
}

/// Revokes a key: it opens nothing from now on, and what it has open ends.
#[utoipa::path(delete, path = "/admin/tokens/{id}", tag = "keys",
    params(("id" = String, Path, description = "the key's id, or the key")),
    responses((status = 200, body = Deleted), ErrorResponses))]
pub async fn delete(
    State(keyring): State<Arc<Keyring>>,
    admin: Admin,
    PathId(id): PathId,
) -> Result<Json<Deleted>, Refusal> {
    let id = keyring.revoke(admin.actor(), &id).await?;
    Ok(Json(Deleted { status: "deleted", id }))
}

/// Gives a key a new text, shown in this answer and never again. The old one works for the grace time.
#[utoipa::path(post, path = "/admin/tokens/{id}/rotate", tag = "keys", request_body = Option<Rotation>,
    params(("id" = String, Path, description = "the key's id, or the key"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "the same answer for a day to whoever sends it again")),
    responses((status = 200, body = KeyMade), ErrorResponses))]
pub async fn rotate(
    State(keyring): State<Arc<Keyring>>,
    admin: Admin,
    PathId(id): PathId,
    IdempotentBody(asked, sent): IdempotentBody<Rotation>,
) -> Result<Response, Refusal> {
    let grace_millis = grace_millis(&asked)?;
    let asked = [id.as_bytes(), b"\n", &sent.body].concat();
    let idempotency_key = sent.idempotency_key_for(&asked)?;
    let answer = keyring
        .rotate(
            admin.actor(),
            KeyRotation { id: &id, grace_millis, holds: None, turn: None },
            (idempotency_key, show),
        )
        .await?;
    Ok(json(answer))
}

/// An answer that is JSON already. It holds a key: nobody may keep it.
pub fn json(body: Vec<u8>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::OK, headers, body).into_response()
}
