//! A key that is made: what is said of it, and the record that is stored of it.

use super::GithubToken;
use crate::{
    auth::ApiKey,
    model::{AuditRecord, Effects, KeyRecord, ScopeSet, StoredHashes, UnixMillis, Workspace, new_id},
    secrets::SecretKey,
};

/// What whoever makes a key says of it.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// The person; the key's own id when empty.
    pub user_id: String,
    /// Free text.
    pub description: String,
    /// What it may do; the standard scopes when `None`.
    pub scopes: Option<ScopeSet>,
    /// When it stops working.
    pub expires_at: Option<UnixMillis>,
    /// The user's GitHub token.
    pub github_token: Option<GithubToken>,
    /// Whose token GitHub says it is.
    pub github_login: Option<String>,
    /// Calls a minute instead of everybody's.
    pub rate_limit: Option<u32>,
}

impl ApiKey {
    /// What to store of this key, and the effects of storing it.
    pub fn record(
        &self,
        secret: &SecretKey,
        new: NewKey,
        actor: &str,
        now: UnixMillis,
    ) -> (KeyRecord, Effects) {
        let id = new_id(now);
        let workspace = Workspace::default();
        let mut record = KeyRecord {
            hashes: StoredHashes::of(secret.key_hashes(self.expose())),
            prefix: self.prefix().to_owned(),
            user_id: if new.user_id.is_empty() { id.clone() } else { new.user_id },
            description: new.description,
            scopes: new.scopes.unwrap_or_else(ScopeSet::standard),
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
            sealed_github_token: None,
            github_token_prefix: None,
            github_host: None,
            github_login: new.github_login,
            rate_limit: new.rate_limit,
            turn: 0,
            previous: None,
            last_used_at: None,
            uses: 0,
            noticed_at: None,
            telling_until: None,
            version: 1,
            workspace,
            id,
        };
        if let Some(token) = new.github_token {
            token.put_into(&mut record, secret, 1);
        }
        let audit = AuditRecord::without_call(actor, "key.create", &record.id, now);
        (record, Effects { audit: vec![audit], ..Effects::default() })
    }
}
