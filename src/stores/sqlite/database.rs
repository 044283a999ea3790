//! Opening, reading and writing.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    },
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
/// How often the log is looked at. It is brought into the database, for which writes wait on a slow disk, when nobody
/// has written since the last look or the log has grown to [`LARGE_LOG_BYTES`].
const LOOK_AT_LOG_EVERY: Duration = Duration::from_millis(250);
const LARGE_LOG_BYTES: u64 = 48 * 1024 * 1024;
/// Pages in the log at which the writer itself checkpoints, should the thread not keep up: 128 MiB.
const MOST_LOG_PAGES: i64 = 32_768;
/// What is left of the log after a checkpoint, in bytes.
const KEPT_LOG_BYTES: i64 = 16 * 1024 * 1024;
/// Reading connections at once.
const READERS: usize = 4;

/// Everything that lasts, in one SQLite database. Cloning shares it.
#[derive(Clone)]
pub struct SqliteStore {
    pub(super) writer: Writer,
    pub(super) committed: Arc<Notify>,
    /// Names this instance in the events it causes.
    pub(super) origin: Arc<str>,
    readers: Option<Arc<Readers>>,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
    /// Ends the checkpointing thread when it is dropped.
    _checkpoints: SyncSender<()>,
}

impl SqliteStore {
    /// Opens or makes `taskgate.db` in `folder` (mode 0600).
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("taskgate.db");
        private_file(&path).map_err(|error| StoreError::Backend(Box::new(error)))?;
        let connection = prepare(&path)?;
        connection.pragma_update(None, "wal_autocheckpoint", MOST_LOG_PAGES)?;
        connection.pragma_update(None, "journal_size_limit", KEPT_LOG_BYTES)?;
        let commits = Arc::new(AtomicU64::new(0));
        let checkpoints = checkpoint_beside(connect(&path)?, &path, Arc::clone(&commits))?;
        let readers = Readers {
            path,
            idle: Mutex::default(),
            permits: Semaphore::new(READERS),
            _checkpoints: checkpoints,
        };
        Self::start(connection, Some(Arc::new(readers)), commits)
    }

    /// A database in memory, gone with the last clone.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        migrate(&mut connection)?;
        Self::start(connection, None, Arc::default())
    }

    fn start(
        connection: Connection,
        readers: Option<Arc<Readers>>,
        commits: Arc<AtomicU64>,
    ) -> Result<Self, StoreError> {
        connection.set_prepared_statement_cache_capacity(64);
        let origin = uuid::Uuid::new_v4().simple().to_string();
        connection.execute_batch(&format!(
            "CREATE TEMP TABLE instance (origin TEXT NOT NULL); INSERT INTO temp.instance VALUES ('{origin}')"
        ))?;
        let committed = Arc::new(Notify::new());
        let notify = Arc::clone(&committed);
        let told = move || {
            commits.fetch_add(1, Ordering::Relaxed);
            notify.notify_waiters();
        };
        let writer = Writer::start(connection, told).map_err(|error| StoreError::Backend(Box::new(error)))?;
        Ok(Self { writer, committed, origin: origin.into(), readers })
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
        let connection = connect(&self.path)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// Brings the log into the database on a thread of its own, so that no write waits for the disk. It ends when what is
/// answered is dropped.
fn checkpoint_beside(
    connection: Connection,
    path: &Path,
    commits: Arc<AtomicU64>,
) -> Result<SyncSender<()>, StoreError> {
    let (alive, ended) = sync_channel(1);
    let log = path.with_extension("db-wal");
    let work = move || {
        let (mut seen, mut brought) = (0, 0);
        while ended.recv_timeout(LOOK_AT_LOG_EVERY) == Err(RecvTimeoutError::Timeout) {
            let count = commits.load(Ordering::Relaxed);
            let is_quiet = count == std::mem::replace(&mut seen, count);
            let is_large = || std::fs::metadata(&log).is_ok_and(|log| log.len() > LARGE_LOG_BYTES);
            if count == brought || !(is_quiet || is_large()) {
                continue;
            }
            brought = count;
            let run = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
            if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], run) {
                tracing::warn!(%error, "the log could not be brought into the database, trying again");
            }
        }
    };
    let started = std::thread::Builder::new().name(String::from("sqlite-checkpoint")).spawn(work);
    started.map_err(|error| StoreError::Backend(Box::new(error)))?;
    Ok(alive)
}

/// A connection to an up-to-date file in WAL mode. Switching a new file to WAL does not wait for others that do the same,
/// so it is tried again.
fn prepare(path: &Path) -> Result<Connection, StoreError> {
    let mut tries = BUSY.as_millis() / RETRY.as_millis();
    loop {
        let attempt = || -> Result<Connection, StoreError> {
            let mut connection = Connection::open(path)?;
            connection.busy_handler(Some(wait_for_lock))?;
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

/// Waits a millisecond for another process's lock, 5 s in all. SQLite's own handler soon waits 100 ms at a time, in which
/// a busy process takes the lock again and again.
fn wait_for_lock(tries: i32) -> bool {
    std::thread::sleep(Duration::from_millis(1));
    u128::from(tries.unsigned_abs()) < BUSY.as_millis()
}

/// Makes the file before SQLite does, so that nobody else can read it at any moment.
fn private_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}
