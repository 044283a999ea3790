//! Where things last.

use std::path::PathBuf;

use super::{RedisSettings, SettingsReader, names::CLOUD_RUN};

const STORE: &str = "TASKGATE_STORE";
const SECRET_KEY: &str = "MCP_SECRET_KEY";

/// What keeps the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreKind {
    /// A file in the data folder.
    #[default]
    Sqlite,
    /// Memory: gone when the process ends.
    Memory,
    /// A Redis, for any number of gateways.
    Redis,
}

/// `TASKGATE_DATA_DIR`, `TASKGATE_STORE`.
#[derive(Clone, Debug)]
pub struct StorageSettings {
    /// Folder of the database, `secret.key` and `first-key`; absolute.
    pub data_dir: PathBuf,
    /// What keeps the data.
    pub store: StoreKind,
    /// Where that is, for [`StoreKind::Redis`].
    pub redis: Option<RedisSettings>,
}

impl StorageSettings {
    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("taskgate.db")
    }

    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let stores = [("sqlite", StoreKind::Sqlite), ("memory", StoreKind::Memory)];
        let (redis, chosen) = (RedisSettings::read(reader), reader.choice(STORE, &stores));
        if redis.is_some() {
            say_unused(reader);
        } else if reader.is_given(CLOUD_RUN) {
            reader.warn(
                STORE,
                "on Cloud Run what is kept is gone with the instance, keys made by the API too (those of MCP_AUTH_TOKENS stay), \
                 and a deploy runs two gateways for some seconds, each with records of its own",
            );
        }
        Self {
            data_dir: data_dir(reader),
            store: if redis.is_some() { StoreKind::Redis } else { chosen.unwrap_or_default() },
            redis,
        }
    }
}

/// Says what has no effect, or lacks, where a Redis keeps the data.
fn say_unused(reader: &mut SettingsReader) {
    if reader.is_given(STORE) {
        reader.fault(
            STORE,
            "has no effect with REDIS_URL, which keeps everything in Redis: unset one of the two",
        );
    }
    if !reader.is_named(SECRET_KEY) && reader.faults.iter().all(|fault| fault.key != SECRET_KEY) {
        reader.fault(
            SECRET_KEY,
            "with REDIS_URL every gateway needs the same secret key of 32 bytes or more (openssl rand -hex 32)",
        );
    }
}

/// Absolute, so that every message and snippet names the folder whatever folder the gateway was started in.
fn data_dir(reader: &SettingsReader) -> PathBuf {
    let folder = PathBuf::from(reader.text("TASKGATE_DATA_DIR").unwrap_or_default());
    std::path::absolute(&folder).unwrap_or(folder)
}
