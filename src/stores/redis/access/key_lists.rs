//! Keys read by their ids, and walked in the order of those, some at a time.

use super::super::RedisStore;
use crate::{
    model::{KeyRecord, UnixMillis, Workspace},
    stores::{KeyFilter, StoreError},
};

/// Keys read at once.
pub(super) const PAGE: usize = 200;

pub(super) const KEYS: &str = "keys";
pub(super) const BY_ID: &str = "keys:id";
const USES: &str = "uses";
const USED: &str = "used";

/// What is stored of some keys: rows, how often and when last they were used.
pub(super) struct KeyRows {
    pub(super) rows: Vec<Option<String>>,
    pub(super) uses: Vec<Option<u64>>,
    pub(super) used: Vec<Option<i64>>,
}

fn lets_through(filter: &KeyFilter, key: &KeyRecord) -> bool {
    let is_theirs = filter.user_id.as_ref().is_none_or(|user| key.user_id == *user);
    let is_after = filter.after.as_ref().is_none_or(|after| key.id > *after);
    let is_unrevoked = !filter.unrevoked || key.revoked_at.is_none();
    let is_over = filter.ends_before.is_none_or(|at| key.expires_at.is_some_and(|end| end < at));
    is_theirs && is_after && is_unrevoked && is_over
}

impl RedisStore {
    /// Those of the keys that are there.
    pub(super) fn read_keys(
        &self,
        workspace: &Workspace,
        ids: &[String],
        stored: KeyRows,
    ) -> Result<Vec<KeyRecord>, StoreError> {
        let KeyRows { rows, uses, used } = stored;
        let known = ids.iter().zip(rows).zip(uses.into_iter().zip(used));
        let read = known.filter_map(|((id, row), (uses, used))| {
            let stored = self.open_key_row(workspace, id, row?);
            Some(stored.map(|stored| KeyRecord {
                uses: uses.unwrap_or_default(),
                last_used_at: used.map(UnixMillis),
                ..stored.record
            }))
        });
        read.collect()
    }

    /// The keys with those ids, in their order; at most [`PAGE`] of them.
    pub(super) async fn keys_of(
        &self,
        workspace: &Workspace,
        ids: &[String],
    ) -> Result<Vec<KeyRecord>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked = redis::pipe();
        for hash in [KEYS, USES, USED] {
            asked.cmd("HMGET").arg(self.name(workspace, hash)).arg(ids);
        }
        let (rows, uses, used) = self.ask_all(&asked).await?;
        self.read_keys(workspace, ids, KeyRows { rows, uses, used })
    }

    pub(super) async fn list_keys(
        &self,
        workspace: &Workspace,
        filter: &KeyFilter,
    ) -> Result<Vec<KeyRecord>, StoreError> {
        let most = filter.limit.map_or(usize::MAX, |limit| limit as usize);
        let mut found = Vec::new();
        // The keys that end soon are few among all.
        if filter.unrevoked && (filter.ends_before.is_some() || filter.user_id.is_some()) {
            let ids = self.unrevoked_ids(workspace, filter).await?;
            for part in ids.chunks(PAGE) {
                let keys = self.keys_of(workspace, part).await?;
                found.extend(keys.into_iter().filter(|key| lets_through(filter, key)));
                if found.len() >= most {
                    break;
                }
            }
            found.truncate(most);
            return Ok(found);
        }
        let by_id = self.name(workspace, BY_ID);
        let mut from = filter.after.as_ref().map_or_else(|| String::from("-"), |after| format!("({after}"));
        while found.len() < most {
            let mut page = redis::cmd("ZRANGEBYLEX");
            page.arg(&by_id).arg(&from).arg("+").arg("LIMIT").arg(0).arg(PAGE);
            let ids: Vec<String> = self.link.send(&page).await?;
            let keys = self.keys_of(workspace, &ids).await?;
            found.extend(keys.into_iter().filter(|key| lets_through(filter, key)));
            let Some(last) = ids.last().filter(|_| ids.len() == PAGE) else { break };
            from = format!("({last}");
        }
        found.truncate(most);
        Ok(found)
    }
}
