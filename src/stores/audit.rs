//! Who did what, each record linked to the one before it: a record that was changed, removed, moved or put in breaks the chain,
//! and the last link, kept apart, shows a tail that was cut.

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::StoreError;
use crate::model::{AuditRecord, UnixMillis, Workspace};

/// What links are made with; who does not have it cannot make one.
#[derive(Clone)]
pub struct AuditKey(Hmac<Sha256>);

impl AuditKey {
    /// The key of these bytes.
    pub fn new(bytes: &Zeroizing<[u8; 32]>) -> Self {
        Self(Hmac::new_from_slice(&**bytes).expect("HMAC takes a key of any length"))
    }

    /// The link of a record: of its place, its contents and the link before it, which is nothing for the first.
    pub fn link(&self, before: &[u8], sequence: i64, workspace: &str, record: &AuditRecord) -> [u8; 32] {
        let fields = [workspace, &record.actor, &record.action, &record.target, &record.request_id];
        let mut hmac = self.0.clone().chain_update(before).chain_update(sequence.to_be_bytes());
        for field in fields {
            hmac.update(&(field.len() as u64).to_be_bytes());
            hmac.update(field.as_bytes());
        }
        hmac.chain_update(record.at.0.to_be_bytes()).finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("AuditKey(***)")
    }
}

/// A record with its place in the chain.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Its place; rises by one, and never has a gap.
    pub sequence: i64,
    /// The tenant.
    pub workspace: Workspace,
    /// What happened.
    pub record: AuditRecord,
    /// Its link; zeros when there is none, which fits nowhere.
    pub link: [u8; 32],
}

/// Which records.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only those with a smaller place.
    pub before: Option<i64>,
    /// Only those of this actor.
    pub actor: Option<String>,
    /// Only those whose action begins with this.
    pub action: Option<String>,
    /// Only those on this target.
    pub target: Option<String>,
    /// Only those from then on.
    pub since: Option<UnixMillis>,
}

/// The audit log. Most records arrive as effects of a decision.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Writes a record of its own, on disk before it is acknowledged.
    async fn append_audit(&self, workspace: &Workspace, record: AuditRecord) -> Result<(), StoreError>;

    /// At most `limit` of a workspace's records, newest first.
    async fn audit(
        &self,
        workspace: &Workspace,
        filter: AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// At most `limit` records of all workspaces after that place, oldest first; with [`i64::MIN`] every one, also those with a
    /// place that is none.
    async fn audit_after(&self, sequence: i64, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;

    /// The newest record of all workspaces.
    async fn last_audit(&self) -> Result<Option<AuditEntry>, StoreError>;
}
