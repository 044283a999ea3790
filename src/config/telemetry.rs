//! How much is logged, how log lines look, and what else is written down of what agents did.

use std::path::PathBuf;

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use super::SettingsReader;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `RUST_LOG`, `TASKGATE_LOG_FORMAT`, `TASKGATE_EVENT_LOG`.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// Log filter.
    pub log_filter: String,
    /// How log lines look; `None`: text on a terminal, else JSON.
    pub log_format: Option<LogFormat>,
    /// Folder of the log of what agents did.
    pub event_log: Option<PathBuf>,
}

impl TelemetrySettings {
    /// How log lines look; `terminal`: somebody reads along.
    pub fn format(&self, terminal: bool) -> LogFormat {
        self.log_format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json })
    }

    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        Self {
            log_filter: log_filter(reader),
            log_format: reader.choice("TASKGATE_LOG_FORMAT", &formats),
            event_log: reader.text("TASKGATE_EVENT_LOG").map(PathBuf::from),
        }
    }
}

fn log_filter(reader: &mut SettingsReader) -> String {
    const NAME: &str = "RUST_LOG";
    let filter = reader.text(NAME).unwrap_or_default();
    if let Err(error) = EnvFilter::try_new(&filter) {
        reader.fault(NAME, format!("expected a filter such as debug or taskgate=debug: {error}"));
    } else if !filter.split(',').any(|directive| logs_of_taskgate(directive.trim())) {
        reader.warn(NAME, "says nothing of taskgate, which then logs nothing: info, or taskgate=debug, does");
    }
    filter
}

/// A level alone is for everybody; any other word is the beginning of a module's name.
fn logs_of_taskgate(directive: &str) -> bool {
    let module = directive.split(['=', '[']).next().unwrap_or_default();
    let is_level = !directive.is_empty() && directive.parse::<LevelFilter>().is_ok();
    is_level
        || directive.starts_with('[')
        || module.starts_with("taskgate::")
        || (!module.is_empty() && "taskgate".starts_with(module))
}
