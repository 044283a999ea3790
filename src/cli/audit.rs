//! `taskgate audit verify`: follows the chain of the audit log from its beginning to the head that is kept apart, and the
//! archives that are named.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Write, stdout},
    path::{Path, PathBuf},
};

use super::command::CommandOutcome;
use crate::{
    app::{Services, anchors, must_be_there},
    config::Settings,
    model::{AuditEntry, Causes, Workspace},
    secrets::{ChainCheck, ChainFault, ChainKeys, Checkpoint, Head, LogDigest},
    shutdown::Lifecycle,
    stores::ArchiveReader,
};

/// Records read at once.
const BATCH: u32 = 1_000;
/// What the log or a later archive goes on from has the same end and is another.
const OTHER_RECORDS: &str = "its records are not those the log, or a later archive, goes on from";
/// Nothing was given to compare the end of a log elsewhere with.
const NO_WITNESS: &str = "whether its end was cut is not known: give a head from a gateway's log (`the head of the audit log`) as \
     --head SEQUENCE:LINK";
/// Nothing vouches for an archive.
const OTHER_SEAL: &str = "it was sealed under another secret key: name the archives after it too, or, if the log was not anchored or \
     archived under a new one since, give that as MCP_SECRET_KEY_OLD";

/// Fails at the first record that is not what was written. `given`: a head that somebody kept.
pub(super) async fn verify(
    settings: Settings,
    given: Option<Head>,
    archives: Vec<PathBuf>,
) -> CommandOutcome {
    must_be_there(&settings)?;
    let services = Services::open(&settings, Lifecycle::default()).await?;
    // Read before the log: a running gateway goes on writing both.
    let kept = services.read_audit_head()?;
    let heads: Vec<_> = kept.into_iter().chain(given).collect();
    let archives = archives.into_iter().map(|path| Archive::read(path, &heads));
    let archives = archives.collect::<Result<Vec<_>, _>>()?;
    let keys = chain_keys(&services);
    let in_archives = |head: &Head| archives.iter().find_map(|archive| archive.fits(head));
    if let Some(head) = heads.iter().find(|head| in_archives(head) == Some(false)) {
        return Err(ChainFault::OtherHead(head.sequence).into());
    }
    let mut heads = heads.into_iter().map(|head| (in_archives(&head).is_some(), head));
    let (first, second) = (heads.next(), heads.next());
    let is_proven = first.is_some() || !services.store.is_elsewhere();
    let is_elsewhere = first.as_ref().is_some_and(|(is_archived, _)| *is_archived);
    let head = match first {
        Some((_, head)) => Some(head),
        None => newest_head(&services).await?,
    };
    let mut second_is_there = second.as_ref().is_none_or(|(is_archived, _)| *is_archived);
    let log = follow_log(&services, head, is_elsewhere, |entry, _| {
        let is_it = |head: &Head| (head.sequence, head.link) == (entry.sequence, entry.link);
        second_is_there |= second.as_ref().is_some_and(|(_, head)| is_it(head));
        Ok(())
    });
    let log = log.await?;
    if let Some((_, head)) = second.filter(|_| !second_is_there) {
        return Err(missing(&services, &log, &head).await?.into());
    }
    let mut out = stdout();
    let (first, last) = (log.after.0 + 1, log.last);
    let up_to = if is_proven { ", none missing up to the head" } else { "" };
    if log.after.0 == 0 {
        writeln!(out, "{last} records, each as it was written{up_to}")?;
    } else {
        writeln!(out, "records {first} to {last}, each as it was written{up_to}")?;
    }
    if !is_proven && last > 0 {
        writeln!(out, "{NO_WITNESS}")?;
    }
    judge(archives, &log, &keys, &mut out)?;
    Ok(())
}

/// The head that is kept beside the store; of one elsewhere, which has none there, the log's own.
pub(super) async fn newest_head(services: &Services) -> Result<Option<Head>, Box<dyn std::error::Error>> {
    if !services.store.is_elsewhere() {
        return Ok(services.read_audit_head()?);
    }
    let last = services.store.last_audit(&Workspace::default()).await?;
    Ok(last.map(|last| Head { sequence: last.sequence, link: last.link }))
}

/// Why a head was not met in a log that is whole.
async fn missing(
    services: &Services,
    log: &VerifiedLog,
    head: &Head,
) -> Result<ChainFault, Box<dyn std::error::Error>> {
    let start = services.store.audit_start(&Workspace::default()).await?;
    Ok(match start {
        _ if head.sequence > log.last => ChainFault::Cut(head.sequence),
        Some(start) if start.sequence > head.sequence => ChainFault::Archived(head.sequence),
        Some(start) if (start.sequence, start.link) == (head.sequence, head.link) => {
            ChainFault::Archived(head.sequence)
        }
        _ => ChainFault::OtherHead(head.sequence),
    })
}

/// Says of each archive whether it is a true one, and which records are in none: newest first, as the log or a later archive vouches
/// for the one it goes on from.
fn judge(
    mut archives: Vec<Archive>,
    log: &VerifiedLog,
    keys: &ChainKeys,
    out: &mut impl Write,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut known = BTreeMap::from([log.after]);
    let mut missing_to = log.after.0;
    archives.sort_by_key(|archive| std::cmp::Reverse(archive.checkpoint.sequence));
    for archive in archives {
        let (path, end) = (archive.path.display(), &archive.checkpoint);
        let sealed = end.is_sealed_by(&keys.current) || (log.old_seals_count && keys.sealed(end));
        match known.get(&end.sequence) {
            Some(digest) if *digest != end.digest => return Err(format!("{path}: {OTHER_RECORDS}").into()),
            None if !sealed => return Err(format!("{path}: {OTHER_SEAL}").into()),
            _ => {}
        }
        known.insert(archive.after.0, archive.after.1);
        tell_missing(end.sequence, missing_to, out)?;
        missing_to = missing_to.min(archive.after.0);
        let first = archive.after.0 + 1;
        writeln!(out, "{path}: records {first} to {}, each as it was archived", end.sequence)?;
    }
    Ok(tell_missing(0, missing_to, out)?)
}

/// Tells of archived records nobody named a file of.
fn tell_missing(after: i64, until: i64, out: &mut impl Write) -> std::io::Result<()> {
    if after >= until {
        return Ok(());
    }
    writeln!(
        out,
        "records {} to {until} were archived into files that were not named, and not looked at",
        after + 1
    )
}

/// The keys links may be made with.
pub(super) fn chain_keys(services: &Services) -> ChainKeys {
    ChainKeys { current: services.secret.audit_key(), old: services.secret.old_audit_key() }
}

/// An archive whose records are those of its checkpoint.
struct Archive {
    path: PathBuf,
    after: (i64, LogDigest),
    checkpoint: Checkpoint,
    /// Places of heads that are in it, and whether each has that head's link there.
    heads: Vec<(Head, bool)>,
}

impl Archive {
    fn read(path: PathBuf, heads: &[Head]) -> Result<Self, String> {
        let fail = |path: &Path, error: &(dyn std::error::Error + 'static)| {
            format!("{}: {}", path.display(), Causes(error))
        };
        let file = File::open(&path).map_err(|error| fail(&path, &error))?;
        let reader = ArchiveReader::begin(BufReader::new(file)).map_err(|error| fail(&path, &error))?;
        let after = reader.after;
        let mut met = Vec::new();
        let look = |entry: &AuditEntry| {
            let here = heads.iter().filter(|head| head.sequence == entry.sequence);
            met.extend(here.map(|head| (head.clone(), head.link == entry.link)));
        };
        let checkpoint = reader.read(look).map_err(|error| fail(&path, &error))?;
        Ok(Self { path, after, checkpoint, heads: met })
    }

    /// Whether a head's record is in it, with the head's link.
    fn fits(&self, head: &Head) -> Option<bool> {
        self.heads.iter().find(|(met, _)| met == head).map(|(_, fits)| *fits)
    }
}

/// A log that was followed.
pub(super) struct VerifiedLog {
    /// The place it begins after; zero for its first record.
    pub(super) after: (i64, LogDigest),
    /// Its last record.
    pub(super) last: i64,
    /// Whether the old key's seal says anything of an archive.
    pub(super) old_seals_count: bool,
}

/// Follows the whole log; `look` sees every record that was followed so far. `head_elsewhere`: the head's record was found in
/// an archive.
pub(super) async fn follow_log(
    services: &Services,
    head: Option<Head>,
    head_elsewhere: bool,
    mut look: impl FnMut(&AuditEntry, &ChainCheck) -> std::io::Result<()>,
) -> Result<VerifiedLog, Box<dyn std::error::Error>> {
    let log = &*services.store;
    let start = log.audit_start(&Workspace::default()).await?;
    let after = start.as_ref().map_or((0, LogDigest::default()), |start| (start.sequence, start.digest));
    let archived = |head: &Head| start.as_ref().filter(|at| head_elsewhere && head.sequence <= at.sequence);
    let head = head.map(|head| match archived(&head) {
        Some(start) => Head { sequence: start.sequence, link: start.link },
        None => head,
    });
    let mut check = ChainCheck::new(chain_keys(services), head, start.clone(), &anchors(log, None).await?);
    let mut last = i64::MIN;
    loop {
        let entries = log.audit_after(&Workspace::default(), last, BATCH).await?;
        let Some(newest) = entries.last() else { break };
        last = newest.sequence;
        for entry in &entries {
            if let Err(fault) = check.follow(entry) {
                if matches!(fault, ChainFault::Gap(_))
                    && log.audit_start(&Workspace::default()).await? != start
                {
                    return Err(String::from("a part of the log was archived just now: try again").into());
                }
                return Err(fault.into());
            }
            look(entry, &check)?;
        }
    }
    let old_seals_count = check.old_seals_count();
    Ok(VerifiedLog { after, last: check.end()?, old_seals_count })
}
