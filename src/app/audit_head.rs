//! The audit log's head, kept in `audit-head` beside the database: who cuts the log's end has to change two places, and who
//! copies the file away once a day has proof.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    config::Settings,
    model::{Causes, Workspace, hex, unhex},
    secrets::{Head, private_file::Aside},
    stores::{AuditLog, Store, StoreError},
};

const NAME: &str = "audit-head";

/// Between two looks at the log's newest link.
const EVERY: Duration = Duration::from_secs(5);

/// The head of a log that is kept in a folder; nowhere for a store in memory.
pub(super) struct AuditHead {
    pub(super) folder: Option<PathBuf>,
    pub(super) log: Arc<dyn Store>,
}

impl AuditHead {
    /// Keeps it until it is dropped. `told` hears each time whether it is kept.
    pub(super) async fn run(&self, told: impl Fn(bool)) {
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            told(self.try_keep().await);
        }
    }

    /// Keeps it, or logs that it could not; says whether the file has the log's newest link.
    pub(super) async fn try_keep(&self) -> bool {
        self.keep().await.unwrap_or_else(|error| {
            tracing::warn!(error = %Causes(&error), "the audit log's head was not stored, trying again in 5 seconds");
            false
        })
    }

    /// Brings the file up to the log's newest link; says whether it has it.
    pub(super) async fn keep(&self) -> Result<bool, StoreError> {
        match &self.folder {
            Some(folder) => keep_head(folder, &*self.log).await,
            None => Ok(true),
        }
    }
}

/// Brings the file up to the log's newest link, as long as the log still holds the one in the file. If it does not, somebody
/// changed or cut the log: the file stays as the proof, and an error is logged; so it does when it cannot be read.
async fn keep_head(folder: &Path, log: &dyn AuditLog) -> Result<bool, StoreError> {
    let place = folder.to_owned();
    let head = match beside(move || read(&place)).await {
        Ok(head) => head,
        Err(error) => {
            tracing::error!(error = %Causes(&error), "the audit log's head cannot be read");
            return Ok(false);
        }
    };
    let last = log.last_audit(&Workspace::default()).await?;
    if let Some(head) = &head {
        let entries = log.audit_after(&Workspace::default(), head.sequence - 1, 1).await?;
        let is_there =
            entries.first().is_some_and(|entry| entry.sequence == head.sequence && entry.link == head.link);
        // A record that was archived is compared by `audit verify`, with the archive.
        let start = if is_there { None } else { log.audit_start(&Workspace::default()).await? };
        if !is_there && start.is_none_or(|start| start.sequence < head.sequence) {
            let sequence = head.sequence;
            tracing::error!(sequence, "the audit log lost a record it had: taskgate audit verify");
            return Ok(false);
        }
    }
    let newer = last.filter(|last| head.is_none_or(|head| head.sequence < last.sequence));
    let Some(last) = newer else { return Ok(true) };
    let (place, head) = (folder.to_owned(), Head { sequence: last.sequence, link: last.link });
    beside(move || write(&place, &head)).await.map_err(StoreError::backend)?;
    Ok(true)
}

/// Works on files where a slow disk keeps no connection waiting.
pub(super) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

fn write(folder: &Path, head: &Head) -> std::io::Result<()> {
    let text = format!("{} {}\n", head.sequence, hex(&head.link));
    Aside::write(&folder.join(NAME), text.as_bytes())?.replace()
}

/// The head that was kept beside the store; none when there is no file.
pub fn read_audit_head(settings: &Settings) -> std::io::Result<Option<Head>> {
    read(&settings.storage.data_dir)
}

fn read(folder: &Path) -> std::io::Result<Option<Head>> {
    let text = match std::fs::read_to_string(folder.join(NAME)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let read = text
        .trim()
        .split_once(' ')
        .and_then(|(sequence, link)| Some(Head { sequence: sequence.parse().ok()?, link: unhex(link)? }));
    read.map(Some).ok_or_else(|| std::io::Error::other(format!(
            "{NAME} holds no head: put a copy of it back; without one, whether the log's end was cut cannot be told, and \
             once it is removed it is made anew"
        )))
}
