//! What is stored of an API key: never the key itself.

use super::{ScopeSet, UnixMillis, Workspace};

/// A stored key.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// The tenant it opens.
    pub workspace: Workspace,
    /// Opaque id.
    pub id: String,
    /// HMAC-SHA-256 of the key under the secret key.
    pub hash: [u8; 32],
    /// The key's first 8 characters.
    pub prefix: String,
    /// The person it stands for; the key's own id when none was given.
    pub user_id: String,
    /// Free text of whoever made it.
    pub description: String,
    /// What it may do.
    pub scopes: ScopeSet,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it stops working, if ever.
    pub expires_at: Option<UnixMillis>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<UnixMillis>,
    /// The user's GitHub token, sealed and bound to this record.
    pub sealed_github_token: Option<Vec<u8>>,
}

impl KeyRecord {
    /// Whether the key opens anything at `now`.
    pub fn is_live(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}
