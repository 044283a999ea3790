//! The audit log across a rotation of the secret key: that the log is continued under a new key is recorded while the old one
//! is given, and once it is given no more an anchor is made, a record that vouches for all before it under the new key alone.
//!
//! No anchor is made without that first record under the current key: who stole the old key cannot have a log of his own
//! making anchored.

use std::sync::Arc;

use crate::{
    clock::Clock,
    model::{AuditEntry, AuditRecord, Workspace},
    secrets::{ANCHOR, Anchor, LogDigest, SecretKey},
    stores::{AuditFilter, AuditLog, Store, StoreError},
};

/// What the record says that was done when the log was first continued under another secret key.
const ROTATE: &str = "audit.rotate";
/// Rotations and anchors looked through for one of the current key.
const MOST_MARKS: u32 = 100;
/// Records read at once.
const BATCH: u32 = 1_000;

/// Anchors heeded: one is made for each rotation of the secret key.
const MOST_ANCHORS: u32 = 10_000;

/// The anchors in a log behind that place, or all, newest first.
pub async fn anchors(log: &dyn AuditLog, after: Option<i64>) -> Result<Vec<Anchor>, StoreError> {
    let filter = AuditFilter { action: Some(ANCHOR.to_owned()), after, ..AuditFilter::default() };
    let entries = log.audit(&Workspace::default(), filter, MOST_ANCHORS).await?;
    Ok(entries.iter().filter_map(Anchor::of).collect())
}

/// A log, and what it is continued with.
pub(super) struct Continuation {
    pub(super) log: Arc<dyn Store>,
    pub(super) secret: Arc<SecretKey>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Continuation {
    /// Records a rotation or makes an anchor, whichever is due.
    pub(super) async fn keep(&self) -> Result<(), StoreError> {
        self.note_rotation().await?;
        if self.secret.old_audit_key().is_none() && self.wants_anchor().await? {
            let anchor = self.anchor().await?;
            self.append(ANCHOR, anchor.to_text()).await?;
            tracing::info!(
                records = anchor.until,
                "the audit log was anchored under the new secret key: the old one is not needed to verify it"
            );
        }
        Ok(())
    }

    /// Records, while an old secret key is given, that the log is continued under the current one.
    pub(super) async fn note_rotation(&self) -> Result<(), StoreError> {
        if self.secret.old_audit_key().is_none() {
            return Ok(());
        }
        let newest = match self.marks().await?.into_iter().next() {
            None => self.first().await?,
            mark => mark,
        };
        match newest {
            Some(entry) if !self.is_ours(&entry).await? => self.append(ROTATE, String::new()).await,
            _ => Ok(()),
        }
    }

    /// Whether the log was rotated to the current key and not anchored since.
    async fn wants_anchor(&self) -> Result<bool, StoreError> {
        for mark in self.marks().await? {
            if self.is_ours(&mark).await? {
                return Ok(mark.record.action == ROTATE);
            }
        }
        if let Some(first) = self.first().await?
            && !self.is_ours(&first).await?
        {
            tracing::error!(
                "the audit log was begun under another secret key: start once with that as MCP_SECRET_KEY_OLD"
            );
        }
        Ok(false)
    }

    async fn anchor(&self) -> Result<Anchor, StoreError> {
        let start = self.log.audit_start(&Workspace::default()).await?;
        let (mut until, mut digest) =
            start.map_or((0, LogDigest::default()), |start| (start.sequence, start.digest));
        loop {
            let entries = self.log.audit_after(&Workspace::default(), until, BATCH).await?;
            let Some(last) = entries.last() else { return Ok(Anchor { until, digest }) };
            until = last.sequence;
            digest.follow_all(&entries);
        }
    }

    /// Rotations and anchors, newest first. Each is looked for by itself: of other records of the log there may be any number.
    async fn marks(&self) -> Result<Vec<AuditEntry>, StoreError> {
        let mut marks = Vec::new();
        for action in [ROTATE, ANCHOR] {
            let filter = AuditFilter { action: Some(action.to_owned()), ..AuditFilter::default() };
            marks.extend(self.log.audit(&Workspace::default(), filter, MOST_MARKS).await?);
        }
        marks.sort_by_key(|mark| std::cmp::Reverse(mark.sequence));
        Ok(marks)
    }

    /// The first record that is not archived.
    async fn first(&self) -> Result<Option<AuditEntry>, StoreError> {
        let after = self.log.audit_start(&Workspace::default()).await?.map_or(0, |start| start.sequence);
        Ok(self.log.audit_after(&Workspace::default(), after, 1).await?.pop())
    }

    /// Whether its link was made under the current secret key.
    async fn is_ours(&self, entry: &AuditEntry) -> Result<bool, StoreError> {
        let before = self.log.audit_after(&Workspace::default(), entry.sequence - 2, 1).await?.pop();
        let before = before.filter(|before| before.sequence == entry.sequence - 1).map(|before| before.link);
        let start = self.log.audit_start(&Workspace::default()).await?;
        let start = start.filter(|start| start.sequence == entry.sequence - 1).map(|start| start.link);
        let before = before.or(start).map(|link| link.to_vec()).unwrap_or_default();
        Ok(self.secret.audit_key().has_linked(entry, &before))
    }

    async fn append(&self, action: &'static str, target: String) -> Result<(), StoreError> {
        let record = AuditRecord::without_call("system", action, target, self.clock.now());
        self.log.append_audit(&Workspace::default(), record).await
    }
}
