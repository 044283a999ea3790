//! The links of the audit log, each made of a record and the link before it: a record that was changed, removed, moved or put in
//! breaks the chain, and the last link, kept apart, shows a tail that was cut.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::model::{AuditEntry, AuditRecord};

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

    /// Whether the entry's link was made with this key, after a record with the link `before`, which is nothing for the first.
    pub fn has_linked(&self, entry: &AuditEntry, before: &[u8]) -> bool {
        self.link(before, entry.sequence, entry.workspace.as_str(), &entry.record) == entry.link
    }

    /// The seal of a checkpoint.
    pub(super) fn seal(&self, sequence: i64, link: &[u8; 32], digest: &[u8; 32]) -> [u8; 32] {
        let hmac = self.0.clone().chain_update("taskgate audit checkpoint");
        let hmac = hmac.chain_update(sequence.to_be_bytes()).chain_update(link).chain_update(digest);
        hmac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for AuditKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("AuditKey(***)")
    }
}
