//! A key put in place: first what it is found by, then its row with all it entails, in one step.

use super::{
    super::{
        RedisStore,
        change::{ATTEMPTS, Change},
        settle::{PuttingBack, TakenRight},
    },
    by_end::arrange,
    first_key::mark,
    key_lists::{BY_ID, KEYS, PAGE},
    key_row::OpenedKey,
    replays::{REPLAYS, keep},
};
use crate::{
    model::{Effects, EventKind, KeyChange, KeyOutcome, KeyRecord, Replay, Workspace},
    stores::StoreError,
};

impl RedisStore {
    pub(super) async fn stored_key(
        &self,
        workspace: &Workspace,
        id: &str,
    ) -> Result<Option<OpenedKey>, StoreError> {
        let keys = self.name(workspace, KEYS);
        let row: Option<String> = self.link.send(redis::cmd("HGET").arg(keys).arg(id)).await?;
        row.map(|row| self.open_key_row(workspace, id, row)).transpose()
    }

    /// Puts a record in the place of what was read, with what else `change` is; says whether that was still there.
    pub(super) async fn put_key(
        &self,
        change: Change,
        before: Option<&OpenedKey>,
        record: &KeyRecord,
        effects: &Effects,
    ) -> Result<bool, StoreError> {
        let known = before.map(|before| &before.record);
        self.index_new(known, record).await?;
        let change = change
            .while_row(KEYS, &record.id, before.map(|before| before.row.as_str()))
            .put(KEYS, &record.id, &self.key_row(record, before))
            .place(BY_ID, &record.id, 0);
        let is_made = self.change(&record.workspace, arrange(change, known, record), effects).await?;
        if is_made {
            self.index_all(known, record).await?;
        }
        Ok(is_made)
    }

    pub(super) async fn replace_key(&self, what: &KeyChange) -> Result<KeyOutcome, StoreError> {
        let (record, workspace) = (&what.record, &what.record.workspace);
        for _ in 0..ATTEMPTS {
            let mut change = Change::default();
            if let Some(replay) = &what.replay {
                let found = self.stored_replay(workspace, &replay.name).await?;
                change = change.while_row(REPLAYS, &replay.name, found.as_ref().map(|(row, _)| row.as_str()));
                // Kept for a day from when it was asked: older ones no longer count.
                let asked_at = replay.until.plus(-Replay::KEPT_MILLIS);
                if let Some((_, kept)) = found.filter(|(_, kept)| kept.until > asked_at) {
                    return Ok(KeyOutcome::Repeated(kept));
                }
                change = keep(change, replay);
            }
            let before = self.stored_key(workspace, &record.id).await?;
            if before.as_ref().map_or(0, |before| before.record.version) != record.version - 1 {
                return Ok(KeyOutcome::Changed);
            }
            if before.is_none() {
                change = self.mark_made(change, workspace).await?;
            }
            if self.put_key(change, before.as_ref(), record, &what.effects).await? {
                if before.is_some() {
                    self.took(TakenRight::Key(Box::new(record.clone())));
                }
                return Ok(KeyOutcome::Done);
            }
        }
        Err(StoreError::Busy)
    }

    /// Puts back a key that was changed, unless the server has it as new; says whether it had not.
    pub(in super::super) async fn restore_key(
        &self,
        key: &KeyRecord,
        back: PuttingBack<'_>,
    ) -> Result<bool, StoreError> {
        for _ in 0..ATTEMPTS {
            let before = self.stored_key(&key.workspace, &key.id).await?;
            if before.as_ref().is_some_and(|before| before.record.version >= key.version) {
                return Ok(false);
            }
            let effects = back.effects(EventKind::Key, &key.id);
            if self.put_key(back.change(), before.as_ref(), key, &effects).await? {
                return Ok(true);
            }
        }
        Err(StoreError::Busy)
    }

    /// Remembers those of some keys that changed since they were made.
    pub(in super::super) async fn heard_of_keys(
        &self,
        workspace: &Workspace,
        ids: &[String],
    ) -> Result<(), StoreError> {
        for part in ids.chunks(PAGE) {
            for key in self.keys_of(workspace, part).await?.into_iter().filter(|key| key.version > 1) {
                self.took(TakenRight::Key(Box::new(key)));
            }
        }
        Ok(())
    }

    /// Marks that there is a key, where the first workspace keeps that: of another, in a step before, so that no first key is made
    /// beside it.
    async fn mark_made(&self, change: Change, workspace: &Workspace) -> Result<Change, StoreError> {
        if *workspace == Workspace::default() {
            return Ok(mark(change));
        }
        self.change(&Workspace::default(), mark(Change::default()), &Effects::default()).await?;
        Ok(change)
    }
}
