//! `/admin/tokens`: making, listing, changing, rotating and revoking keys, with the admin token.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    Gate,
    caller::Admin,
    error::Refusal,
    form::{Asked, Form},
    problem::Fault,
    token_view::{KeyMade, KeyPage, KeyView, once, show},
};
use crate::{
    auth::{KeyPatch, NewKey},
    model::{Code, Scope, ScopeSet, UnixMillis},
    stores::KeyFilter,
};

/// Ten years.
const MOST_SECONDS: i64 = 315_360_000;
const MOST_GRACE_SECONDS: i64 = 86_400;
/// How long the old key works after a rotation, unless the request says otherwise: an hour.
const GRACE_SECONDS: i64 = 3_600;
const MOST_TEXT: usize = 500;
const PAGE: u32 = 100;

/// A new key.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// The user's GitHub token, 1 to 255 visible characters; stored sealed.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "ghp_example")]
    github_token: Option<SecretString>,
    /// Whose key it is; its own id when not given.
    #[schema(max_length = 500, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$", example = "alice")]
    user_id: Option<String>,
    /// Free text.
    #[schema(max_length = 500, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    description: Option<String>,
    /// What it may do; all but `admin` when not given.
    scopes: Option<Vec<Scope>>,
    /// Seconds from now until it stops working, to ten years; never when not given.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 315_360_000)]
    expires_in: Option<i64>,
    /// Calls a minute instead of everybody's.
    #[serde(default, deserialize_with = "whole")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    rate_limit: Option<i64>,
    /// Whether GitHub is asked whose the token is before the key is made.
    #[serde(default)]
    #[schema(default = false)]
    verify: bool,
}

#[expect(clippy::option_option, reason = "`null` takes away, and what is not named stays")]
/// What is to be different; what is not named stays. `null` takes away.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenPatch {
    /// Free text.
    #[schema(max_length = 500, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    description: Option<String>,
    /// What it may do.
    scopes: Option<Vec<Scope>>,
    /// Seconds from now; `null` for never.
    #[serde(default, deserialize_with = "given_whole")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 315_360_000)]
    expires_in: Option<Option<i64>>,
    /// Calls a minute; `null` for everybody's.
    #[serde(default, deserialize_with = "given_whole")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    rate_limit: Option<Option<i64>>,
    /// The user's GitHub token; `null` for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    github_token: Option<Option<SecretString>>,
}

/// How a key is rotated.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotation {
    /// Seconds the old key goes on working, to a day; 3600 when not given.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 86_400)]
    grace_seconds: Option<i64>,
}

/// Which keys.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TokenQuery {
    /// Only this user's.
    user_id: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A key that opens nothing any more.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Deleted {
    /// `deleted`.
    status: &'static str,
    /// Which.
    id: String,
}

#[expect(clippy::option_option, reason = "`null` is not the same as not named")]
fn given<'de, D, T>(reader: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(reader).map(Some)
}

/// A whole number: `60`, or `60.0`, which JSON does not tell apart.
fn whole<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(reader)? else { return Ok(None) };
    let fraction = || number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
    let whole = number.as_i64().or_else(|| fraction().map(|number| number as i64));
    whole.map(Some).ok_or_else(|| serde::de::Error::custom("expected a whole number"))
}

#[expect(clippy::option_option, reason = "`null` is not the same as not named")]
fn given_whole<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Option<Option<i64>>, D::Error> {
    whole(reader).map(Some)
}

fn text(field: &str, text: Option<String>) -> Result<String, Refusal> {
    let text = text.unwrap_or_default();
    if text.chars().count() > MOST_TEXT || text.chars().any(char::is_control) {
        return Err(Refusal::field(
            field,
            "expected at most 500 characters, none of them a control character",
        ));
    }
    Ok(text)
}

fn token(token: Option<SecretString>) -> Result<Option<SecretString>, Refusal> {
    let usable = |token: &SecretString| {
        let text = secrecy::ExposeSecret::expose_secret(token);
        (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match token {
        Some(token) if !usable(&token) => {
            Err(Refusal::field("github_token", "expected 1 to 255 visible characters"))
        }
        token => Ok(token),
    }
}

fn end(seconds: Option<i64>, now: UnixMillis) -> Result<Option<UnixMillis>, Refusal> {
    match seconds {
        Some(seconds) if !(1..=MOST_SECONDS).contains(&seconds) => {
            Err(Refusal::field("expires_in", "expected 1 to 315360000 seconds from now"))
        }
        seconds => Ok(seconds.map(|seconds| now.plus(seconds * 1000))),
    }
}

fn rate(rate: Option<i64>) -> Result<Option<u32>, Refusal> {
    match rate.map(|rate| u32::try_from(rate).ok().filter(|rate| (1..=10_000_000).contains(rate))) {
        Some(None) => Err(Refusal::field("rate_limit", "expected 1 to 10000000 calls a minute")),
        rate => Ok(rate.flatten()),
    }
}

/// Whose token it is, as GitHub says.
async fn login(gate: &Gate, token: Option<&SecretString>) -> Result<String, Refusal> {
    let token = token.ok_or_else(|| Refusal::field("verify", "there is no github_token to verify"))?;
    gate.parts.github.login_of(token).await.map_err(|error| {
        tracing::warn!(%error, "a GitHub token was not verified");
        let text = format!("{error}: correct github_token, or leave verify out");
        Refusal::new(Code::GithubTokenRefused, text)
    })
}

pub(super) fn grace_millis(rotation: &Rotation) -> Result<i64, Refusal> {
    let seconds = rotation.grace_seconds.unwrap_or(GRACE_SECONDS);
    if !(0..=MOST_GRACE_SECONDS).contains(&seconds) {
        return Err(Refusal::field("grace_seconds", "expected 0 to 86400 seconds"));
    }
    Ok(seconds * 1000)
}

/// Makes a key. It is shown in this answer and never again.
#[utoipa::path(post, path = "/admin/tokens", tag = "keys", request_body = Option<NewToken>, security(("admin" = [])),
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "the same answer for a day to whoever sends it again")),
    responses((status = 200, body = KeyMade), Fault))]
pub(super) async fn create(
    State(gate): State<Arc<Gate>>,
    admin: Admin,
    headers: HeaderMap,
    Form(asked, bytes): Form<NewToken>,
) -> Result<Response, Refusal> {
    let now = gate.parts.clock.now();
    let github_token = token(asked.github_token)?;
    let new = NewKey {
        user_id: text("user_id", asked.user_id)?,
        description: text("description", asked.description)?,
        scopes: asked.scopes.map(|scopes| scopes.into_iter().collect::<ScopeSet>()),
        expires_at: end(asked.expires_in, now)?,
        github_login: if asked.verify { Some(login(&gate, github_token.as_ref()).await?) } else { None },
        github_token,
        rate_limit: rate(asked.rate_limit)?,
    };
    let once = once(&headers, &bytes)?;
    Ok(json(gate.parts.keyring.create(admin.actor(), new, once, show).await?))
}

/// Keys, oldest first, 100 at once; never a key itself.
#[utoipa::path(get, path = "/admin/tokens", tag = "keys", params(TokenQuery), security(("admin" = [])),
    responses((status = 200, body = KeyPage), Fault))]
pub(super) async fn list(
    State(gate): State<Arc<Gate>>,
    _admin: Admin,
    Asked(query): Asked<TokenQuery>,
) -> Result<Json<KeyPage>, Refusal> {
    let filter =
        KeyFilter { user_id: query.user_id, after: query.cursor, unrevoked: true, limit: Some(PAGE) };
    let records = gate.parts.keyring.list(filter).await?;
    let next_cursor = (records.len() == PAGE as usize).then(|| records.last().map(|last| last.id.clone()));
    Ok(Json(KeyPage {
        tokens: records.iter().map(KeyView::of).collect(),
        next_cursor: next_cursor.flatten(),
    }))
}

/// One key.
#[utoipa::path(get, path = "/admin/tokens/{id}", tag = "keys", security(("admin" = [])),
    params(("id" = String, Path, description = "the key's id, or the key")),
    responses((status = 200, body = KeyView), Fault))]
pub(super) async fn get(
    State(gate): State<Arc<Gate>>,
    _admin: Admin,
    Path(id): Path<String>,
) -> Result<Json<KeyView>, Refusal> {
    Ok(Json(KeyView::of(&gate.parts.keyring.find(&id).await?)))
}

/// Changes a key.
#[utoipa::path(patch, path = "/admin/tokens/{id}", tag = "keys", request_body = Option<TokenPatch>, security(("admin" = [])),
    params(("id" = String, Path, description = "the key's id, or the key")),
    responses((status = 200, body = KeyView), Fault))]
pub(super) async fn patch(
    State(gate): State<Arc<Gate>>,
    admin: Admin,
    Path(id): Path<String>,
    Form(asked, _): Form<TokenPatch>,
) -> Result<Json<KeyView>, Refusal> {
    let now = gate.parts.clock.now();
    let patch = KeyPatch {
        description: asked.description.map(|given| text("description", Some(given))).transpose()?,
        scopes: asked.scopes.map(|scopes| scopes.into_iter().collect()),
        expires_at: asked.expires_in.map(|seconds| end(seconds, now)).transpose()?,
        rate_limit: asked.rate_limit.map(rate).transpose()?,
        github_token: asked.github_token.map(token).transpose()?,
        github_login: None,
    };
    let record = gate.parts.keyring.patch(admin.actor(), &id, patch).await?;
    gate.parts.authenticator.keys_changed();
    Ok(Json(KeyView::of(&record)))
}

/// Revokes a key: it opens nothing from now on, and what it has open ends.
#[utoipa::path(delete, path = "/admin/tokens/{id}", tag = "keys", security(("admin" = [])),
    params(("id" = String, Path, description = "the key's id, or the key")),
    responses((status = 200, body = Deleted), Fault))]
pub(super) async fn delete(
    State(gate): State<Arc<Gate>>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Json<Deleted>, Refusal> {
    let id = gate.parts.keyring.revoke(admin.actor(), &id).await?;
    gate.parts.authenticator.keys_changed();
    Ok(Json(Deleted { status: "deleted", id }))
}

/// Gives a key a new text, shown in this answer and never again. The old one works for the grace time.
#[utoipa::path(post, path = "/admin/tokens/{id}/rotate", tag = "keys", request_body = Option<Rotation>, security(("admin" = [])),
    params(("id" = String, Path, description = "the key's id, or the key"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,255}$", description = "the same answer for a day to whoever sends it again")),
    responses((status = 200, body = KeyMade), Fault))]
pub(super) async fn rotate(
    State(gate): State<Arc<Gate>>,
    admin: Admin,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(asked, bytes): Form<Rotation>,
) -> Result<Response, Refusal> {
    let grace = grace_millis(&asked)?;
    let asked = [id.as_bytes(), b"\n", &bytes].concat();
    let once = once(&headers, &asked)?;
    let answer = gate.parts.keyring.rotate(admin.actor(), &id, grace, (once, show)).await?;
    gate.parts.authenticator.keys_changed();
    Ok(json(answer))
}

/// An answer that is JSON already. It holds a key: nobody may keep it.
pub(super) fn json(body: Vec<u8>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::OK, headers, body).into_response()
}
