//! Audit records as the stream has them, with the links that others have.

use std::{borrow::Cow, collections::HashMap};

use super::streams::{RawEntry, StreamEntry, StreamPart};
use crate::{
    model::{AuditEntry, AuditRecord, UnixMillis, Workspace},
    secrets::AuditKey,
    stores::{
        StoreError,
        redis::{
            RedisStore,
            effects::AuditRow,
            row::{PartSize, unreadable},
        },
    },
};

/// The streams: of records, each with its MAC, and of links.
pub(super) const RECORDS: &str = "audit";
pub(super) const LINKS: &str = "audit:links";
const RECORD: &str = "r";
const MAC: &str = "m";
const LINK: &str = "l";

/// A record that was read, before anybody looks at its MAC.
pub(super) struct KeptRecord {
    pub(super) record: AuditRecord,
    unique: String,
    pub(super) mac: Vec<u8>,
}

impl KeptRecord {
    pub(super) fn read(entry: &StreamEntry) -> Result<Self, StoreError> {
        let row: AuditRow<'_> =
            serde_json::from_slice(entry.field(RECORD)).map_err(|_| unreadable("record of the audit log"))?;
        let record = AuditRecord {
            actor: row.actor.into_owned(),
            action: Cow::Owned(row.action.into_owned()),
            target: row.target.into_owned(),
            request_id: row.request_id.into_owned(),
            at: UnixMillis(row.at),
        };
        Ok(Self { record, unique: row.unique.into_owned(), mac: entry.field(MAC).to_vec() })
    }

    /// Whether a process with that key wrote it.
    pub(super) fn is_of(&self, key: &AuditKey, workspace: &Workspace) -> bool {
        key.mac(&self.unique, workspace.as_str(), &self.record)[..] == self.mac
    }
}

/// A part of the audit log.
pub(super) struct RecordsPart {
    /// What is there; a record without a link has zeros for one.
    pub(super) entries: Vec<AuditEntry>,
    /// The id of the last.
    pub(super) last: Option<String>,
    /// How long they are.
    bytes: usize,
}

/// A walk along the audit log, part by part.
pub(super) struct RecordsWalk {
    part: StreamPart,
    size: PartSize,
    is_over: bool,
}

impl RecordsWalk {
    /// Along a part, whatever its count.
    pub(super) fn along(part: StreamPart) -> Self {
        let size = PartSize::first();
        Self { part: StreamPart { count: size.rows(), ..part }, size, is_over: false }
    }

    /// What comes next, `most` at most; nothing at the end.
    pub(super) async fn next(
        &mut self,
        store: &RedisStore,
        workspace: &Workspace,
        most: usize,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        if self.is_over || most == 0 {
            return Ok(Vec::new());
        }
        self.part.count = self.size.rows().min(most);
        let RecordsPart { entries, last, bytes } = store.records(workspace, &self.part).await?;
        self.size.learn(entries.len(), bytes);
        self.is_over = !self.part.go_on(entries.len(), last.as_deref());
        Ok(entries)
    }
}

impl RedisStore {
    /// A part of the audit log. Links are read before the records they are of: when a part of the log is dropped in between, no
    /// record is taken for one without a link.
    pub(super) async fn records(
        &self,
        workspace: &Workspace,
        part: &StreamPart,
    ) -> Result<RecordsPart, StoreError> {
        let mut asked = redis::pipe();
        asked.add_command(part.of(&self.name(workspace, LINKS)));
        asked.add_command(part.of(&self.name(workspace, RECORDS)));
        let (links, records): (Vec<RawEntry>, Vec<RawEntry>) =
            self.link.ask(async |connection| asked.query_async(connection).await).await?;
        let links: HashMap<_, _> = links.into_iter().map(StreamEntry::of).map(linked).collect();
        let records: Vec<_> = records.into_iter().map(StreamEntry::of).collect();
        let last = records.last().map(|entry| entry.id.clone());
        let whole = |entry: StreamEntry| {
            Ok(AuditEntry {
                sequence: entry.place(),
                workspace: workspace.clone(),
                record: KeptRecord::read(&entry)?.record,
                link: links.get(&entry.id).copied().unwrap_or_default(),
            })
        };
        let bytes = records.iter().map(StreamEntry::bytes).sum();
        let entries = records.into_iter().map(whole).collect::<Result<_, StoreError>>()?;
        Ok(RecordsPart { entries, last, bytes })
    }
}

fn linked(entry: StreamEntry) -> (String, [u8; 32]) {
    let link = entry.field(LINK).try_into().unwrap_or_default();
    (entry.id, link)
}
