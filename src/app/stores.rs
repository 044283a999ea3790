//! Which store keeps everything, as `TASKGATE_STORE` and `REDIS_URL` say, and what is done to a store that is not open: the only file
//! besides a backend's own folder that names one.

use std::{fs::create_dir_all, path::Path, sync::Arc};

use rustix::{
    fs::{Access, access},
    process::geteuid,
};
use secrecy::ExposeSecret;

use super::StartError;
use crate::{
    config::{RedisSettings, Settings, StoreKind},
    model::Workspace,
    secrets::SecretKey,
    stores::{
        Store, StoreError,
        redis::{CheckError, RedisAddress, RedisParts, RedisStore},
        sqlite::{self, SqliteStore},
    },
};

/// Something that was found out about a store before anything works on it.
pub struct StoreFinding {
    /// Whether the gateway does not start with it.
    pub is_fault: bool,
    /// What it is, and what to do.
    pub said: String,
}

impl StoreFinding {
    fn warning(said: impl ToString) -> Self {
        Self { is_fault: false, said: said.to_string() }
    }
}

/// Refuses a data folder that this user cannot write, before each file of it fails in words of its own.
pub(super) fn must_be_writable(settings: &Settings) -> Result<(), StartError> {
    let folder = &settings.storage.data_dir;
    if settings.storage.store != StoreKind::Sqlite {
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

/// Opens the store, or makes it, with what is worth knowing of it. `instance`: this process's name among those on it.
pub(super) async fn open_store(
    settings: &Settings,
    secret: &SecretKey,
    instance: &str,
) -> Result<(Arc<dyn Store>, Vec<StoreFinding>), StartError> {
    if let Some(redis) = &settings.storage.redis {
        let (store, found) = open_redis(redis, secret, instance).await?;
        return Ok((Arc::new(store), found));
    }
    let (folder, audit) = (&settings.storage.data_dir, secret.audit_key());
    let opened = match settings.storage.store {
        StoreKind::Memory => SqliteStore::in_memory(audit),
        StoreKind::Sqlite | StoreKind::Redis => SqliteStore::open(folder, audit),
    };
    Ok((Arc::new(opened.map_err(|source| store_fault(settings, source))?), Vec::new()))
}

/// A store on the Redis that those settings name, which was looked at before anything works on it.
pub(super) async fn open_redis(
    redis: &RedisSettings,
    secret: &SecretKey,
    instance: &str,
) -> Result<(RedisStore, Vec<StoreFinding>), StartError> {
    let store = redis_store(redis, secret, instance)?;
    match store.check(&Workspace::default()).await {
        Ok(warnings) => Ok((store, warnings.into_iter().map(StoreFinding::warning).collect())),
        Err(CheckError::Store(error)) => Err(redis_fault(error)),
        Err(CheckError::Server(fault)) => Err(StartError::Redis { source: Box::new(fault) }),
    }
}

fn redis_store(redis: &RedisSettings, secret: &SecretKey, instance: &str) -> Result<RedisStore, StartError> {
    let address = RedisAddress::parse(redis.url.expose_secret()).and_then(|address| match &redis.ca {
        Some(pem) => address.with_ca(pem.clone()),
        None => Ok(address),
    });
    let address = address.map_err(|fault| StartError::Redis { source: Box::new(fault) })?;
    let opened = RedisStore::new(RedisParts {
        address,
        prefix: redis.prefix.clone(),
        audit: secret.audit_key(),
        old_audit: secret.old_audit_key(),
        instance: instance.to_owned(),
        replicas: redis.replicas,
        has_identity: redis.has_identity,
    });
    opened.map_err(redis_fault)
}

/// A database that was worked on before Redis was, which nobody reads any more.
pub(super) fn left_behind(settings: &Settings) -> Option<StoreFinding> {
    let (database, folder) = (settings.storage.database(), &settings.storage.data_dir);
    if settings.storage.redis.is_none() || !database.exists() {
        return None;
    }
    let holds = match sqlite::count(folder) {
        Ok((keys, tasks)) => format!("keys: {keys}, tasks: {tasks}"),
        Err(_) => String::from("it cannot be read"),
    };
    Some(StoreFinding::warning(format!(
        "{} ({holds}) is not used: everything is in Redis now. Make the keys anew there (taskgate keys create), and move that file away \
         once nothing of it is missed; unset REDIS_URL to work on it again",
        database.display()
    )))
}

/// Why a gateway with those settings does not start, when its store has failed.
pub(super) fn store_fault(settings: &Settings, error: StoreError) -> StartError {
    match settings.storage.store {
        StoreKind::Redis => redis_fault(error),
        StoreKind::Sqlite | StoreKind::Memory => {
            StartError::Store { folder: settings.storage.data_dir.display().to_string(), source: error }
        }
    }
}

/// One that may pass is waited for.
fn redis_fault(source: StoreError) -> StartError {
    match source {
        StoreError::Newer { .. } | StoreError::Corrupt(_) | StoreError::Backend(_) => {
            StartError::Redis { source: Box::new(source) }
        }
        StoreError::Busy
        | StoreError::Full(_)
        | StoreError::Away(..)
        | StoreError::Uncertain(_)
        | StoreError::Replaced(_)
        | StoreError::Unsettled
        | StoreError::Unsafe
        | StoreError::Closed => StartError::StoreAway { source },
    }
}

/// Refuses to work on a store that is not there yet, or is gone with each process: opening it would make an empty one.
pub fn must_be_there(settings: &Settings) -> Result<(), StartError> {
    match settings.storage.store {
        StoreKind::Memory => Err(StartError::NothingKept),
        StoreKind::Sqlite if !settings.storage.database().exists() => {
            Err(StartError::NoDatabase { folder: settings.storage.data_dir.display().to_string() })
        }
        StoreKind::Sqlite | StoreKind::Redis => Ok(()),
    }
}

/// Refuses to work on a store that is no file that is there.
pub fn must_be_a_file(settings: &Settings) -> Result<(), StartError> {
    match settings.storage.store {
        StoreKind::Redis => Err(StartError::KeptInRedis),
        StoreKind::Sqlite | StoreKind::Memory => must_be_there(settings),
    }
}

/// Copies one moment of a store that is there into `file`, which is there and empty. The store is not opened, so that it is
/// copied as it is, whatever version wrote it and whoever works on it.
pub fn back_up(settings: &Settings, file: &Path) -> Result<(), StoreError> {
    sqlite::back_up(&settings.storage.data_dir, file)
}
