//! The secret key: what keys are hashed under and sessions sealed with. From `MCP_SECRET_KEY`, or `secret.key` in
//! the data folder, made once and never again for a database that was made under it.

use std::{io::ErrorKind, path::Path};

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::{AuthError, Purpose, Sealer};
use crate::{
    config::{SecretSettings, StorageSettings, StoreKind, is_example, is_exposed},
    model::{KeyHashes, without_mark},
    private_file::{self, Aside, Readers},
    stores::AuditKey,
};

type HmacSha256 = Hmac<Sha256>;

/// What to do about a key file that cannot be read or made.
const WAYS_OUT: &str =
    "set TASKGATE_DATA_DIR to a folder this user may write, or give the key as MCP_SECRET_KEY";
/// The key file is gone and the database is not.
const LOST: &str = "it is missing, and taskgate.db beside it was made under a secret key: put the file back, or set MCP_SECRET_KEY to \
     that key; without it no stored key works again, and what remains is to begin anew in an empty folder (TASKGATE_DATA_DIR)";

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
            None => {
                let kept = kept(storage, secrets.create_secret)?;
                differs(&kept, secrets, storage)?;
                kept
            }
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

/// Reads the key file. When there is none it is made, unless a database was made under it: of several processes one makes it and
/// all read the same.
fn kept(storage: &StorageSettings, create: bool) -> Result<SecretString, AuthError> {
    let path = storage.data_dir.join("secret.key");
    let fail = |reason: String| AuthError::SecretKey { path: path.display().to_string(), reason };
    if let Some(key) = read(&path).map_err(fail)? {
        return Ok(key);
    }
    // Whoever makes a database has made the key before: another process may just have done both.
    if std::fs::metadata(storage.database()).is_ok_and(|database| database.len() > 0) {
        return read(&path).map_err(fail)?.ok_or_else(|| fail(String::from(LOST)));
    }
    if !create {
        return Err(fail(String::from("it is missing: set MCP_SECRET_KEY, or TASKGATE_CREATE_SECRET=true")));
    }
    let made = Aside::write(&path, fresh().expose_secret().as_bytes()).and_then(Aside::put_if_absent);
    made.map_err(|error| fail(format!("{error}: {WAYS_OUT}")))?;
    read(&path).map_err(fail)?.ok_or_else(|| fail(String::from("it was removed as soon as it was made")))
}

/// The rules for a secret key that was given hold for one in the file, too: somebody may have written it by hand.
fn differs(
    kept: &SecretString,
    secrets: &SecretSettings,
    storage: &StorageSettings,
) -> Result<(), AuthError> {
    let path = storage.data_dir.join("secret.key").display().to_string();
    let old = secrets.secret_key_old.iter().map(|old| ("MCP_SECRET_KEY_OLD", old));
    let mut others = secrets.openers().chain(old);
    let same = others.find(|(_, other)| other.expose_secret() == kept.expose_secret());
    let reason = match same {
        Some((name, _)) => format!("it holds the same as {name}: each secret must be its own"),
        None if is_example(kept.expose_secret()) => String::from(
            "it holds an example value, which others have too: openssl rand -hex 32 makes a real one",
        ),
        None => return Ok(()),
    };
    Err(AuthError::SecretKey { path, reason })
}

/// The key in the file, if there is one; else what is wrong with it and what to do.
fn read(path: &Path) -> Result<Option<SecretString>, String> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{error}: {WAYS_OUT}")),
        Ok(text) => zeroize::Zeroizing::new(text),
    };
    let text = without_mark(&text).trim();
    if text.len() < 32 {
        return Err(String::from(
            "it holds fewer than 32 bytes: put a copy of it back, or set MCP_SECRET_KEY; if there is no database beside it \
             yet, remove it and it is made anew",
        ));
    }
    let failed = |error: std::io::Error| format!("{error}: {WAYS_OUT}");
    if !is_exposed(path, &std::fs::metadata(path).map_err(failed)?) {
        return Ok(Some(text.to_owned().into()));
    }
    let file = path.display();
    match private_file::restrict(path).map_err(failed)? {
        Readers::Nobody => {}
        Readers::NobodyNow => tracing::warn!(
            "others could read {file} until now; if one of them may have, rotate the secret key (docs/keys.md)"
        ),
        Readers::Group => tracing::warn!(
            "the group of {file} can read it, and its mode cannot be changed; MCP_SECRET_KEY keeps the key elsewhere"
        ),
        Readers::Everybody => {
            return Err(String::from(
                "every user of this machine can read it, and its mode cannot be changed: chmod 600 it as its owner, or \
                 set MCP_SECRET_KEY to what it holds and remove it",
            ));
        }
    }
    Ok(Some(text.to_owned().into()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;
    use crate::config::{Reader, Settings};

    fn storage(folder: &Path) -> StorageSettings {
        let folder = folder.display().to_string();
        let environment = [(String::from("TASKGATE_DATA_DIR"), folder)];
        Settings::load(Reader::new([].into(), environment.into()), true).settings.storage
    }

    #[test]
    fn the_key_file_is_private_and_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let storage = storage(folder.path());
        let first = kept(&storage, true).unwrap();
        assert_eq!(kept(&storage, true).unwrap().expose_secret(), first.expose_secret());
        let path = folder.path().join("secret.key");
        assert_eq!(std::fs::metadata(path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_exposed_key_file_is_made_private_and_a_missing_one_is_not_made_for_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let storage = storage(folder.path());
        let path = folder.path().join("secret.key");
        assert!(kept(&storage, false).is_err());
        kept(&storage, true).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        kept(&storage, true).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(storage.database(), "SQLite").unwrap();
        let said = kept(&storage, true).unwrap_err().to_string();
        assert!(said.contains("secret.key") && said.contains("MCP_SECRET_KEY"), "{said}");
        assert!(!path.exists());
    }
}
