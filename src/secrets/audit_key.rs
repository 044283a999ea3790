//! The links of the audit log, each made of a record and the link before it: a record that was changed, removed, moved or put in
//! breaks the chain, and the last link, kept apart, shows a tail that was cut.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::model::{AuditEntry, AuditRecord, hex};

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
        let hmac = self.0.clone().chain_update(before).chain_update(sequence.to_be_bytes());
        Self::of_fields(hmac, &[workspace], record)
    }

    /// Each field with its length before it, so that none can pass for a part of another.
    fn of_fields(mut hmac: Hmac<Sha256>, first: &[&str], record: &AuditRecord) -> [u8; 32] {
        let fields = [&*record.actor, &*record.action, &*record.target, &*record.request_id];
        for field in first.iter().copied().chain(fields) {
            hmac.update(&(field.len() as u64).to_be_bytes());
            hmac.update(field.as_bytes());
        }
        hmac.chain_update(record.at.0.to_be_bytes()).finalize().into_bytes().into()
    }

    /// Whether the entry's link was made with this key, after a record with the link `before`, which is nothing for the first.
    pub fn has_linked(&self, entry: &AuditEntry, before: &[u8]) -> bool {
        self.link(before, entry.sequence, entry.workspace.as_str(), &entry.record) == entry.link
    }

    /// What shows that a record is of a process with this key, before it has a place and a link. `unique` is part of it, so that a
    /// record cannot be put in again.
    pub fn mac(&self, unique: &str, workspace: &str, record: &AuditRecord) -> [u8; 32] {
        let hmac = self.0.clone().chain_update("taskgate audit record");
        Self::of_fields(hmac, &[unique, workspace], record)
    }

    /// What tells this key from others, and tells nothing of it.
    pub fn name(&self) -> String {
        let name = self.0.clone().chain_update("taskgate audit key name").finalize().into_bytes();
        hex(name.get(..8).unwrap_or_default())
    }

    /// What shows that a row of a store that others can write to is of a process with this key. The parts are what it holds and where
    /// it is, so that it passes for no other.
    pub fn row_mac(&self, parts: &[&str]) -> [u8; 32] {
        self.of_row(parts).finalize().into_bytes().into()
    }

    /// Whether that MAC is of those parts.
    pub fn has_made(&self, mac: &[u8], parts: &[&str]) -> bool {
        self.of_row(parts).verify_slice(mac).is_ok()
    }

    fn of_row(&self, parts: &[&str]) -> Hmac<Sha256> {
        let hmac = self.0.clone().chain_update("taskgate row");
        parts.iter().fold(hmac, |hmac, part| {
            hmac.chain_update((part.len() as u64).to_be_bytes()).chain_update(part.as_bytes())
        })
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
