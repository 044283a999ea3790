//! The store's time: the server's clock and an offset that is kept beside it. No machine's run is known here: boot-time clocks of
//! machines, and of containers that were made from one snapshot, have nothing to do with each other, so each process asks the
//! server where it is.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use async_trait::async_trait;

use super::time_watch::{GoingOn, OwnTime, ServerTime};
use crate::{
    model::{Effects, MachineTime, Workspace},
    stores::{
        Kept, ReadMachine, StoreError, StoreTime,
        redis::{
            RedisStore,
            change::{ATTEMPTS, Change},
        },
    },
};

/// Where the time is: the offset, and the latest moment a gateway kept.
const SEQ: &str = "seq";
const OFFSET: &str = "offset";
const KEPT: &str = "kept";

/// What the server was read to have, as it is written there.
#[derive(Default)]
struct TimeRow {
    offset: Option<String>,
    kept: Option<String>,
}

/// The machine's clocks once they were read, which is done once.
struct MachineReading {
    time: MachineTime,
    at: Instant,
}

impl MachineReading {
    fn of(read: ReadMachine) -> Self {
        let time = read();
        Self { time, at: Instant::now() }
    }

    fn since_boot(&self) -> i64 {
        self.time.since_boot.saturating_add(millis(self.at.elapsed()))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl RedisStore {
    async fn server_time(&self) -> Result<(ServerTime, TimeRow), StoreError> {
        let name = self.name(&Workspace::default(), SEQ);
        let mut asked = redis::pipe();
        asked.cmd("HMGET").arg(name).arg(OFFSET).arg(KEPT).cmd("TIME");
        let ((offset, kept), (seconds, micros)): ((Option<String>, Option<String>), (i64, i64)) =
            self.link.ask(async |connection| asked.query_async(connection).await).await?;
        let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
        let server = ServerTime {
            clock: seconds.saturating_mul(1_000).saturating_add(micros / 1_000),
            offset: number(&offset),
            kept: number(&kept).unwrap_or(i64::MIN),
        };
        Ok((server, TimeRow { offset, kept }))
    }

    /// Stores how the time goes on, unless another gateway did since.
    async fn store_time(&self, before: &TimeRow, going: GoingOn) -> Result<bool, StoreError> {
        let change = Change::default()
            .while_row(SEQ, OFFSET, before.offset.as_deref())
            .while_row(SEQ, KEPT, before.kept.as_deref())
            .put(SEQ, OFFSET, &going.offset.to_string())
            .put(SEQ, KEPT, &going.now.to_string());
        self.change(&Workspace::default(), change, &Effects::default()).await
    }
}

#[async_trait]
impl StoreTime for RedisStore {
    /// Leases need no cutting: nothing was ever decided here before the time began.
    async fn begin_time(&self, read: ReadMachine, _: i64) -> Result<i64, StoreError> {
        let mut read = Some(read);
        let mut machine = None;
        for _ in 0..ATTEMPTS {
            let (server, row) = self.server_time().await?;
            let machine = machine.get_or_insert_with(|| {
                MachineReading::of(read.take().expect("the machine is read once, when nothing is inserted"))
            });
            let (since_boot, wall) = (machine.since_boot(), machine.time.wall.0);
            let now = match server.offset {
                Some(offset) => server.clock.saturating_add(offset).max(server.kept),
                None => wall.max(server.kept),
            };
            let going = GoingOn { now, offset: now.saturating_sub(server.clock), server_set_by: None };
            if self.store_time(&row, going).await? {
                self.time.remember(server.clock, now, wall, false);
                return Ok(now.saturating_sub(since_boot));
            }
        }
        Err(StoreError::Busy)
    }

    async fn keep_time(&self, read: ReadMachine, offset: i64, stepped: bool) -> Result<Kept, StoreError> {
        let mut read = Some(read);
        let mut machine = None;
        for _ in 0..ATTEMPTS {
            let asked = Instant::now();
            let (server, row) = self.server_time().await?;
            let machine = machine.get_or_insert_with(|| {
                MachineReading::of(read.take().expect("the machine is read once, when nothing is inserted"))
            });
            let answered = machine.since_boot().saturating_add(offset);
            let own = OwnTime { asked: answered.saturating_sub(millis(asked.elapsed())), answered };
            let going = self.time.go_on(server, own);
            if !self.store_time(&row, going).await? {
                continue;
            }
            if let Some(set_by) = going.server_set_by {
                let (seconds, way) = (set_by.abs() / 1000, if set_by < 0 { "back" } else { "forward" });
                tracing::warn!(
                    seconds,
                    "the clock of the Redis server was set {way}: leases and retries go on as they were"
                );
            }
            let stepped = self.time.remember(server.clock, going.now, machine.time.wall.0, stepped);
            let ahead = going.now.saturating_sub(answered);
            return Ok(Kept { offset: offset.saturating_add(ahead), stepped });
        }
        Err(StoreError::Busy)
    }

    fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}
