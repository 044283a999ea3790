//! The store's time in one row: which run of the machine it was kept in, the offset, and the last pair of both clocks.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use crate::{
    model::{MachineTime, Moment, StoreMillis, UnixMillis},
    stores::{Kept, ReadMachine, StoreError, StoreTime},
};

/// A wall clock that differs by more than this from what was kept was set.
const STEP_MILLIS: i64 = 5_000;
/// What a store from before may have put off its board writes for.
const MOST_PUT_OFF_MILLIS: i64 = 60_000;

struct Mark {
    boot: String,
    offset: i64,
    at: Moment,
}

fn mark(connection: &Connection) -> Result<Option<Mark>, StoreError> {
    let sql = "SELECT boot, offset, store_at, wall_at FROM clock WHERE workspace = ''";
    let read = |row: &rusqlite::Row<'_>| {
        let at = Moment { store: StoreMillis(row.get(2)?), wall: UnixMillis(row.get(3)?) };
        Ok(Mark { boot: row.get(0)?, offset: row.get(1)?, at })
    };
    Ok(connection.prepare_cached(sql)?.query_row([], read).optional()?)
}

fn put(connection: &Connection, mark: &Mark) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO clock (workspace, boot, offset, store_at, wall_at) VALUES ('', ?1, ?2, ?3, ?4)";
    let Mark { boot, offset, at } = mark;
    connection.prepare_cached(sql)?.execute(params![boot, offset, at.store.0, at.wall.0])?;
    Ok(())
}

/// The store's time of the machine's present run, and whether that run was known.
fn go_on(known: Option<&Mark>, machine: &MachineTime) -> (i64, bool) {
    let Some(mark) = known else { return (machine.wall.0.max(machine.since_boot), false) };
    // Where runs have no names, a boot-time clock that did not go back is taken for that of the same run.
    let same_run = machine.since_boot.saturating_add(mark.offset);
    if mark.boot == machine.boot && same_run >= mark.at.store.0 {
        return (same_run, true);
    }
    let off = machine.wall.0.saturating_sub(mark.at.wall.0).max(0);
    (mark.at.store.plus(off).0.max(machine.since_boot), false)
}

fn begin(connection: &Connection, machine: &MachineTime, lease_millis: i64) -> Result<i64, StoreError> {
    let known = mark(connection)?;
    let (now, same_run) = go_on(known.as_ref(), machine);
    let offset = now.saturating_sub(machine.since_boot);
    if known.is_none() {
        adopt(connection, StoreMillis(now), lease_millis)?;
    }
    if !same_run {
        let at = Moment { store: StoreMillis(now), wall: machine.wall };
        put(connection, &Mark { boot: machine.boot.clone(), offset, at })?;
    }
    Ok(offset)
}

/// Records of a store that went by the wall clock: what that put further ahead than it may be, because it was set back since.
fn adopt(connection: &Connection, now: StoreMillis, lease_millis: i64) -> Result<(), StoreError> {
    let leases = "UPDATE claims SET version = version + 1, expires_at = ?1,
        record = json_set(record, '$.version', version + 1, '$.expires_at', ?1) WHERE expires_at > ?1";
    connection.execute(leases, [now.plus(lease_millis).0])?;
    let owed = "UPDATE outbox SET not_before = ?1 WHERE not_before > ?1";
    connection.execute(owed, [now.plus(MOST_PUT_OFF_MILLIS).0])?;
    Ok(())
}

fn keep(
    connection: &Connection,
    machine: &MachineTime,
    offset: i64,
    is_step: bool,
) -> Result<Kept, StoreError> {
    let now = Moment { store: StoreMillis(machine.since_boot.saturating_add(offset)), wall: machine.wall };
    let Some(known) = mark(connection)? else {
        put(connection, &Mark { boot: machine.boot.clone(), offset, at: now })?;
        return Ok(Kept { offset, stepped: None });
    };
    // Another machine's process may be ahead.
    let ahead = known.at.store.since(now.store).max(0);
    let now = Moment { store: now.store.plus(ahead), wall: now.wall };
    let offset = offset.saturating_add(ahead);
    let expected = now.store.since(known.at.store).saturating_add(known.at.wall.0);
    let stepped = now.wall.0.saturating_sub(expected);
    let is_large = stepped.saturating_abs() > STEP_MILLIS;
    // As long as it is not certain, what is kept goes on by the old difference.
    let wall = if is_large && !is_step { UnixMillis(expected) } else { now.wall };
    put(connection, &Mark { boot: machine.boot.clone(), offset, at: Moment { wall, ..now } })?;
    Ok(Kept { offset, stepped: Some(stepped).filter(|_| is_large && is_step) })
}

#[async_trait]
impl StoreTime for SqliteStore {
    async fn begin_time(&self, read: ReadMachine, lease_millis: i64) -> Result<i64, StoreError> {
        self.writer.write(false, move |connection| begin(connection, &read(), lease_millis)).await
    }

    async fn keep_time(&self, read: ReadMachine, offset: i64, stepped: bool) -> Result<Kept, StoreError> {
        self.writer.write(false, move |connection| keep(connection, &read(), offset, stepped)).await
    }

    fn commits(&self) -> u64 {
        self.commits.load(std::sync::atomic::Ordering::Relaxed)
    }
}
