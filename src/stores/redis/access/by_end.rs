//! The order of keys by their ends: of those that are not revoked, all in one sorted set and each person's in another, by text, so
//! that a walk goes on exactly where it was.

use super::{
    super::{
        RedisStore,
        change::Change,
        script::{ScriptArguments, script},
    },
    key_lists::{KeyRows, PAGE},
    person::person,
};
use crate::{
    model::{KeyRecord, UnixMillis, Workspace},
    stores::{KeyFilter, KeysByEnd, KeysPart, StoreError},
};

script!(KEYS_BY_END, "access/keys_by_end");

const ALL: &str = "keys:end";
/// Behind every end.
const NEVER: &str = "~";

fn set_of(user_id: Option<&str>) -> String {
    user_id.map_or_else(|| String::from(ALL), |user| format!("ku:{}", person(user)))
}

/// An end as text that is in the order of ends.
fn ordered(end: UnixMillis) -> String {
    format!("{:016x}", end.0 ^ i64::MIN)
}

fn member(key: &KeyRecord) -> String {
    format!("{} {}", key.expires_at.map_or_else(|| String::from(NEVER), ordered), key.id)
}

/// Moves a key to where it belongs.
pub(super) fn arrange(mut change: Change, before: Option<&KeyRecord>, key: &KeyRecord) -> Change {
    // One that nobody can read is shown as revoked, and stands there all the same.
    if let Some(before) = before {
        for set in [set_of(None), set_of(Some(&before.user_id))] {
            change = change.displace(&set, &member(before));
        }
    }
    if key.revoked_at.is_none() {
        for set in [set_of(None), set_of(Some(&key.user_id))] {
            change = change.place(&set, &member(key), 0);
        }
    }
    change
}

impl RedisStore {
    pub(super) async fn keys_not_over(
        &self,
        workspace: &Workspace,
        now: UnixMillis,
    ) -> Result<usize, StoreError> {
        // Of members with that end all begin with it and a space, which `~` comes after.
        let later = format!("({}~", ordered(now));
        let count = redis::cmd("ZLEXCOUNT").arg(self.name(workspace, ALL)).arg(later).arg("+").to_owned();
        self.link.send(&count).await
    }

    /// The ids of keys that are not revoked, of those that a filter may let through, oldest first.
    pub(super) async fn unrevoked_ids(
        &self,
        workspace: &Workspace,
        filter: &KeyFilter,
    ) -> Result<Vec<String>, StoreError> {
        let name = self.name(workspace, &set_of(filter.user_id.as_deref()));
        let before = filter.ends_before.map_or_else(|| String::from("+"), |end| format!("({}", ordered(end)));
        let (mut from, mut ids) = (String::from("-"), Vec::new());
        loop {
            let mut page = redis::cmd("ZRANGEBYLEX");
            page.arg(&name).arg(&from).arg(&before).arg("LIMIT").arg(0).arg(PAGE);
            let members: Vec<String> = self.link.send(&page).await?;
            ids.extend(members.iter().filter_map(|member| Some(member.split_once(' ')?.1.to_owned())));
            let Some(last) = members.last().filter(|_| members.len() == PAGE) else { break };
            from = format!("({last}");
        }
        ids.sort_unstable();
        Ok(ids)
    }

    pub(super) async fn part_by_end(
        &self,
        workspace: &Workspace,
        asked: &KeysByEnd,
    ) -> Result<KeysPart, StoreError> {
        let set = set_of(asked.user_id.as_deref());
        let (mut from, mut left) = (i64::from(asked.offset), i64::from(asked.limit));
        let mut part = KeysPart::default();
        loop {
            let count = left.min(PAGE as i64);
            // Of no key: places below zero count from the end.
            let (first, last) = if count == 0 { (1, 0) } else { (from, from + count - 1) };
            let arguments = ScriptArguments::default().bytes(set.as_str()).number(first).number(last);
            let (total, ids, rows, uses, used): (usize, Vec<String>, _, _, _) =
                self.read(workspace, &KEYS_BY_END, arguments).await?;
            part.total = total;
            part.keys.extend(self.read_keys(workspace, &ids, KeyRows { rows, uses, used })?);
            (from, left) = (from + count, left - count);
            if left == 0 || ids.len() < PAGE {
                return Ok(part);
            }
        }
    }
}
