//! Facts of the whole store that keys go by, in its first workspace, so that they change in one step with its keys: whether a first
//! key is wanted, and what the records are made under.

use super::super::{
    RedisStore,
    change::{ATTEMPTS, Change},
    row::unreadable,
};
use crate::{
    model::{Effects, KeyHashes, KeyRecord, SecretFit, Workspace, hex, unhex},
    stores::StoreError,
};

/// Facts of the whole store.
pub(super) const META: &str = "meta";
/// A key was made.
const FIRST: &str = "first_key";
/// The first one was not handed over; its id.
const OWED: &str = "first_key_owed";
const CHECK: &str = "secret_check";

fn is_wanted(first: Option<&str>, owed: Option<&str>) -> bool {
    first.is_none() || owed.is_some()
}

/// Marks that a key was made.
pub(super) fn mark(change: Change) -> Change {
    change.put(META, FIRST, "1")
}

impl RedisStore {
    pub(super) async fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        let meta = self.name(&Workspace::default(), META);
        self.link.send(redis::cmd("HGET").arg(meta).arg(name)).await
    }

    async fn first_key(&self) -> Result<(Option<String>, Option<String>), StoreError> {
        let meta = self.name(&Workspace::default(), META);
        self.link.send(redis::cmd("HMGET").arg(meta).arg(FIRST).arg(OWED)).await
    }

    pub(super) async fn is_first_key_wanted(&self) -> Result<bool, StoreError> {
        let (first, owed) = self.first_key().await?;
        Ok(is_wanted(first.as_deref(), owed.as_deref()))
    }

    /// Of processes that find one wanted at the same time, one makes it.
    pub(super) async fn make_first_key(
        &self,
        record: KeyRecord,
        effects: Effects,
    ) -> Result<bool, StoreError> {
        let (first, owed) = self.first_key().await?;
        if !is_wanted(first.as_deref(), owed.as_deref()) {
            return Ok(false);
        }
        let mut claimed = mark(Change::default())
            .while_row(META, FIRST, first.as_deref())
            .while_row(META, OWED, owed.as_deref())
            .put(META, OWED, &record.id);
        // What is of another workspace takes a step of its own; until that is made, the key is still wanted.
        if record.workspace != Workspace::default() {
            if !self.change(&Workspace::default(), claimed, &Effects::default()).await? {
                return Ok(false);
            }
            claimed = Change::default();
        }
        let known = self.stored_key(&record.workspace, &record.id).await?;
        self.put_key(claimed, known.as_ref(), &record, &effects).await
    }

    pub(super) async fn end_first_key(&self) -> Result<(), StoreError> {
        let over = Change::default().drop_row(META, OWED);
        self.change(&Workspace::default(), over, &Effects::default()).await.map(drop)
    }

    pub(super) async fn kept_check(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let kept = self.fact(CHECK).await?;
        kept.map(|kept| unhex(&kept).ok_or_else(|| unreadable("secret check"))).transpose()
    }

    pub(super) async fn keep_check(&self, checks: KeyHashes) -> Result<SecretFit, StoreError> {
        for _ in 0..ATTEMPTS {
            let kept = self.kept_check().await?;
            let fit = match kept {
                Some(kept) if kept == checks.current => return Ok(SecretFit::Fits),
                Some(kept) if Some(kept) != checks.old => return Ok(SecretFit::Another),
                Some(_) => SecretFit::Rotated,
                None => SecretFit::Fits,
            };
            let before = kept.map(|kept| hex(&kept));
            let change = Change::default().while_row(META, CHECK, before.as_deref()).put(
                META,
                CHECK,
                &hex(&checks.current),
            );
            if self.change(&Workspace::default(), change, &Effects::default()).await? {
                return Ok(fit);
            }
        }
        Err(StoreError::Busy)
    }
}
