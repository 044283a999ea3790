//! The audit log's head, its newest link, kept apart from the log: who cuts the log's end has to change two places. Beside a
//! database it is the file `audit-head`, and who copies that away once a day has proof. Of a store elsewhere each process keeps it
//! in memory and tells it to the process's log, which is the witness then.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    config::{StorageSettings, StoreKind},
    model::{Causes, Workspace, hex, unhex},
    secrets::{Head, private_file::Aside},
    stores::{AuditLog, Store, StoreError},
};

const NAME: &str = "audit-head";

/// Between two looks at the log's newest link.
const EVERY: Duration = Duration::from_secs(5);
/// Between two lines about it.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Whether the head is kept, so that a cut end would show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum HeadKept {
    /// It is.
    #[default]
    Kept,
    /// It could not be, or what was kept does not fit.
    Unproven,
    /// The log is not the one this process saw.
    Broken,
}

/// Where the head is kept.
#[derive(Clone)]
pub(super) enum HeadPlace {
    /// In a folder.
    Folder(PathBuf),
    /// In memory, of a store elsewhere.
    Memory(Arc<WitnessedHead>),
    /// Nowhere: the log is gone with this process.
    Nowhere,
}

impl HeadPlace {
    /// That of a store.
    pub(super) fn of(store: &dyn Store, settings: &StorageSettings) -> Self {
        match settings.store {
            _ if store.is_elsewhere() => Self::Memory(Arc::default()),
            StoreKind::Sqlite => Self::Folder(settings.data_dir.clone()),
            StoreKind::Memory | StoreKind::Redis => Self::Nowhere,
        }
    }
}

/// The newest head that this process saw.
#[derive(Default)]
pub(super) struct WitnessedHead(Mutex<Witnessed>);

#[derive(Default)]
struct Witnessed {
    head: Option<Head>,
    /// The store's epoch when it had that one.
    epoch: i64,
    told: Option<(Head, Instant)>,
    was_broken: bool,
}

/// The head of a log.
pub(super) struct AuditHead {
    pub(super) place: HeadPlace,
    pub(super) log: Arc<dyn Store>,
}

impl AuditHead {
    /// Keeps it until it is dropped. `told` hears each time whether it is kept.
    pub(super) async fn run(&self, told: impl Fn(HeadKept)) {
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            told(self.try_keep().await);
            if let HeadPlace::Memory(witness) = &self.place
                && witness.is_due()
            {
                self.tell();
            }
        }
    }

    /// Keeps it, or logs that it could not; says whether the newest link of the log is kept.
    pub(super) async fn try_keep(&self) -> HeadKept {
        self.keep().await.unwrap_or_else(|error| {
            tracing::warn!(error = %Causes(&error), "the audit log's head was not stored, trying again in 5 seconds");
            HeadKept::Unproven
        })
    }

    /// Brings what is kept up to the log's newest link; says whether it has it.
    pub(super) async fn keep(&self) -> Result<HeadKept, StoreError> {
        match &self.place {
            HeadPlace::Folder(folder) => {
                let is_kept = keep_head(folder, &*self.log).await?;
                Ok(if is_kept { HeadKept::Kept } else { HeadKept::Unproven })
            }
            HeadPlace::Memory(witness) => witness.keep(&*self.log).await,
            HeadPlace::Nowhere => Ok(HeadKept::Kept),
        }
    }

    /// The head that is kept on disk; none when there is no file, or that is not where it is kept.
    pub(super) fn read(&self) -> std::io::Result<Option<Head>> {
        match &self.place {
            HeadPlace::Folder(folder) => read(folder),
            HeadPlace::Memory(_) | HeadPlace::Nowhere => Ok(None),
        }
    }

    /// Tells the head to the process's log, if that is the witness and was not told of it.
    pub(super) fn tell(&self) {
        let HeadPlace::Memory(witness) = &self.place else { return };
        if let Some(head) = witness.news() {
            tracing::info!(%head, "the head of the audit log; taskgate audit verify --head compares it");
        }
    }
}

/// Whether the log holds a head, or archived its record.
async fn holds(log: &dyn AuditLog, head: &Head) -> Result<bool, StoreError> {
    let workspace = Workspace::default();
    let entries = log.audit_after(&workspace, head.sequence - 1, 1).await?;
    let is_there =
        entries.first().is_some_and(|entry| entry.sequence == head.sequence && entry.link == head.link);
    // A record that was archived is compared by `audit verify`, with the archive.
    let start = if is_there { None } else { log.audit_start(&workspace).await? };
    Ok(is_there || start.is_some_and(|start| start.sequence >= head.sequence))
}

impl WitnessedHead {
    /// Compares the log with the head that was seen, and goes on to the newest. When the store was settled since, its newest records
    /// may be lost, which is told by who settled.
    async fn keep(&self, log: &dyn Store) -> Result<HeadKept, StoreError> {
        let (seen, seen_in) = {
            let witnessed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (witnessed.head.clone(), witnessed.epoch)
        };
        let last = log.last_audit(&Workspace::default()).await?;
        let last = last.map(|last| Head { sequence: last.sequence, link: last.link });
        let is_held = match &seen {
            Some(head) => holds(log, head).await?,
            None => true,
        };
        // Asked last, so that a settle since the first question counts.
        let epoch = log.epoch();
        let mut witnessed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_held && epoch == seen_in {
            if !witnessed.was_broken {
                let (seen, now) = (seen.map(|head| head.to_string()), last.map(|head| head.to_string()));
                tracing::error!(
                    seen,
                    now,
                    advice = "its end was cut, or it was replaced: keep the store as it is, and compare it with a backup",
                    "the audit log lost a record this gateway saw: taskgate audit verify --head"
                );
            }
            witnessed.was_broken = true;
            return Ok(HeadKept::Broken);
        }
        if !is_held {
            let (seen, now) = (seen.map(|head| head.to_string()), last.as_ref().map(Head::to_string));
            tracing::warn!(seen, now, "the audit log went back with its store, and goes on from there");
        }
        witnessed.head = last.or(witnessed.head.take().filter(|_| is_held));
        (witnessed.epoch, witnessed.was_broken) = (epoch, false);
        Ok(HeadKept::Kept)
    }

    fn is_due(&self) -> bool {
        let witnessed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        witnessed.told.as_ref().is_none_or(|(_, at)| at.elapsed() >= TELL_EVERY)
    }

    /// The head, if it is another than was told last.
    fn news(&self) -> Option<Head> {
        let mut witnessed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told = witnessed.told.as_ref().map(|(told, _)| told);
        let head = witnessed.head.as_ref().filter(|head| told != Some(head)).cloned()?;
        witnessed.told = Some((head.clone(), Instant::now()));
        Some(head)
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
    if let Some(head) = &head
        && !holds(log, head).await?
    {
        let sequence = head.sequence;
        tracing::error!(sequence, "the audit log lost a record it had: taskgate audit verify");
        return Ok(false);
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
