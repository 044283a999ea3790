//! Where the secret key comes from: `MCP_SECRET_KEY`, or `secret.key` in the data folder, made once and never again for a
//! database that was made under it.

use std::{io::ErrorKind, path::Path};

use base64::Engine;
use secrecy::{ExposeSecret, SecretString};

use super::{
    SecretKey, SecretKeyError, SecretKeyFault,
    private_file::{self, Aside, FileAccess},
};
use crate::{
    config::{SecretSettings, StorageSettings, StoreKind, is_example, is_exposed},
    model::without_mark,
};

const NAME: &str = "secret.key";
/// Bytes of a secret key at least.
const LEAST: usize = 32;

impl SecretKey {
    /// The configured key, or the one in the data folder, which is made if that is allowed.
    pub fn open(secrets: &SecretSettings, storage: &StorageSettings) -> Result<Self, SecretKeyError> {
        let current = match &secrets.secret_key {
            Some(given) => given.clone(),
            None if storage.store == StoreKind::Memory => fresh(),
            None => {
                let fail = |fault| SecretKeyError { path: storage.data_dir.join(NAME), fault };
                let kept = kept(storage, secrets.create_secret).map_err(fail)?;
                differs(&kept, secrets).map_err(fail)?;
                kept
            }
        };
        Ok(Self::new(current, secrets.secret_key_old.clone()))
    }
}

fn fresh() -> SecretString {
    let mut bytes = zeroize::Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).expect("the operating system has randomness");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(*bytes).into()
}

/// Reads the key file. When there is none it is made, unless a database was made under it: of several processes one makes it and
/// all read the same.
fn kept(storage: &StorageSettings, create: bool) -> Result<SecretString, SecretKeyFault> {
    let path = storage.data_dir.join(NAME);
    if let Some(key) = read(&path)? {
        return Ok(key);
    }
    // Whoever makes a database has made the key before: another process may just have done both.
    if std::fs::metadata(storage.database()).is_ok_and(|database| database.len() > 0) {
        return read(&path)?.ok_or(SecretKeyFault::Lost);
    }
    if !create {
        return Err(SecretKeyFault::Missing);
    }
    Aside::write(&path, fresh().expose_secret().as_bytes()).and_then(Aside::put_if_absent)?;
    read(&path)?.ok_or(SecretKeyFault::Removed)
}

/// The rules for a secret key that was given hold for one in the file, too: somebody may have written it by hand.
fn differs(kept: &SecretString, secrets: &SecretSettings) -> Result<(), SecretKeyFault> {
    let old = secrets.secret_key_old.iter().map(|old| ("MCP_SECRET_KEY_OLD", old));
    let mut others = secrets.openers().chain(old);
    match others.find(|(_, other)| other.expose_secret() == kept.expose_secret()) {
        Some((name, _)) => Err(SecretKeyFault::SameAs(name.to_owned())),
        None if is_example(kept.expose_secret()) => Err(SecretKeyFault::Example),
        None => Ok(()),
    }
}

/// The key in the file, if there is one.
fn read(path: &Path) -> Result<Option<SecretString>, SecretKeyFault> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => zeroize::Zeroizing::new(text?),
    };
    let text = without_mark(&text).trim();
    if text.len() < LEAST {
        return Err(SecretKeyFault::Short);
    }
    if is_exposed(path, &std::fs::metadata(path)?) {
        make_private(path)?;
    }
    Ok(Some(text.to_owned().into()))
}

/// Takes the rights of others away, or says that they have some.
fn make_private(path: &Path) -> Result<(), SecretKeyFault> {
    let file = path.display();
    match private_file::restrict(path)? {
        FileAccess::Nobody => {}
        FileAccess::NobodyNow => tracing::warn!(
            "others could read {file} until now; if one of them may have, rotate the secret key (docs/keys.md)"
        ),
        FileAccess::Group => tracing::warn!(
            "the group of {file} can read it, and its mode cannot be changed; MCP_SECRET_KEY keeps the key elsewhere"
        ),
        FileAccess::Everybody => return Err(SecretKeyFault::Exposed),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;
    use crate::config::{Settings, SettingsReader};

    fn storage(folder: &Path) -> StorageSettings {
        let folder = folder.display().to_string();
        let environment = [(String::from("TASKGATE_DATA_DIR"), folder)];
        Settings::load(SettingsReader::new([].into(), environment.into()), true).settings.storage
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
        let said = kept(&storage, true).unwrap_err();
        assert!(matches!(said, SecretKeyFault::Lost), "{said}");
        assert!(!path.exists());
    }
}
