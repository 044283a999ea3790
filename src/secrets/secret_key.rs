//! The secret key: what keys are hashed under and sessions sealed with. Everything made with it is made under a subkey of its
//! own, so that what is good for one purpose is good for no other.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{AuditKey, MarkKey, Purpose, Sealer};
use crate::model::KeyHashes;

type HmacSha256 = Hmac<Sha256>;

/// The secret key and the one before it.
pub struct SecretKey {
    current: SecretString,
    old: Option<SecretString>,
    hasher: HmacSha256,
    old_hasher: Option<HmacSha256>,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SecretKey(***)")
    }
}

impl SecretKey {
    /// These keys.
    pub fn new(current: SecretString, old: Option<SecretString>) -> Self {
        let hasher = derive(&current, "taskgate key hash");
        let old_hasher = old.as_ref().map(|key| derive(key, "taskgate key hash"));
        Self { current, old, hasher, old_hasher }
    }

    /// The hash an API key is stored and found under.
    pub fn hash_key(&self, key: &str) -> [u8; 32] {
        self.hasher.clone().chain_update(key).finalize().into_bytes().into()
    }

    /// The hashes an API key may be stored under.
    pub fn key_hashes(&self, key: &str) -> KeyHashes {
        let old = self.old_hasher.as_ref();
        let old = old.map(|hasher| hasher.clone().chain_update(key).finalize().into_bytes().into());
        KeyHashes { current: self.hash_key(key), old }
    }

    /// What tells this secret key, and the other that is configured, from any else, and tells nothing of them.
    pub fn check(&self) -> KeyHashes {
        let mut checks = self.digests("taskgate check", b"");
        KeyHashes { current: checks.next().unwrap_or_default(), old: checks.next() }
    }

    /// What the audit log is linked with.
    pub fn audit_key(&self) -> AuditKey {
        audit_key(&self.current)
    }

    /// What it was linked with before the last rotation.
    pub fn old_audit_key(&self) -> Option<AuditKey> {
        self.old.as_ref().map(audit_key)
    }

    /// Digests of an idempotency key or of what was asked under it: by this secret key, then by the one before.
    pub fn digests(&self, label: &str, text: &[u8]) -> impl Iterator<Item = [u8; 32]> {
        let keys = std::iter::once(&self.current).chain(&self.old);
        keys.map(move |key| derive(key, label).chain_update(text).finalize().into_bytes().into())
    }

    /// What marks on boards are signed with.
    pub fn mark_key(&self) -> MarkKey {
        let derived = |key: &SecretString| derive(key, "taskgate mark");
        MarkKey::new(derived(&self.current), self.old.as_ref().map(derived))
    }

    /// A sealer for one purpose; what it seals opens for no other.
    pub fn sealer(&self, purpose: Purpose) -> Sealer {
        let subkey = |key: &SecretString| -> [u8; 32] {
            derive(key, "taskgate seal").chain_update(purpose.label()).finalize().into_bytes().into()
        };
        Sealer::new(subkey(&self.current), self.old.as_ref().map(subkey))
    }
}

fn derive(key: &SecretString, label: &str) -> HmacSha256 {
    let root =
        HmacSha256::new_from_slice(key.expose_secret().as_bytes()).expect("HMAC takes a key of any length");
    let subkey = root.chain_update(label).finalize().into_bytes();
    HmacSha256::new_from_slice(&subkey).expect("HMAC takes a key of any length")
}

fn audit_key(key: &SecretString) -> AuditKey {
    AuditKey::new(&zeroize::Zeroizing::new(derive(key, "taskgate audit").finalize().into_bytes().into()))
}
