//! `taskgate audit archive FILE`: moves the oldest part of the audit log into a file, beside a running gateway or without
//! one. The file is whole and on disk before the first record is dropped, and the log is whole after each step.

use std::{
    io::{BufWriter, Write, stdout},
    path::Path,
};

use super::{
    audit::{chain_keys, follow_log, newest_head},
    command::{ACTOR, CommandOutcome},
    keys::duration_millis,
    new_file::{begin, put_in_place},
};
use crate::{
    app::{Services, must_be_there},
    config::Settings,
    model::{AuditRecord, Workspace, hex},
    secrets::{ChainFault, Checkpoint, LogDigest},
    shutdown::Lifecycle,
    stores::ArchiveWriter,
};

/// Records dropped in one step, so that nobody waits for long.
const STEP: i64 = 1_000;

/// What is archived.
pub(super) enum ArchivedPart {
    /// What is older than that: a number with s, m, h or d.
    OlderThan(String),
    /// All but so many of the newest records.
    AllBut(u32),
}

type ChainPlace = (i64, [u8; 32], LogDigest);

/// Archives it.
pub(super) async fn run(settings: Settings, path: &Path, part: ArchivedPart) -> CommandOutcome {
    must_be_there(&settings)?;
    let services = Services::open(&settings, Lifecycle::default()).await?;
    // A gateway that has just started keeps one in a few seconds.
    services.keep_audit_head().await?;
    let head = newest_head(&services).await?;
    let until = last_of(&services, &part).await?;
    let start = services.store.audit_start(&Workspace::default()).await?;
    let after = start.as_ref().map_or(0, |start| start.sequence);
    if until <= after {
        writeln!(stdout(), "there is nothing to archive: every record is to be kept")?;
        return Ok(());
    }
    let new = begin(path)?;
    let (link, digest) = start.map(|start| (start.link, start.digest)).unwrap_or_default();
    let mut writer = ArchiveWriter::begin(BufWriter::new(new.file()), after, &link, digest)?;
    let mut places: Vec<ChainPlace> = Vec::new();
    let followed = follow_log(&services, head, false, |entry, check| {
        if entry.sequence > until {
            return Ok(());
        }
        if entry.sequence == until || entry.sequence % STEP == 0 {
            places.push(check.here());
        }
        writer.record(entry)
    });
    followed.await.map_err(|fault| {
        let cause = match fault.downcast_ref::<ChainFault>() {
            Some(_) => String::from("the log is not whole"),
            None => format!("{} is not there", path.display()),
        };
        format!("nothing was archived, {cause}: {fault}")
    })?;
    let key = chain_keys(&services).current;
    let seal = |(sequence, link, digest): ChainPlace| Checkpoint::sealed(&key, sequence, link, digest);
    let end =
        *places.last().filter(|place| place.0 == until).ok_or("another archive is being made: try again")?;
    writer.end(&seal(end))?;
    put_in_place(new, path)?;
    record(&services, after + 1, end).await?;
    for place in places {
        services.store.begin_audit_after(&Workspace::default(), seal(place)).await?;
    }
    let path = path.display();
    writeln!(stdout(), "records {} to {until} are in {path}, and the log goes on from there", after + 1)?;
    Ok(())
}

/// The last record that is archived; the newest record never is.
async fn last_of(services: &Services, part: &ArchivedPart) -> Result<i64, Box<dyn std::error::Error>> {
    let newest = services.store.last_audit(&Workspace::default()).await?.map_or(0, |last| last.sequence);
    let last = match part {
        ArchivedPart::AllBut(count) => newest - i64::from(*count),
        ArchivedPart::OlderThan(age) => {
            let millis = duration_millis(age)
                .ok_or_else(|| format!("--older-than: expected a number with s, m, h or d, got `{age}`"))?;
            let since = services.clock.now().plus(-millis);
            services
                .store
                .first_audit_since(&Workspace::default(), since)
                .await?
                .map_or(newest, |first| first - 1)
        }
    };
    Ok(last.min(newest - 1))
}

/// Records what is archived, and keeps a head that is not.
async fn record(services: &Services, first: i64, end: ChainPlace) -> CommandOutcome {
    let target = format!("{first}-{} {}", end.0, hex(&end.2.0));
    let record = AuditRecord::without_call(ACTOR, "audit.archive", target, services.clock.now());
    services.store.append_audit(&Workspace::default(), record).await?;
    Ok(services.keep_audit_head().await?)
}
