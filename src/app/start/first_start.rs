//! What a first start makes, each once however many processes start together: the sample board and the first key.
//!
//! The first key is on disk before it is stored, and counts as made only when it was handed over: a start that dies or fails in
//! between leaves no key, or one that the next start finds and hands over.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    app::{Services, StartError, boards::fill_new_board, stores::store_fault},
    auth::{ApiKey, NewKey},
    config::{Settings, StoreKind},
    secrets::private_file::{Aside, Left, left_beside, try_lock_folder},
    stores::StoreError,
};

/// How often and how long a start waits for another one that makes the first key.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const LOOKS: u32 = 250;

/// The first key, where whoever starts the gateway can find it.
pub enum FirstKey {
    /// Made before, or not wanted.
    None,
    /// To be shown now, and never again.
    Shown(Shown),
    /// In that file, mode 0600.
    File(PathBuf),
    /// Not made: nobody could see it here. So is the program called with which to make one.
    Command(String),
}

/// A key to be shown. Until [`Self::handed_over`] it lies in a file, from which the next start shows it should this one die.
pub struct Shown {
    key: ApiKey,
    aside: Option<Left>,
    _lock: Option<File>,
}

impl Shown {
    /// The key.
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Somebody saw it.
    pub async fn handed_over(self, services: &Services) -> Result<(), StoreError> {
        services.store.first_key_handed_over().await?;
        if let Some(aside) = self.aside {
            aside.remove();
        }
        Ok(())
    }
}

/// Makes what a first start makes. `show`: somebody looks at a terminal.
pub async fn first_start(
    services: &Services,
    settings: &Settings,
    wants_key: bool,
    show: bool,
) -> Result<FirstKey, StartError> {
    let fail = |source: StoreError| store_fault(settings, source);
    let is_shared = settings.storage.store == StoreKind::Redis;
    let now = services.clock.now();
    if !is_shared && fill_new_board(&settings.board.provider, &*services.store, now).await.map_err(fail)? {
        tracing::info!(
            "the board is new: eight sample tasks were added (TASKGATE_SAMPLE_BOARD=false leaves it empty)"
        );
    }
    if !wants_key
        || !settings.secrets.static_keys.is_empty()
        || !services.store.wants_first_key().await.map_err(fail)?
    {
        return Ok(FirstKey::None);
    }
    match &settings.listen.command {
        // Which of the gateways would make it, and who would see it, nobody knows.
        command if is_shared => {
            Ok(FirstKey::Command(command.clone().unwrap_or_else(|| String::from("taskgate"))))
        }
        Some(command) if !show => Ok(FirstKey::Command(command.clone())),
        _ => first_key(services, settings, show).await,
    }
}

async fn first_key(services: &Services, settings: &Settings, show: bool) -> Result<FirstKey, StartError> {
    let folder = &settings.storage.data_dir;
    let fail = |source: StoreError| store_fault(settings, source);
    let path = folder.join("first-key");
    if show && settings.storage.store == StoreKind::Memory {
        let key = store_first_key(services, ApiKey::generate()).await.map_err(fail)?;
        return Ok(key.map_or(FirstKey::None, |key| FirstKey::Shown(Shown { key, aside: None, _lock: None })));
    }
    let unwritten = |source| StartError::File { path: path.display().to_string(), source };
    let lock = lock(folder).await;
    if !services.store.wants_first_key().await.map_err(fail)? {
        return Ok(FirstKey::None);
    }
    let left = left_beside(&path).unwrap_or_default();
    let found = find_live(services, &left).await.map_err(fail)?;
    let is_stored = found.is_some();
    let key = found.unwrap_or_else(ApiKey::generate);
    let aside = Aside::write(&path, key.expose().as_bytes()).and_then(Aside::leave).map_err(unwritten)?;
    let stored = if is_stored { Some(key) } else { store_first_key(services, key).await.map_err(fail)? };
    let Some(key) = stored else {
        aside.remove();
        return Ok(FirstKey::None);
    };
    #[cfg(feature = "failpoints")]
    fail::fail_point!("first-key-stored", |_| std::process::abort());
    for left in &left {
        let _ = std::fs::remove_file(left);
    }
    if show {
        return Ok(FirstKey::Shown(Shown { key, aside: Some(aside), _lock: lock }));
    }
    aside.replace().map_err(unwritten)?;
    services.store.first_key_handed_over().await.map_err(fail)?;
    Ok(FirstKey::File(path))
}

/// Waits for another process that makes the first key; 5 s at most, should it stand still.
async fn lock(folder: &Path) -> Option<File> {
    for _ in 0..LOOKS {
        match try_lock_folder(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            locked => return locked.ok(),
        }
    }
    None
}

/// The key if it was stored; none when another process was quicker.
async fn store_first_key(services: &Services, key: ApiKey) -> Result<Option<ApiKey>, StoreError> {
    let new = NewKey { description: String::from("first key"), ..NewKey::default() };
    let (record, effects) = key.record(&services.secret, new, "system", services.clock.now());
    Ok(services.store.create_first_key(record, effects).await?.then_some(key))
}

/// A key that an earlier start stored and did not hand over.
async fn find_live(services: &Services, left: &[PathBuf]) -> Result<Option<ApiKey>, StoreError> {
    for path in left {
        let text = std::fs::read_to_string(path).map(zeroize::Zeroizing::new).unwrap_or_default();
        let Some(key) = ApiKey::parse(text.trim()) else { continue };
        let record = services.store.key_by_hash(services.secret.key_hashes(key.expose())).await?;
        if record.is_some_and(|record| record.is_live(services.clock.now())) {
            return Ok(Some(key));
        }
    }
    Ok(None)
}
