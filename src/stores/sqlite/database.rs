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

use super::{links, schema::migrate, writer::Writer};
use crate::{
    private_file,
    stores::{AuditKey, StoreError},
};

/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(5);
/// Between two tries to take the lock from another process, for the first 20 ms and then.
const SHORT_WAIT: Duration = Duration::from_micros(100);
const SHORT_WAITS: u32 = 200;
const LONG_WAIT: Duration = Duration::from_millis(1);
/// Between two tries to open the file.
const RETRY: Duration = Duration::from_millis(20);
/// How often the log is brought into the database. What writers add meanwhile stays, and as long as something stays
/// they do not begin the log anew, so that it grows.
const BRING_IN_EVERY: Duration = Duration::from_millis(100);
/// Pages in the log at which writers wait, some 40 ms, until all of it is brought in: 384 MiB. At 2,000 claims a second
/// that is every 5 seconds, so that fewer than one in a hundred waits.
const LARGE_LOG_PAGES: i64 = 98_304;
/// What they wait for at most is 4 MiB, if the rest can be brought in beside them in a few tries.
const SMALL_LOG_PAGES: i64 = 1_024;
const TRIES_BESIDE: u32 = 6;
/// Pages in the log at which the writer itself brings it in, should the thread not keep up: 768 MiB.
const MOST_LOG_PAGES: i64 = 196_608;
/// A file of the log that is kept as it is. A larger one is cut to nothing in a quiet moment; SQLite's own
/// `journal_size_limit` does it in the writer, which can take 100 ms.
const KEPT_LOG_BYTES: u64 = 48 * 1024 * 1024;
/// Between the beginnings of two transactions on disk. Decisions of one moment share the pages they write.
const GATHER: Duration = Duration::from_millis(1);
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
    /// Ends the checkpointing thread when it is dropped.
    _checkpoints: SyncSender<()>,
}

impl SqliteStore {
    /// Opens or makes `taskgate.db` in `folder` (mode 0600). `audit` links the audit log's records.
    pub fn open(folder: &Path, audit: AuditKey) -> Result<Self, StoreError> {
        let path = folder.join("taskgate.db");
        // Before SQLite does, so that nobody else can read it at any moment.
        private_file::open(&path).map_err(|error| StoreError::Backend(Box::new(error)))?;
        let connection = prepare(&path)?;
        links::teach(&connection, audit)?;
        connection.pragma_update(None, "wal_autocheckpoint", MOST_LOG_PAGES)?;
        let commits = Arc::new(AtomicU64::new(0));
        let checkpoints = checkpoint_beside(connect(&path)?, &path, Arc::clone(&commits))?;
        let readers = Readers {
            path,
            idle: Mutex::default(),
            permits: Semaphore::new(READERS),
            _checkpoints: checkpoints,
        };
        Self::start(connection, Some(Arc::new(readers)), commits, GATHER)
    }

    /// A database in memory, gone with the last clone.
    pub fn in_memory(audit: AuditKey) -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        links::teach(&connection, audit)?;
        migrate(&mut connection)?;
        Self::start(connection, None, Arc::default(), Duration::ZERO)
    }

    fn start(
        connection: Connection,
        readers: Option<Arc<Readers>>,
        commits: Arc<AtomicU64>,
        gather: Duration,
    ) -> Result<Self, StoreError> {
        connection.set_prepared_statement_cache_capacity(64);
        // A savepoint's journal would otherwise be a file, and a slow disk would be waited for at every job.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        let committed = Arc::new(Notify::new());
        let notify = Arc::clone(&committed);
        let told = move || {
            commits.fetch_add(1, Ordering::Relaxed);
            notify.notify_waiters();
        };
        let writer =
            Writer::start(connection, gather, told).map_err(|error| StoreError::Backend(Box::new(error)))?;
        Ok(Self { writer, committed, readers })
    }

    /// Returns when nothing can be written any more, because the writer thread has panicked.
    pub async fn writer_ended(&self) {
        self.writer.ended().await;
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
        let (mut seen, mut rested) = (0, true);
        while ended.recv_timeout(BRING_IN_EVERY) == Err(RecvTimeoutError::Timeout) {
            let count = commits.load(Ordering::Relaxed);
            let is_quiet = count == std::mem::replace(&mut seen, count);
            if is_quiet && rested {
                continue;
            }
            rested = is_quiet;
            if let Err(error) = bring_in(&connection, &log, is_quiet) {
                tracing::warn!(%error, "the log could not be brought into the database, trying again");
            }
        }
    };
    let started = std::thread::Builder::new().name(String::from("sqlite-checkpoint")).spawn(work);
    started.map_err(|error| StoreError::Backend(Box::new(error)))?;
    Ok(alive)
}

/// Brings the log in. `quiet`: nobody has written for a while.
fn bring_in(connection: &Connection, log: &Path, quiet: bool) -> rusqlite::Result<()> {
    let (mut all, mut brought) = checkpoint(connection, "PASSIVE")?;
    if quiet {
        let is_long = std::fs::metadata(log).is_ok_and(|log| log.len() > KEPT_LOG_BYTES);
        return if is_long { checkpoint(connection, "TRUNCATE").map(drop) } else { Ok(()) };
    }
    if all < LARGE_LOG_PAGES {
        return Ok(());
    }
    for _ in 0..TRIES_BESIDE {
        if all - brought <= SMALL_LOG_PAGES {
            break;
        }
        (all, brought) = checkpoint(connection, "PASSIVE")?;
    }
    checkpoint(connection, "FULL").map(drop)
}

/// Pages in the log, and those of them that are in the database.
/// <https://sqlite.org/pragma.html#pragma_wal_checkpoint>
fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<(i64, i64)> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| Ok((row.get(1)?, row.get(2)?)))
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

/// Waits for another process's lock, 5 s in all: a tenth of a millisecond at a time at first, so that it is seen to be free
/// in the [`GAP`](super::writer) the other leaves. SQLite's own handler soon waits 100 ms at a time, in which a busy
/// process takes the lock again and again.
fn wait_for_lock(tries: i32) -> bool {
    let tries = tries.unsigned_abs();
    let pause = if tries < SHORT_WAITS { SHORT_WAIT } else { LONG_WAIT };
    std::thread::sleep(pause);
    u128::from(tries) < u128::from(SHORT_WAITS) + BUSY.as_millis() / LONG_WAIT.as_millis()
}
