//! The audit log's head, kept in `audit-head` beside the database: who cuts the log's end has to change two places, and who
//! copies the file away once a day has proof.

use std::{io::Write, os::unix::fs::OpenOptionsExt, path::Path, sync::Mutex};

use crate::{
    model::hex,
    stores::{AuditLog, Head, StoreError},
};

const NAME: &str = "audit-head";

/// Writes the head when it has changed.
pub(super) struct HeadFile {
    folder: std::path::PathBuf,
    written: Mutex<i64>,
}

impl HeadFile {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), written: Mutex::new(0) }
    }

    /// Takes the newest link from the log into the file.
    pub(super) async fn keep(&self, log: &dyn AuditLog) -> Result<(), StoreError> {
        let Some(last) = log.last_audit().await? else { return Ok(()) };
        let Some(link) = last.link else { return Ok(()) };
        let mut written = self.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *written == last.sequence {
            return Ok(());
        }
        let written_file = write(&self.folder, &Head { sequence: last.sequence, link });
        written_file.map_err(|error| StoreError::Backend(Box::new(error)))?;
        *written = last.sequence;
        Ok(())
    }
}

fn write(folder: &Path, head: &Head) -> std::io::Result<()> {
    let aside = folder.join(format!("{NAME}.{}", std::process::id()));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    writeln!(file, "{} {}", head.sequence, hex(&head.link))?;
    std::fs::rename(&aside, folder.join(NAME))
}

/// The head that was kept; none when there is no file.
pub fn read_audit_head(folder: &Path) -> std::io::Result<Option<Head>> {
    let text = match std::fs::read_to_string(folder.join(NAME)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let read = text.trim().split_once(' ').and_then(|(sequence, link)| {
        let bytes = (0..32).map(|at| u8::from_str_radix(link.get(at * 2..at * 2 + 2)?, 16).ok());
        let link: Vec<u8> = bytes.collect::<Option<_>>()?;
        Some(Head { sequence: sequence.parse().ok()?, link: link.try_into().ok()? })
    });
    read.map(Some).ok_or_else(|| std::io::Error::other(format!("{NAME} holds no head")))
}
