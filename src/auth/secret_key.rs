//! The secret key: what keys are hashed under and sessions sealed with. From `MCP_SECRET_KEY`, or `secret.key` in
//! the data folder, made once.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{AuthError, Purpose, Sealer};
use crate::{
    config::{SecretSettings, StorageSettings, StoreKind, is_exposed},
    model::KeyHashes,
    stores::AuditKey,
};

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
    /// The configured key, or the one in the data folder, which is made if that is allowed.
    pub fn open(secrets: &SecretSettings, storage: &StorageSettings) -> Result<Self, AuthError> {
        let current = match &secrets.secret_key {
            Some(given) => given.clone(),
            None if storage.store == StoreKind::Memory => fresh(),
            None => kept(&storage.data_dir.join("secret.key"), secrets.create_secret)?,
        };
        Ok(Self::new(current, secrets.secret_key_old.clone()))
    }

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

fn fresh() -> SecretString {
    let mut bytes = zeroize::Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).expect("the operating system has randomness");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(*bytes).into()
}

/// Reads the key file; when there is none, makes it. Of several processes one makes it and all read the same.
fn kept(path: &Path, create: bool) -> Result<SecretString, AuthError> {
    let fail = |reason: String| AuthError::SecretKey { path: path.display().to_string(), reason };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| fail(error.to_string()))?;
    }
    if create && !path.exists() {
        make(path).map_err(|error| fail(error.to_string()))?;
    }
    let mut file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let metadata = file.metadata().map_err(|error| fail(error.to_string()))?;
    if is_exposed(path, &metadata) {
        return Err(fail(String::from("others can read it: chmod 600 it")));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(|error| fail(error.to_string()))?;
    if text.trim().len() < 32 {
        return Err(fail(String::from(
            "it holds fewer than 32 bytes: restore it, or remove it to make a new one",
        )));
    }
    Ok(text.trim().to_owned().into())
}

/// Writes aside and links into place, so that no process reads half a key and none replaces another's.
fn make(path: &Path) -> std::io::Result<()> {
    let aside = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(fresh().expose_secret().as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn the_key_file_is_private_and_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let first = kept(&path, true).unwrap();
        assert_eq!(kept(&path, true).unwrap().expose_secret(), first.expose_secret());
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_exposed_or_missing_key_file_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        assert!(kept(&path, false).is_err());
        kept(&path, true).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(kept(&path, true).unwrap_err().to_string().contains("chmod 600"));
    }
}
