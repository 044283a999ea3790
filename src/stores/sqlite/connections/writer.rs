//! The one writer thread: commits what is queued as one transaction, a savepoint for each job, and answers a job
//! only after the commit.

use std::{
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::counted::counted;
use crate::{
    stores::{StoreError, sqlite::schema::refuse_newer},
    telemetry::metrics::StoreOperation,
};

/// Jobs that may wait for the writer.
const QUEUE: usize = 4096;
/// Jobs of one transaction.
const BATCH: usize = 256;

/// Between two transactions at least, so that another process gets its turn.
const GAP: Duration = Duration::from_micros(150);

/// Works on the connection, or is told why it cannot; says why the work is not to be kept.
type Work = Box<dyn FnOnce(Result<&Connection, StoreError>) -> (Result<(), StoreError>, Acknowledge) + Send>;
type Acknowledge = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

struct WriteJob {
    durable: bool,
    run: Work,
}

/// A handle to the writer thread; the thread ends when the last handle is gone.
#[derive(Clone)]
pub(in crate::stores::sqlite) struct Writer {
    jobs: SyncSender<WriteJob>,
    /// Fires when the thread is gone.
    ended: CancellationToken,
}

impl Writer {
    /// Returns when nothing can be written any more, because the thread has panicked.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Starts the thread on `connection`. A transaction begins no sooner than `gather` after one of several jobs;
    /// `committed` is called after every commit.
    pub(super) fn start(
        connection: Connection,
        gather: Duration,
        committed: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, jobs) = sync_channel(QUEUE);
        let ended = CancellationToken::new();
        let ends = ended.clone().drop_guard();
        std::thread::Builder::new().name(String::from("sqlite-writer")).spawn(move || {
            let _ends = ends;
            write_all(&connection, &jobs, gather, &committed);
        })?;
        Ok(Self { jobs: sender, ended })
    }

    /// Runs `work` in the next transaction. `durable`: on disk before it is answered.
    /// A caller that stops waiting changes nothing: the work is done all the same.
    pub(in crate::stores::sqlite) async fn write<T, F>(&self, durable: bool, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let operation = if durable { StoreOperation::DurableWrite } else { StoreOperation::Write };
        counted(operation, self.run(durable, work)).await
    }

    /// The same without being counted as a write.
    pub(super) async fn run<T, F>(&self, durable: bool, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let run = Box::new(move |connection: Result<&Connection, StoreError>| {
            let result = connection.and_then(work);
            let worked = result.as_ref().map(drop).map_err(Clone::clone);
            let reply: Acknowledge = Box::new(move |committed| {
                let _ = answer.send(result.and_then(|value| committed.map(|()| value)));
            });
            (worked, reply)
        });
        match self.jobs.try_send(WriteJob { durable, run }) {
            Ok(()) => answered.await.unwrap_or(Err(StoreError::Closed)),
            Err(TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed),
        }
    }
}

fn write_all(connection: &Connection, jobs: &Receiver<WriteJob>, gather: Duration, committed: &dyn Fn()) {
    // A job that came alone has nobody to share its pages with.
    let (mut shared, mut ended): (Option<Instant>, Option<Instant>) = (None, None);
    while let Ok(first) = jobs.recv() {
        if let Some(ended) = ended.filter(|_| !gather.is_zero()) {
            let left = shared.map_or(Duration::ZERO, |begun| gather.saturating_sub(begun.elapsed()));
            std::thread::sleep(left.max(GAP.saturating_sub(ended.elapsed())));
        }
        let begun = Instant::now();
        let batch: Vec<_> = std::iter::once(first).chain(jobs.try_iter().take(BATCH - 1)).collect();
        shared = (batch.len() > 1).then_some(begun);
        let durable = batch.iter().any(|job| job.durable);
        let mut answers = Vec::with_capacity(batch.len());
        let outcome = commit(connection, durable, batch, &mut answers);
        if outcome.is_err() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        ended = Some(Instant::now());
        for answer in answers {
            answer(outcome.clone());
        }
        committed();
    }
}

/// Commits what of the batch worked. Whoever asked is told of a failure, and logs it.
fn commit(
    connection: &Connection,
    durable: bool,
    batch: Vec<WriteJob>,
    answers: &mut Vec<Acknowledge>,
) -> Result<(), StoreError> {
    let synchronous = if durable { "FULL" } else { "NORMAL" };
    let mut outcome = connection
        .pragma_update(None, "synchronous", synchronous)
        .and_then(|()| connection.execute_batch("BEGIN IMMEDIATE"))
        .map_err(StoreError::from)
        .and_then(|()| refuse_newer(connection));
    for job in batch {
        if let Err(error) = &outcome {
            answers.push((job.run)(Err(error.clone())).1);
            continue;
        }
        outcome = run(connection, job, answers);
    }
    outcome?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Runs one job; fails when the whole transaction has.
fn run(connection: &Connection, job: WriteJob, answers: &mut Vec<Acknowledge>) -> Result<(), StoreError> {
    if let Err(error) = connection.execute_batch("SAVEPOINT job") {
        let error = StoreError::from(error);
        answers.push((job.run)(Err(error.clone())).1);
        return Err(error);
    }
    let (worked, answer) = (job.run)(Ok(connection));
    answers.push(answer);
    let ended = match &worked {
        Ok(()) => connection.execute_batch("RELEASE job"),
        Err(_) => connection.execute_batch("ROLLBACK TO job; RELEASE job"),
    };
    // A full disk may have ended the transaction under the job, which then is the cause.
    ended.map_err(|error| worked.err().unwrap_or_else(|| error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        secrets::AuditKey,
        stores::{Store, sqlite::SqliteStore},
    };

    #[tokio::test]
    async fn a_writer_that_panicked_is_known_to_have_ended() {
        let store = SqliteStore::in_memory(AuditKey::new(&zeroize::Zeroizing::new([7; 32]))).unwrap();
        let asked = store.writer.write::<(), _>(false, |_| panic!("a fault in a write")).await;
        assert!(matches!(asked, Err(StoreError::Closed)));
        store.ended().await;
        assert!(store.writer.write(false, |_| Ok(())).await.is_err());
    }
}
