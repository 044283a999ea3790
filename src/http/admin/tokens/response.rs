//! Keys as callers see them: never the key itself, but in the one answer that makes it.

use serde::Serialize;

use crate::{
    auth::ApiKey,
    model::{KeyRecord, Scope, UnixMillis},
};

/// A stored key.
#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyView {
    /// Its id.
    id: String,
    /// Its first 8 characters.
    #[schema(example = "mcp_aB3d")]
    key_prefix: String,
    /// Whose it is.
    user_id: String,
    /// Free text.
    description: String,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC; to some seconds.
    last_used_at: Option<String>,
    /// RFC 3339, UTC; `null` for never.
    expires_at: Option<String>,
    /// Calls it made; to some seconds.
    uses: u64,
    /// What it may do.
    scopes: Vec<Scope>,
    /// Calls a minute instead of everybody's.
    rate_limit: Option<u32>,
    /// The first 4 characters of the user's GitHub token.
    github_token_prefix: Option<String>,
    /// Whose token GitHub says it is.
    github_login: Option<String>,
    /// The GitHub that token is for, and the only one it is sent to.
    github_host: Option<String>,
    /// Until when the key before the last rotation works; RFC 3339, UTC.
    previous_key_until: Option<String>,
}

/// Some keys.
#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyPage {
    /// Oldest first.
    pub tokens: Vec<KeyView>,
    /// `cursor` of the next page; `null` when this is the last.
    pub next_cursor: Option<String>,
}

/// A key that was just made.
#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyMade<'a> {
    /// The key. It is not shown again.
    #[schema(example = "mcp_EXAMPLEexampleEXAMPLEexampleEXAMPL0aB3dE")]
    mcp_key: &'a str,
    /// Its id.
    id: &'a str,
    /// Whose it is.
    user_id: &'a str,
    /// Free text.
    description: &'a str,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC; `null` for never.
    expires_at: Option<String>,
    /// What it may do.
    scopes: Vec<Scope>,
    /// Whose GitHub token it carries, if GitHub was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    github_login: Option<&'a str>,
    /// Until when the key before works, after a rotation; RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_key_until: Option<String>,
}

fn scopes(record: &KeyRecord) -> Vec<Scope> {
    Scope::ALL.into_iter().filter(|scope| record.scopes.allows(*scope)).collect()
}

impl KeyView {
    pub fn of(record: &KeyRecord) -> Self {
        Self {
            id: record.id.clone(),
            key_prefix: record.prefix.clone(),
            user_id: record.user_id.clone(),
            description: record.description.clone(),
            created_at: record.created_at.rfc3339(),
            last_used_at: record.last_used_at.map(UnixMillis::rfc3339),
            expires_at: record.expires_at.map(UnixMillis::rfc3339),
            uses: record.uses,
            scopes: scopes(record),
            rate_limit: record.rate_limit,
            github_token_prefix: record.github_token_prefix.clone(),
            github_login: record.github_login.clone(),
            github_host: record.github_host.clone(),
            previous_key_until: record.previous.as_ref().map(|previous| previous.until.rfc3339()),
        }
    }
}

/// The answer that shows a key.
pub fn show(record: &KeyRecord, key: &ApiKey) -> Vec<u8> {
    let made = KeyMade {
        mcp_key: key.expose(),
        id: &record.id,
        user_id: &record.user_id,
        description: &record.description,
        created_at: record.created_at.rfc3339(),
        expires_at: record.expires_at.map(UnixMillis::rfc3339),
        scopes: scopes(record),
        github_login: record.github_login.as_deref(),
        previous_key_until: record.previous.as_ref().map(|previous| previous.until.rfc3339()),
    };
    serde_json::to_vec(&made).expect("plain values with string keys always serialise")
}
