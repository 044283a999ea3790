//! The audit log: a stream of records in the order in which decisions were made. Who reads it has linked what was not yet.

use async_trait::async_trait;

use super::{
    archive::{begin_after, start},
    records::RecordsWalk,
    streams::{PART, StreamPart},
};
use crate::{
    model::{AuditEntry, AuditRecord, Effects, UnixMillis, Workspace},
    secrets::Checkpoint,
    stores::{
        AuditFilter, AuditLog, AuditPart, LinkTurn, Linking, StoreError,
        redis::{RedisStore, change::Change},
    },
};

fn fits(filter: &AuditFilter, entry: &AuditEntry) -> bool {
    let AuditEntry { sequence, record, .. } = entry;
    filter.before.is_none_or(|before| *sequence < before)
        && filter.after.is_none_or(|after| *sequence > after)
        && filter.actor.as_ref().is_none_or(|actor| *actor == record.actor)
        && filter.action.as_ref().is_none_or(|action| record.action.starts_with(action.as_str()))
        && filter.target.as_ref().is_none_or(|target| *target == record.target)
        && filter.since.is_none_or(|since| record.at >= since)
}

#[async_trait]
impl AuditLog for RedisStore {
    async fn append_audit(&self, workspace: &Workspace, record: AuditRecord) -> Result<(), StoreError> {
        let effects = Effects { audit: vec![record], ..Effects::default() };
        self.change(workspace, Change::default(), &effects).await.map(drop)
    }

    async fn audit_part(
        &self,
        workspace: &Workspace,
        filter: AuditFilter,
        limit: u32,
    ) -> Result<AuditPart, StoreError> {
        let limit = limit as usize;
        let mut found = AuditPart::default();
        let mut left = filter.looks_at.map_or(usize::MAX, |most| most as usize);
        if limit == 0 || filter.before.is_some_and(|before| before <= 0) {
            return Ok(found);
        }
        self.readable_part(workspace).await?;
        let part = StreamPart::back_from(filter.before.map(|before| before - 1), PART);
        let mut walk = RecordsWalk::along(part);
        loop {
            let read = walk.next(self, workspace, PART.min(left)).await?;
            let Some(last) = read.last().map(|last| last.sequence) else { return Ok(found) };
            left -= read.len();
            let missing = limit - found.entries.len();
            found.entries.extend(read.into_iter().filter(|entry| fits(&filter, entry)).take(missing));
            if found.entries.len() == limit {
                found.rest = found.entries.last().map(|last| last.sequence);
                return Ok(found);
            }
            if filter.after.is_some_and(|after| last <= after) {
                return Ok(found);
            }
            if left == 0 {
                found.rest = Some(last);
                return Ok(found);
            }
        }
    }

    /// A record that does not fit ends the answers: it is shown without a link, so that who follows the chain finds it.
    async fn audit_after(
        &self,
        workspace: &Workspace,
        sequence: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let limit = limit as usize;
        let linked = self.readable_part(workspace).await?;
        let mut found = Vec::new();
        if limit == 0 || sequence > linked.newest {
            return Ok(found);
        }
        let mut walk = RecordsWalk::along(StreamPart::from_place(sequence.saturating_add(1), PART));
        loop {
            let read = walk.next(self, workspace, limit - found.len()).await?;
            if read.is_empty() {
                return Ok(found);
            }
            for entry in read {
                let is_linked = entry.sequence <= linked.newest;
                if is_linked || linked.in_doubt {
                    found.push(entry);
                }
                if !is_linked || found.len() == limit {
                    return Ok(found);
                }
            }
        }
    }

    async fn last_audit(&self, workspace: &Workspace) -> Result<Option<AuditEntry>, StoreError> {
        let newest = self.readable_part(workspace).await?.newest;
        if newest == 0 {
            return Ok(None);
        }
        let part = StreamPart::back_from(Some(newest), 1);
        Ok(self.records(workspace, &part).await?.entries.pop())
    }

    async fn first_audit_since(
        &self,
        workspace: &Workspace,
        since: UnixMillis,
    ) -> Result<Option<i64>, StoreError> {
        let newest = self.readable_part(workspace).await?.newest;
        let mut walk = RecordsWalk::along(StreamPart::from_place(0, PART));
        loop {
            let read = walk.next(self, workspace, PART).await?;
            let first = read.iter().find(|entry| entry.record.at >= since);
            if first.is_some() || read.is_empty() {
                return Ok(first.map(|entry| entry.sequence).filter(|place| *place <= newest));
            }
        }
    }

    async fn audit_start(&self, workspace: &Workspace) -> Result<Option<Checkpoint>, StoreError> {
        start(self, workspace).await
    }

    async fn begin_audit_after(
        &self,
        workspace: &Workspace,
        checkpoint: Checkpoint,
    ) -> Result<bool, StoreError> {
        begin_after(self, workspace, &checkpoint).await
    }

    async fn link_audit(
        &self,
        workspace: &Workspace,
        turn: LinkTurn<'_>,
    ) -> Result<Option<Linking>, StoreError> {
        self.link_in_turn(workspace, turn).await.map(Some)
    }
}
