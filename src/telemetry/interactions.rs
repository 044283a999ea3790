//! The log of what agents and people did: one JSON object a line, a new file each day.
//!
//! Of several processes that share a folder one writes, whoever holds its lock. How far it came is kept beside the log, so that
//! another goes on there; a process that dies in between leaves the last lines to be written again, under the same sequence.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::Serialize;
use tracing_appender::rolling::{RollingFileAppender, Rotation};

use crate::{
    model::Causes,
    model::{Event, Workspace},
};

/// Files kept; the oldest go first.
const KEEP_FILES: usize = 30;

const LOCK: &str = ".lock";
const PLACE: &str = ".place";

/// Writes interactions.
pub struct InteractionLog {
    folder: PathBuf,
    lock: File,
    holds: AtomicBool,
    appender: Mutex<RollingFileAppender>,
}

#[derive(Serialize)]
struct ActivityLine<'a> {
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
    /// A log in `folder`, which is made if need be.
    pub fn open(folder: &Path) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let appender = RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix("events")
            .filename_suffix("jsonl")
            .max_log_files(KEEP_FILES)
            .build(folder)?;
        let lock = OpenOptions::new().create(true).append(true).open(folder.join(LOCK))?;
        let holds = AtomicBool::new(false);
        Ok(Self { folder: folder.to_owned(), lock, holds, appender: Mutex::new(appender) })
    }

    /// Whether this process is the one that writes, from now until it ends.
    pub fn is_writer(&self) -> bool {
        let holds = self.holds.load(Ordering::Relaxed) || self.lock.try_lock().is_ok();
        self.holds.store(holds, Ordering::Relaxed);
        holds
    }

    /// The sequence of the last event that was written, if any was.
    pub fn place(&self) -> Option<i64> {
        std::fs::read_to_string(self.folder.join(PLACE)).ok()?.trim().parse().ok()
    }

    /// Keeps it.
    pub fn keep_place(&self, sequence: i64) -> std::io::Result<()> {
        let aside = self.folder.join(format!("{PLACE}.new"));
        std::fs::write(&aside, format!("{sequence}\n"))?;
        std::fs::rename(aside, self.folder.join(PLACE))
    }

    /// Writes one event, unless it is only a sign for other instances.
    pub fn write(&self, workspace: &Workspace, sequence: i64, event: &Event) {
        if event.action.is_empty() {
            return;
        }
        let line = ActivityLine {
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
        let mut appender = self.appender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = appender.write_all(text.as_bytes()) {
            tracing::warn!(error = %Causes(&error), "the log of interactions cannot be written");
        }
    }
}
