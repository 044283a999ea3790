//! Where things last.

use std::path::PathBuf;

use super::{SettingsReader, names::CLOUD_RUN};

/// What keeps the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreKind {
    /// A file in the data folder.
    #[default]
    Sqlite,
    /// Memory: gone when the process ends.
    Memory,
}

/// `TASKGATE_DATA_DIR`, `TASKGATE_STORE`.
#[derive(Clone, Debug)]
pub struct StorageSettings {
    /// Folder of the database, `secret.key` and `first-key`; absolute.
    pub data_dir: PathBuf,
    /// What keeps the data.
    pub store: StoreKind,
}

impl StorageSettings {
    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("taskgate.db")
    }

    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let stores = [("sqlite", StoreKind::Sqlite), ("memory", StoreKind::Memory)];
        if reader.is_given("REDIS_URL") {
            reader.fault("REDIS_URL", "Redis is not supported: unset it to use SQLite");
        }
        if reader.is_given(CLOUD_RUN) {
            reader.warn(
                "TASKGATE_STORE",
                "on Cloud Run what is kept is gone with the instance, keys made by the API too (those of MCP_AUTH_TOKENS stay), \
                 and a deploy runs two gateways for some seconds, each with records of its own",
            );
        }
        Self {
            data_dir: data_dir(reader),
            store: reader.choice("TASKGATE_STORE", &stores).unwrap_or_default(),
        }
    }
}

/// Absolute, so that every message and snippet names the folder whatever folder the gateway was started in.
fn data_dir(reader: &SettingsReader) -> PathBuf {
    let folder = PathBuf::from(reader.text("TASKGATE_DATA_DIR").unwrap_or_default());
    std::path::absolute(&folder).unwrap_or(folder)
}
