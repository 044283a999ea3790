//! Reading, on connections of its own: some for look-ups and, apart from them, a few for what reads much, so that no look
//! at a long log delays the look-up of a key.
//!
//! There are never more connections than permits: a job holds its permit until its connection is put back, whether or not
//! its caller still waits. A caller that goes away ends the statement that runs for it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use tokio::sync::Semaphore;

use crate::stores::{StoreError, sqlite::schema::refuse_newer};

/// How long a statement waits for another process.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Look-ups at once.
const LOOK_UPS: usize = 4;
/// Reads of much at once.
const SCANS: usize = 2;
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 64;
/// Steps of SQLite's machine between two looks at whether the caller is still there: some 50 us.
const STEPS: i32 = 4_096;

/// How much is read.
#[derive(Clone, Copy)]
pub(super) enum Reads {
    /// Little, by an index.
    Little,
    /// Possibly much.
    Much,
}

/// The connections that read one file.
pub(super) struct Readers {
    path: PathBuf,
    look_ups: Lane,
    scans: Lane,
}

struct Lane {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Lane {
    fn of(count: usize) -> Self {
        Self { idle: Mutex::default(), permits: Arc::new(Semaphore::new(count)) }
    }

    fn take(&self, path: &Path) -> Result<Connection, StoreError> {
        if let Some(connection) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(connection);
        }
        let connection = connect(path)?;
        connection.pragma_update(None, "query_only", true)?;
        // What is sorted stays in memory: there may be no folder for temporary files.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(connection)
    }

    fn put_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

/// Who waits for an answer. When it is dropped, nobody does any more.
#[derive(Default)]
pub(super) struct Waiter(Arc<AtomicBool>);

impl Waiter {
    /// Whether the waiter has gone away; to be asked from elsewhere.
    pub(super) fn gone(&self) -> impl Fn() -> bool + Send + 'static {
        let gone = Arc::clone(&self.0);
        move || gone.load(Ordering::Relaxed)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Readers {
    /// Readers of the file at `path`.
    pub(super) fn of(path: PathBuf) -> Self {
        Self { path, look_ups: Lane::of(LOOK_UPS), scans: Lane::of(SCANS) }
    }

    /// Runs `work` when a connection is free.
    pub(super) async fn run<T, F>(self: Arc<Self>, reads: Reads, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permits = Arc::clone(&self.lane(reads).permits);
        let permit = permits.acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let waiter = Waiter::default();
        let gone = waiter.gone();
        let job = move || {
            // Given back last, after the connection.
            let _permit = permit;
            #[cfg(feature = "failpoints")]
            fail::fail_point!("store-read");
            if gone() {
                return Err(StoreError::Closed);
            }
            let lane = self.lane(reads);
            let mut connection = lane.take(&self.path)?;
            connection.progress_handler(STEPS, Some(gone))?;
            let result = refuse_newer(&connection).and_then(|()| work(&connection));
            connection.progress_handler(0, None::<fn() -> bool>)?;
            lane.put_back(connection);
            result
        };
        let result = tokio::task::spawn_blocking(job).await;
        drop(waiter);
        result.unwrap_or(Err(StoreError::Closed))
    }

    fn lane(&self, reads: Reads) -> &Lane {
        match reads {
            Reads::Little => &self.look_ups,
            Reads::Much => &self.scans,
        }
    }
}

/// A connection to a file that is there.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// Keeps the statements of a connection as they were prepared. Without its word for stable plans SQLite prepares one anew for every value
/// that is bound to a limit, which takes longer than most look-ups.
pub(super) fn keep_statements(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDLESS: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";

    fn readers(folder: &Path) -> Arc<Readers> {
        let path = folder.join("a.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
        Arc::new(Readers::of(path))
    }

    #[tokio::test]
    async fn who_goes_away_leaves_no_statement_and_no_connection_behind() {
        let folder = tempfile::tempdir().unwrap();
        let readers = readers(folder.path());
        for _ in 0..20 {
            let endless = Arc::clone(&readers).run(Reads::Much, |connection| {
                Ok(connection.query_row(ENDLESS, [], |row| row.get::<_, i64>(0))?)
            });
            assert!(tokio::time::timeout(Duration::from_millis(5), endless).await.is_err());
        }
        let one = Arc::clone(&readers).run(Reads::Much, |connection| {
            Ok(connection.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?)
        });
        assert_eq!(tokio::time::timeout(Duration::from_secs(5), one).await.unwrap().unwrap(), 1);
        let permits = readers.scans.permits.acquire_many(SCANS as u32);
        let all = tokio::time::timeout(Duration::from_secs(5), permits).await;
        assert!(all.is_ok(), "every statement has ended");
        assert!(readers.scans.idle.lock().unwrap().len() <= SCANS);
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let readers = readers(folder.path());
        let connection = readers.look_ups.take(&readers.path).unwrap();
        for limit in 1..5 {
            let mut statement = connection.prepare_cached("SELECT b FROM a WHERE b > ?1 LIMIT ?2").unwrap();
            assert!(!statement.exists([limit, limit]).unwrap());
            assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
        }
    }

    #[tokio::test]
    async fn look_ups_do_not_wait_for_what_reads_much() {
        let folder = tempfile::tempdir().unwrap();
        let readers = readers(folder.path());
        let endless = || {
            let readers = Arc::clone(&readers);
            readers.run(Reads::Much, |connection| {
                Ok(connection.query_row(ENDLESS, [], |row| row.get::<_, i64>(0))?)
            })
        };
        let looks = futures_util::future::join_all((0..12).map(|_| endless()));
        let look_up = Arc::clone(&readers).run(Reads::Little, |connection| {
            Ok(connection.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?)
        });
        let first = futures_util::future::select(Box::pin(look_up), Box::pin(looks));
        let first = tokio::time::timeout(Duration::from_secs(5), first).await.unwrap();
        assert!(matches!(first, futures_util::future::Either::Left((Ok(1), _))));
    }
}
