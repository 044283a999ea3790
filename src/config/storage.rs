//! Where things last, and how the log looks.

use std::path::PathBuf;

use super::Reader;

/// What keeps the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// A file in the data folder.
    Sqlite,
    /// Memory: gone when the process ends.
    Memory,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `TASKGATE_DATA_DIR`, `TASKGATE_STORE`, `RUST_LOG`, `TASKGATE_LOG_FORMAT`, `TASKGATE_EVENT_LOG`.
#[derive(Clone, Debug)]
pub struct StorageSettings {
    /// Folder of the database, `secret.key` and `first-key`; absolute.
    pub data_dir: PathBuf,
    /// What keeps the data.
    pub store: StoreKind,
    /// Log filter.
    pub log_filter: String,
    /// `None`: text on a terminal, else JSON.
    pub log_format: Option<LogFormat>,
    /// Folder of the log of what agents did.
    pub event_log: Option<PathBuf>,
}

impl StorageSettings {
    /// How log lines look; `terminal`: somebody reads along.
    pub fn format(&self, terminal: bool) -> LogFormat {
        self.log_format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json })
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("taskgate.db")
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        let stores = [("sqlite", StoreKind::Sqlite), ("memory", StoreKind::Memory)];
        let formats = [("text", Some(LogFormat::Text)), ("json", Some(LogFormat::Json))];
        if reader.text("REDIS_URL").is_some() {
            reader.fault("REDIS_URL", "Redis is not supported: unset it to use SQLite");
        }
        Self {
            data_dir: data_dir(reader),
            store: reader.choice("TASKGATE_STORE", StoreKind::Sqlite, &stores),
            log_filter: log_filter(reader),
            log_format: reader.choice("TASKGATE_LOG_FORMAT", None, &formats),
            event_log: reader.text("TASKGATE_EVENT_LOG").map(PathBuf::from),
        }
    }
}

fn log_filter(reader: &mut Reader) -> String {
    let filter = reader.text("RUST_LOG").unwrap_or_else(|| String::from("info"));
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&filter) {
        reader.fault("RUST_LOG", format!("expected a filter such as debug or taskgate=debug: {error}"));
    } else if !filter.split(',').any(|directive| logs_of_taskgate(directive.trim())) {
        reader.warn(
            "RUST_LOG",
            "says nothing of taskgate, which then logs nothing: info, or taskgate=debug, does",
        );
    }
    filter
}

/// A level alone is for everybody; any other word is a module.
fn logs_of_taskgate(directive: &str) -> bool {
    directive.starts_with("taskgate")
        || directive.starts_with('[')
        || directive.parse::<tracing_subscriber::filter::LevelFilter>().is_ok()
}

/// Absolute, so that every message and snippet names the folder whatever folder the gateway was started in.
fn data_dir(reader: &Reader) -> PathBuf {
    let folder = PathBuf::from(reader.text("TASKGATE_DATA_DIR").unwrap_or_else(|| String::from("./data")));
    std::path::absolute(&folder).unwrap_or(folder)
}
