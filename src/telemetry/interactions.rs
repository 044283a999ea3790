//! The log of what agents did: one JSON object a line, a new file each day.
//!
//! Each instance writes what it caused itself, into files of its own, so that several may share a folder.

use std::{
    io::Write,
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};

use crate::model::{Event, Workspace};

/// Files kept; the oldest go first.
const KEEP_FILES: usize = 30;

/// Writes interactions.
pub struct InteractionLog(Mutex<RollingFileAppender>);

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    sequence: i64,
    workspace: &'a str,
    action: &'a str,
    subject: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    agent_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
}

impl InteractionLog {
    /// A log in `folder`, which is made if need be; `instance` names this process.
    pub fn open(folder: &Path, instance: &str) -> Result<Self, InitError> {
        let appender = RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix(format!("events-{instance}"))
            .filename_suffix("jsonl")
            .max_log_files(KEEP_FILES)
            .build(folder)?;
        Ok(Self(Mutex::new(appender)))
    }

    /// Writes one event, unless it is only a sign for other instances.
    pub fn write(&self, workspace: &Workspace, sequence: i64, event: &Event) {
        if event.action.is_empty() {
            return;
        }
        let line = Line {
            time: event.at.rfc3339(),
            sequence,
            workspace: workspace.as_str(),
            action: &event.action,
            subject: &event.subject,
            agent_id: &event.agent_id,
            message: &event.detail,
        };
        let Ok(mut text) = serde_json::to_string(&line) else { return };
        text.push('\n');
        let mut appender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = appender.write_all(text.as_bytes()) {
            tracing::warn!(%error, "the log of interactions cannot be written");
        }
    }
}
