//! Bringing the write-ahead log into the database, on a thread of its own, so that no write waits for the disk.
//!
//! A checkpoint that holds the write lock waits for no reader: whoever reads for long, a backup or a `sqlite3` shell,
//! delays checkpoints and nothing else. The log grows meanwhile, and that is said.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{RecvTimeoutError, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::readers::connect;
use crate::{model::Causes, stores::StoreError};

/// How often the log is brought into the database. What writers add meanwhile stays, and as long as something stays
/// they do not begin the log anew, so that it grows.
const EVERY: Duration = Duration::from_millis(100);
/// Pages in the log at which writers wait, some 40 ms, until all of it is brought in: 384 MiB. At 2,000 claims a second
/// that is every 5 seconds, so that fewer than one in a hundred waits.
const LARGE_LOG_PAGES: i64 = 98_304;
/// What they wait for at most is 4 MiB, if the rest can be brought in beside them in a few tries.
const SMALL_LOG_PAGES: i64 = 1_024;
const TRIES_BESIDE: u32 = 6;
/// How long they wait for a reader then, and how long that is not tried again if it goes on reading.
const READER: Duration = Duration::from_millis(5);
const READER_AGAIN: Duration = Duration::from_secs(1);
/// A file of the log that is kept as it is. A larger one is cut to nothing in a quiet moment; SQLite's own
/// `journal_size_limit` does it in the writer, which can take 100 ms.
const KEPT_LOG_BYTES: u64 = 48 * 1024 * 1024;
/// A log of which one is told; then whenever it has doubled.
const HUGE_LOG_BYTES: u64 = 768 * 1024 * 1024;

/// Ends the thread when it is dropped.
pub(super) struct Checkpoints(#[expect(dead_code, reason = "dropping it ends the thread")] SyncSender<()>);

impl Checkpoints {
    /// Starts the thread for the file at `path`. `commits` rises with every commit of this process.
    pub(super) fn start(path: &Path, commits: Arc<AtomicU64>) -> Result<Self, StoreError> {
        let connection = connect(path)?;
        connection.busy_timeout(Duration::ZERO)?;
        let mut work = LogTransfer {
            connection,
            log: path.with_extension("db-wal"),
            reader_until: None,
            told_at: HUGE_LOG_BYTES,
        };
        let (alive, ended) = sync_channel(1);
        let run = move || {
            let (mut seen, mut rested) = (0, true);
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let count = commits.load(Ordering::Relaxed);
                let is_quiet = count == std::mem::replace(&mut seen, count);
                if is_quiet && rested {
                    continue;
                }
                match work.bring_in(is_quiet).map_err(StoreError::from) {
                    Ok(done) => rested = is_quiet && done,
                    // Somebody writes: the next look is soon enough.
                    Err(StoreError::Busy) => rested = false,
                    Err(error) => {
                        tracing::warn!(error = %Causes(&error), "the log could not be brought into the database, trying again");
                    }
                }
            }
        };
        let started = std::thread::Builder::new().name(String::from("sqlite-checkpoint")).spawn(run);
        started.map_err(StoreError::backend)?;
        Ok(Self(alive))
    }
}

struct LogTransfer {
    connection: Connection,
    log: PathBuf,
    /// A reader was in the way: until then nobody is made to wait for it again.
    reader_until: Option<Instant>,
    /// Bytes of the log at which one is told.
    told_at: u64,
}

struct Checkpointed {
    /// Somebody was in the way.
    busy: bool,
    /// Pages in the log.
    all: i64,
    /// Those of them that are in the database.
    brought: i64,
}

impl LogTransfer {
    /// Brings the log in. `quiet`: nobody has written for a while. Answers whether nothing is left to do.
    fn bring_in(&mut self, quiet: bool) -> rusqlite::Result<bool> {
        let mut beside = self.checkpoint("PASSIVE", Duration::ZERO)?;
        let bytes = std::fs::metadata(&self.log).map_or(0, |log| log.len());
        self.tell(bytes);
        if quiet {
            if bytes <= KEPT_LOG_BYTES {
                return Ok(true);
            }
            return Ok(!self.checkpoint("TRUNCATE", Duration::ZERO)?.busy);
        }
        if beside.all < LARGE_LOG_PAGES || self.reader_until.is_some_and(|until| Instant::now() < until) {
            return Ok(false);
        }
        for _ in 0..TRIES_BESIDE {
            if beside.all - beside.brought <= SMALL_LOG_PAGES {
                break;
            }
            beside = self.checkpoint("PASSIVE", Duration::ZERO)?;
        }
        // What a reader made grow is cut even where it is never quiet.
        let mode = if bytes >= HUGE_LOG_BYTES { "TRUNCATE" } else { "FULL" };
        let busy = self.checkpoint(mode, READER)?.busy;
        self.reader_until = busy.then(|| Instant::now() + READER_AGAIN);
        Ok(false)
    }

    /// <https://sqlite.org/pragma.html#pragma_wal_checkpoint>
    fn checkpoint(&self, mode: &str, wait: Duration) -> rusqlite::Result<Checkpointed> {
        self.connection.busy_timeout(wait)?;
        self.connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok(Checkpointed { busy: row.get(0)?, all: row.get(1)?, brought: row.get(2)? })
        })
    }

    fn tell(&mut self, bytes: u64) {
        if bytes < HUGE_LOG_BYTES {
            self.told_at = HUGE_LOG_BYTES;
        } else if bytes >= self.told_at {
            self.told_at = bytes.saturating_mul(2);
            tracing::warn!(
                mebibytes = bytes >> 20,
                "the database's log only grows while another program keeps reading taskgate.db (a backup, a sqlite3 shell): \
                 end that one, and the log is cut"
            );
        }
    }
}
