//! Which store keeps everything, as `TASKGATE_STORE` says, and what is done to a store that is not open: the only file besides a
//! backend's own folder that names one.

use std::{fs::create_dir_all, path::Path, sync::Arc};

use rustix::{
    fs::{Access, access},
    process::geteuid,
};

use super::StartError;
use crate::{
    config::{Settings, StoreKind},
    secrets::AuditKey,
    stores::{
        Store, StoreError,
        sqlite::{self, SqliteStore},
    },
};

/// Refuses a data folder that this user cannot write, before each file of it fails in words of its own.
pub(super) fn must_be_writable(settings: &Settings) -> Result<(), StartError> {
    let folder = &settings.storage.data_dir;
    if settings.storage.store == StoreKind::Memory {
        return Ok(());
    }
    let writable =
        create_dir_all(folder).and_then(|()| Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?));
    writable.map_err(|source| StartError::Folder {
        folder: folder.display().to_string(),
        user: geteuid().as_raw(),
        source,
    })
}

/// Opens the store, or makes it. `audit` links the audit log's records.
pub(super) fn open_store(settings: &Settings, audit: AuditKey) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match settings.storage.store {
        StoreKind::Sqlite => Arc::new(SqliteStore::open(&settings.storage.data_dir, audit)?),
        StoreKind::Memory => Arc::new(SqliteStore::in_memory(audit)?),
    })
}

/// Refuses to work on a store that is not there yet, or is gone with each process: opening it would make an empty one.
pub fn must_be_there(settings: &Settings) -> Result<(), StartError> {
    match settings.storage.store {
        StoreKind::Memory => Err(StartError::NothingKept),
        StoreKind::Sqlite if !settings.storage.database().exists() => {
            Err(StartError::NoDatabase { folder: settings.storage.data_dir.display().to_string() })
        }
        StoreKind::Sqlite => Ok(()),
    }
}

/// Copies one moment of a store that is there into `file`, which is there and empty. The store is not opened, so that it is
/// copied as it is, whatever version wrote it and whoever works on it.
pub fn back_up(settings: &Settings, file: &Path) -> Result<(), StoreError> {
    sqlite::back_up(&settings.storage.data_dir, file)
}
