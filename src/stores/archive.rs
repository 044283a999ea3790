//! An archive of the audit log: a file of JSON lines. The first says after which record it begins, then comes a record a
//! line, and the last is a checkpoint, sealed, from which the log goes on.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::{
    model::{AuditEntry, AuditRecord, UnixMillis, Workspace, hex, unhex},
    secrets::{Checkpoint, LogDigest},
};

/// Longest line that is read, in bytes.
const MOST_LINE: u64 = 1024 * 1024;

/// Why a file is no whole archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    /// A line is not what an archive has there.
    #[error("line {0} is not one of an archive of the audit log")]
    Line(u64),
    /// A record does not follow the one before.
    #[error("record {0}: records before this one are missing, or were moved")]
    Gap(i64),
    /// It ends before its checkpoint.
    #[error("its end is missing")]
    Cut,
    /// The checkpoint is not that of the records.
    #[error("a record is not what was archived")]
    Changed,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedPlace {
    sequence: i64,
    link: String,
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    sequence: i64,
    /// For people; milliseconds are what counts.
    time: String,
    at: i64,
    workspace: String,
    actor: String,
    action: String,
    target: String,
    request_id: String,
    link: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ArchiveLine {
    AuditArchiveAfter(SealedPlace),
    Record(Line),
    Checkpoint(SealedPlace),
}

/// Writes an archive.
pub struct ArchiveWriter<W>(W);

impl<W: Write> ArchiveWriter<W> {
    /// Begins one with what comes after that record.
    pub fn begin(mut out: W, sequence: i64, link: &[u8; 32], digest: LogDigest) -> std::io::Result<Self> {
        let place = SealedPlace { sequence, link: hex(link), digest: hex(&digest.0), seal: None };
        line(&mut out, &ArchiveLine::AuditArchiveAfter(place))?;
        Ok(Self(out))
    }

    /// Writes the next record.
    pub fn record(&mut self, entry: &AuditEntry) -> std::io::Result<()> {
        let record = &entry.record;
        let part = ArchiveLine::Record(Line {
            sequence: entry.sequence,
            time: record.at.rfc3339(),
            at: record.at.0,
            workspace: entry.workspace.as_str().to_owned(),
            actor: record.actor.clone(),
            action: record.action.clone().into_owned(),
            target: record.target.clone(),
            request_id: record.request_id.clone(),
            link: hex(&entry.link),
        });
        line(&mut self.0, &part)
    }

    /// Ends it with the checkpoint of its last record.
    pub fn end(mut self, checkpoint: &Checkpoint) -> std::io::Result<W> {
        let place = SealedPlace {
            sequence: checkpoint.sequence,
            link: hex(&checkpoint.link),
            digest: hex(&checkpoint.digest.0),
            seal: Some(hex(&checkpoint.seal)),
        };
        line(&mut self.0, &ArchiveLine::Checkpoint(place))?;
        self.0.flush()?;
        Ok(self.0)
    }
}

fn line(out: &mut impl Write, part: &ArchiveLine) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, part)?;
    out.write_all(b"\n")
}

/// Reads an archive and checks that its records are those of its checkpoint. Whether that is a true one its reader has to
/// find out: by the seal, or because the log or another archive goes on there.
pub struct ArchiveReader<R> {
    input: R,
    lines: u64,
    last: (i64, [u8; 32], LogDigest),
    /// The place it begins after.
    pub after: (i64, LogDigest),
}

impl<R: BufRead> ArchiveReader<R> {
    /// Reads the first line.
    pub fn begin(input: R) -> Result<Self, ArchiveError> {
        let mut reader = Self {
            input,
            lines: 0,
            last: (0, [0; 32], LogDigest::default()),
            after: (0, LogDigest::default()),
        };
        let Some(ArchiveLine::AuditArchiveAfter(place)) = reader.part()? else { return Err(reader.fault()) };
        let after = reader.place(&place)?;
        reader.last = (after.sequence, after.link, after.digest);
        reader.after = (after.sequence, after.digest);
        Ok(reader)
    }

    /// Gives each record to `look`; answers the checkpoint at the end.
    pub fn read(mut self, mut look: impl FnMut(&AuditEntry)) -> Result<Checkpoint, ArchiveError> {
        loop {
            match self.part()? {
                Some(ArchiveLine::Record(line)) => {
                    let entry = self.entry(line)?;
                    self.last.2.follow(&entry);
                    (self.last.0, self.last.1) = (entry.sequence, entry.link);
                    look(&entry);
                }
                Some(ArchiveLine::Checkpoint(place)) => {
                    let checkpoint = self.place(&place)?;
                    if self.last != (checkpoint.sequence, checkpoint.link, checkpoint.digest) {
                        return Err(ArchiveError::Changed);
                    }
                    return if self.part()?.is_some() { Err(self.fault()) } else { Ok(checkpoint) };
                }
                Some(ArchiveLine::AuditArchiveAfter(_)) => return Err(self.fault()),
                None => return Err(ArchiveError::Cut),
            }
        }
    }

    fn fault(&self) -> ArchiveError {
        ArchiveError::Line(self.lines)
    }

    fn part(&mut self) -> Result<Option<ArchiveLine>, ArchiveError> {
        use std::io::Read;
        let mut text = Vec::new();
        self.input.by_ref().take(MOST_LINE).read_until(b'\n', &mut text)?;
        self.lines += 1;
        if text.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&text).map(Some).map_err(|_| self.fault())
    }

    fn place(&self, place: &SealedPlace) -> Result<Checkpoint, ArchiveError> {
        let seal = place.seal.as_ref().map_or(Some([0; 32]), |seal| unhex(seal));
        let parts = unhex(&place.link).zip(unhex(&place.digest)).zip(seal);
        let parts = parts.filter(|_| (0..i64::MAX).contains(&place.sequence));
        let ((link, digest), seal) = parts.ok_or_else(|| self.fault())?;
        Ok(Checkpoint { sequence: place.sequence, link, digest: LogDigest(digest), seal })
    }

    fn entry(&self, line: Line) -> Result<AuditEntry, ArchiveError> {
        if self.last.0.checked_add(1) != Some(line.sequence) {
            return Err(ArchiveError::Gap(line.sequence));
        }
        let at = UnixMillis(line.at);
        if at.rfc3339() != line.time {
            return Err(ArchiveError::Changed);
        }
        let record = AuditRecord {
            actor: line.actor,
            action: line.action.into(),
            target: line.target,
            request_id: line.request_id,
            at,
        };
        Ok(AuditEntry {
            sequence: line.sequence,
            workspace: Workspace::new(&line.workspace),
            record,
            link: unhex(&line.link).ok_or_else(|| self.fault())?,
        })
    }
}
