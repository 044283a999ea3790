//! Opening, reading and writing.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Notify, Semaphore};

use super::{schema::migrate, writer::Writer};
use crate::stores::StoreError;

/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(5);
/// Between two tries to open the file.
const RETRY: Duration = Duration::from_millis(20);
/// Reading connections at once.
const READERS: usize = 4;

/// Everything that lasts, in one SQLite database. Cloning shares it.
#[derive(Clone)]
pub struct SqliteStore {
    pub(super) writer: Writer,
    pub(super) committed: Arc<Notify>,
    readers: Option<Arc<Readers>>,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl SqliteStore {
    /// Opens or makes `taskgate.db` in `folder` (mode 0600).
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("taskgate.db");
        private_file(&path).map_err(|error| StoreError::Backend(Box::new(error)))?;
        let connection = prepare(&path)?;
        let readers = Readers { path, idle: Mutex::default(), permits: Semaphore::new(READERS) };
        Self::start(connection, Some(Arc::new(readers)))
    }

    /// A database in memory, gone with the last clone.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        migrate(&mut connection)?;
        Self::start(connection, None)
    }

    fn start(connection: Connection, readers: Option<Arc<Readers>>) -> Result<Self, StoreError> {
        connection.set_prepared_statement_cache_capacity(64);
        let committed = Arc::new(Notify::new());
        let notify = Arc::clone(&committed);
        let writer = Writer::start(connection, move || notify.notify_waiters())
            .map_err(|error| StoreError::Backend(Box::new(error)))?;
        Ok(Self { writer, committed, readers })
    }

    /// Runs `work` on a connection that sees everything committed so far.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let Some(readers) = self.readers.clone() else {
            return self.writer.write(false, work).await;
        };
        let _permit = readers.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let pool = Arc::clone(&readers);
        tokio::task::spawn_blocking(move || {
            let connection = pool.take()?;
            let result = work(&connection);
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        })
        .await
        .unwrap_or(Err(StoreError::Closed))
    }
}

impl Readers {
    fn take(&self) -> Result<Connection, StoreError> {
        if let Some(connection) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(connection);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }
}

/// A connection to an up-to-date file in WAL mode. Switching a new file to WAL does not wait for others that do the same,
/// so it is tried again.
fn prepare(path: &Path) -> Result<Connection, StoreError> {
    let mut tries = BUSY.as_millis() / RETRY.as_millis();
    loop {
        let attempt = || -> Result<Connection, StoreError> {
            let mut connection = Connection::open(path)?;
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            migrate(&mut connection)?;
            Ok(connection)
        };
        match attempt() {
            Err(StoreError::Busy) if tries > 0 => tries -= 1,
            done => return done,
        }
        std::thread::sleep(RETRY);
    }
}

/// Makes the file before SQLite does, so that nobody else can read it at any moment.
fn private_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}
