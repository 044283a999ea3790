//! What the key routes take: bodies, queries, and what they may hold.

use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    auth::{GithubToken, MOST_RATE, MOST_SECONDS, is_github_token, is_text},
    github::Github,
    http::error::Refusal,
    model::{Scope, UnixMillis},
};

const MOST_GRACE_SECONDS: i64 = 86_400;
/// How long the old key works after a rotation, unless the request says otherwise: an hour.
const GRACE_SECONDS: i64 = 3_600;

/// A new key.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// The user's GitHub token, 1 to 255 visible characters; stored sealed.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "ghp_example")]
    pub github_token: Option<SecretString>,
    /// The GitHub the token is for, and the only one it is ever sent to; `GH_HOST` when not given.
    #[schema(max_length = 255, example = "github.com")]
    pub github_host: Option<String>,
    /// Whose key it is; its own id when not given.
    #[schema(max_length = 500, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$", example = "alice")]
    pub user_id: Option<String>,
    /// Free text.
    #[schema(max_length = 500, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    pub description: Option<String>,
    /// What it may do; all but `board:manage` and `admin` when not given.
    pub scopes: Option<Vec<Scope>>,
    /// Seconds from now until it stops working, to ten years; never when not given.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 315_360_000)]
    pub expires_in: Option<i64>,
    /// Calls a minute instead of everybody's.
    #[serde(default, deserialize_with = "whole")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    pub rate_limit: Option<i64>,
    /// Whether GitHub is asked whose the token is before the key is made.
    #[serde(default)]
    #[schema(default = false)]
    pub verify: bool,
}

#[expect(clippy::option_option, reason = "`null` takes away, and what is not named stays")]
/// What is to be different; what is not named stays. `null` takes away.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenPatch {
    /// Free text; `null` for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 500, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    pub description: Option<Option<String>>,
    /// What it may do; `null` for all but `board:manage` and `admin`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<Scope>>)]
    pub scopes: Option<Option<Vec<Scope>>>,
    /// Seconds from now; `null` for never.
    #[serde(default, deserialize_with = "given_whole")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 315_360_000)]
    pub expires_in: Option<Option<i64>>,
    /// Calls a minute; `null` for everybody's.
    #[serde(default, deserialize_with = "given_whole")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    pub rate_limit: Option<Option<i64>>,
    /// The user's GitHub token; `null` for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    pub github_token: Option<Option<SecretString>>,
    /// The GitHub that token is for; only with one. `GH_HOST` when not given.
    #[schema(max_length = 255)]
    pub github_host: Option<String>,
}

/// How a key is rotated.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Seconds the old key goes on working, to a day; 3600 when not given.
    #[serde(default, deserialize_with = "whole")]
    #[schema(minimum = 0, maximum = 86_400)]
    pub grace_seconds: Option<i64>,
}

/// Which keys.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// Only this user's.
    pub user_id: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
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

pub fn text(field: &str, text: Option<String>) -> Result<String, Refusal> {
    let text = text.unwrap_or_default();
    if !is_text(&text) {
        return Err(Refusal::field(
            field,
            "expected at most 500 characters, none of them a control character",
        ));
    }
    Ok(text)
}

/// A GitHub token with the host it is for.
pub fn token(
    github: &Github,
    token: Option<SecretString>,
    host: Option<String>,
) -> Result<Option<GithubToken>, Refusal> {
    let Some(token) = token else {
        let without = |_| Err(Refusal::field("github_host", "there is no github_token for it: send both"));
        return host.map_or(Ok(None), without);
    };
    if !is_github_token(&token) {
        return Err(Refusal::field("github_token", "expected 1 to 255 visible characters"));
    }
    let host = host.as_deref().map_or(Ok(github.default_host()), |host| github.host(host));
    let host = host.map_err(|_| {
        let known: Vec<_> = github.hosts().iter().map(|host| &*host.name).collect();
        Refusal::field("github_host", format!("expected one that is configured: {}", known.join(", ")))
    })?;
    Ok(Some(GithubToken { token, host: host.name.to_string() }))
}

pub fn end(seconds: Option<i64>, now: UnixMillis) -> Result<Option<UnixMillis>, Refusal> {
    match seconds {
        Some(seconds) if !(1..=MOST_SECONDS).contains(&seconds) => {
            Err(Refusal::field("expires_in", "expected 1 to 315360000 seconds from now"))
        }
        seconds => Ok(seconds.map(|seconds| now.plus(seconds * 1000))),
    }
}

pub fn rate(rate: Option<i64>) -> Result<Option<u32>, Refusal> {
    match rate.map(|rate| u32::try_from(rate).ok().filter(|rate| (1..=MOST_RATE).contains(rate))) {
        Some(None) => Err(Refusal::field("rate_limit", "expected 1 to 10000000 calls a minute")),
        rate => Ok(rate.flatten()),
    }
}

pub fn grace_millis(rotation: &Rotation) -> Result<i64, Refusal> {
    let seconds = rotation.grace_seconds.unwrap_or(GRACE_SECONDS);
    if !(0..=MOST_GRACE_SECONDS).contains(&seconds) {
        return Err(Refusal::field("grace_seconds", "expected 0 to 86400 seconds"));
    }
    Ok(seconds * 1000)
}
