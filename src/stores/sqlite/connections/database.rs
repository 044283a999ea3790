//! Opening, reading and writing.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::Notify;

use super::{
    checkpoints::Checkpoints,
    counted::counted,
    readers::{BUSY, Readers, Reads, Waiter, keep_statements},
    writer::Writer,
};
use crate::{
    secrets::{AuditKey, private_file},
    stores::{
        Store, StoreError,
        sqlite::{links, schema::migrate},
    },
    telemetry::metrics::StoreOperation,
};

/// Between two tries to take the lock from another process, for the first 20 ms and then.
const SHORT_WAIT: Duration = Duration::from_micros(100);
const SHORT_WAITS: u32 = 200;
const LONG_WAIT: Duration = Duration::from_millis(1);
/// Between two tries to open the file.
const RETRY: Duration = Duration::from_millis(20);
/// Between the beginnings of two transactions on disk. Decisions of one moment share the pages they write.
const GATHER: Duration = Duration::from_millis(1);
/// Everything that lasts, in one SQLite database. Cloning shares it.
#[derive(Clone)]
pub struct SqliteStore {
    pub(in crate::stores::sqlite) writer: Writer,
    pub(in crate::stores::sqlite) committed: Arc<Notify>,
    /// Transactions committed so far.
    pub(in crate::stores::sqlite) commits: Arc<AtomicU64>,
    readers: Option<Arc<Readers>>,
    checkpoints: Option<Arc<Checkpoints>>,
}

impl SqliteStore {
    /// Opens or makes `taskgate.db` in `folder` (mode 0600). `audit` links the audit log's records.
    pub fn open(folder: &Path, audit: AuditKey) -> Result<Self, StoreError> {
        let path = folder.join("taskgate.db");
        // Before SQLite does, so that nobody else can read it at any moment.
        private_file::open(&path).map_err(StoreError::backend)?;
        keep_private(folder);
        let connection = prepare(&path)?;
        links::teach(&connection, audit)?;
        // A thread of its own does it, whose waits nobody shares.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        let commits = Arc::new(AtomicU64::new(0));
        let mut store = Self::start(connection, Arc::clone(&commits), GATHER)?;
        store.checkpoints = Some(Arc::new(Checkpoints::start(&path, commits)?));
        store.readers = Some(Arc::new(Readers::of(path)));
        Ok(store)
    }

    /// A database in memory, gone with the last clone.
    pub fn in_memory(audit: AuditKey) -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        links::teach(&connection, audit)?;
        migrate(&mut connection)?;
        Self::start(connection, Arc::default(), Duration::ZERO)
    }

    fn start(connection: Connection, commits: Arc<AtomicU64>, gather: Duration) -> Result<Self, StoreError> {
        keep_statements(&connection)?;
        // A savepoint's journal would otherwise be a file, and a slow disk would be waited for at every job.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        let committed = Arc::new(Notify::new());
        let (notify, count) = (Arc::clone(&committed), Arc::clone(&commits));
        let told = move || {
            count.fetch_add(1, Ordering::Relaxed);
            notify.notify_waiters();
        };
        let writer = Writer::start(connection, gather, told).map_err(StoreError::backend)?;
        Ok(Self { writer, committed, commits, readers: None, checkpoints: None })
    }

    /// Runs `work`, which reads little, on a connection that sees everything committed so far.
    pub(in crate::stores::sqlite) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.look(Reads::Little, work).await
    }

    /// The same for what may read much, apart from look-ups.
    pub(in crate::stores::sqlite) async fn scan<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.look(Reads::Much, work).await
    }

    async fn look<T, F>(&self, reads: Reads, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let operation = match reads {
            Reads::Little => StoreOperation::Read,
            Reads::Much => StoreOperation::Scan,
        };
        counted(operation, self.look_uncounted(reads, work)).await
    }

    async fn look_uncounted<T, F>(&self, reads: Reads, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        if let Some(readers) = &self.readers {
            return Arc::clone(readers).run(reads, work).await;
        }
        let waiter = Waiter::default();
        let gone = waiter.gone();
        let unless_gone =
            move |connection: &Connection| if gone() { Err(StoreError::Closed) } else { work(connection) };
        let result = self.writer.run(false, unless_gone).await;
        drop(waiter);
        result
    }
}

#[async_trait]
impl Store for SqliteStore {
    /// The writer thread has panicked.
    async fn ended(&self) {
        self.writer.ended().await;
    }
}

/// Takes the rights of others away from files that were put there by hand, such as a restored copy.
fn keep_private(folder: &Path) {
    for name in ["taskgate.db", "taskgate.db-wal", "taskgate.db-shm"] {
        let file = folder.join(name);
        match private_file::restrict(&file) {
            Err(_) | Ok(private_file::FileAccess::Nobody) => {}
            Ok(private_file::FileAccess::NobodyNow) => {
                tracing::warn!("others could read {} until now", file.display());
            }
            Ok(_) => {
                tracing::warn!(
                    "others can read {}, and its mode cannot be changed: chmod 600 it",
                    file.display()
                );
            }
        }
    }
}

/// A connection to an up-to-date file in WAL mode. Switching a new file to WAL does not wait for others that do the same,
/// so it is tried again.
fn prepare(path: &Path) -> Result<Connection, StoreError> {
    let is_new = std::fs::metadata(path).is_ok_and(|file| file.len() == 0);
    let mut tries = BUSY.as_millis() / RETRY.as_millis();
    loop {
        let attempt = || -> Result<Connection, StoreError> {
            let mut connection = Connection::open(path)?;
            connection.busy_handler(Some(wait_for_lock))?;
            if is_new {
                connection.pragma_update(None, "synchronous", "OFF")?;
            }
            connection.pragma_update(None, "journal_mode", "WAL")?;
            migrate(&mut connection)?;
            Ok(connection)
        };
        match attempt() {
            Err(StoreError::Busy) if tries > 0 => tries -= 1,
            Ok(connection) => {
                // Nothing is lost with a new file that is not whole, but what is committed from now on needs its first page:
                // SQLite throws the log of an empty file away. Another process may have made it and not come this far.
                private_file::sync(path).map_err(StoreError::backend)?;
                return Ok(connection);
            }
            failed => return failed,
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
