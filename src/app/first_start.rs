//! What a first start makes, each once however many processes start together: the sample board and the first key.

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf};

use super::{Foundation, StartError};
use crate::{
    auth::{ApiKey, NewKey},
    boards::sample_tasks,
    config::Settings,
    model::{Effects, Workspace},
    stores::{KeyStore, LocalBoard, StoreError},
};

/// The first key, where whoever starts the gateway can find it.
pub enum FirstKey {
    /// Made before, or not wanted.
    None,
    /// To be shown now, and never again.
    Shown(ApiKey),
    /// In that file, mode 0600.
    File(PathBuf),
}

/// Makes what a first start makes. `show`: somebody looks at a terminal.
pub async fn first_start(
    foundation: &Foundation,
    settings: &Settings,
    wants_key: bool,
    show: bool,
) -> Result<FirstKey, StartError> {
    let folder = &settings.storage.data_dir;
    let fail = |source: StoreError| StartError::Store { folder: folder.display().to_string(), source };
    let now = foundation.clock.now();
    if settings.board.sample {
        let made =
            foundation.store.seed_board(&Workspace::default(), sample_tasks(now), Effects::default()).await;
        if made.map_err(fail)? {
            tracing::info!(
                "the board is new: eight sample tasks were added (TASKGATE_SAMPLE_BOARD=false leaves it empty)"
            );
        }
    }
    if !wants_key || !settings.secrets.static_keys.is_empty() {
        return Ok(FirstKey::None);
    }
    let key = ApiKey::generate();
    let new = NewKey { description: String::from("first key"), ..NewKey::default() };
    let (record, effects) = key.record(&foundation.secret, new, "system", now);
    if !foundation.store.create_first_key(record, effects).await.map_err(fail)? {
        return Ok(FirstKey::None);
    }
    if show {
        return Ok(FirstKey::Shown(key));
    }
    let path = folder.join("first-key");
    write_private(&path, key.expose())
        .map_err(|source| StartError::File { path: path.display().to_string(), source })?;
    Ok(FirstKey::File(path))
}

fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let _ = std::fs::remove_file(path);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
