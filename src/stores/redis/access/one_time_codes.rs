//! One-time codes, by their ends; what was told once and the address are facts of the whole store, which its first workspace keeps.

use async_trait::async_trait;

use super::{
    super::{
        RedisStore,
        change::{ATTEMPTS, Change},
    },
    first_key::META,
};
use crate::{
    model::{Effects, KeyHashes, StoreMillis, Workspace, hex},
    stores::{OneTimeCode, OneTimeCodeStore, StoreError},
};

const CODES: &str = "codes";
const ADDRESS: &str = "address";

impl RedisStore {
    /// The codes with those hashes that open something at `now`, with their ends: one, or the same under two secret keys.
    async fn open_codes(
        &self,
        workspace: &Workspace,
        hashes: KeyHashes,
        now: StoreMillis,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        let name = self.name(workspace, CODES);
        let mut found = Vec::new();
        for hash in std::iter::once(hashes.current).chain(hashes.old).map(|hash| hex(&hash)) {
            let end: Option<i64> = self.link.send(redis::cmd("ZSCORE").arg(&name).arg(&hash)).await?;
            found.extend(end.filter(|end| *end > now.0).map(|end| (hash, end)));
        }
        Ok(found)
    }
}

#[async_trait]
impl OneTimeCodeStore for RedisStore {
    async fn put_code(
        &self,
        code: OneTimeCode,
        now: StoreMillis,
        effects: Effects,
    ) -> Result<(), StoreError> {
        let put = Change::default().command("ZREMRANGEBYSCORE", CODES, &["-inf", &now.0.to_string()]).place(
            CODES,
            &hex(&code.hash),
            code.until.0,
        );
        self.change(&code.workspace, put, &effects).await.map(drop)
    }

    async fn take_code(
        &self,
        workspace: &Workspace,
        hashes: KeyHashes,
        now: StoreMillis,
        effects: Effects,
    ) -> Result<bool, StoreError> {
        for _ in 0..ATTEMPTS {
            let open = self.open_codes(workspace, hashes, now).await?;
            if open.is_empty() {
                return Ok(false);
            }
            let taken = open.iter().fold(Change::default(), |change, (hash, end)| {
                change.while_score(CODES, hash, Some(*end)).displace(CODES, hash)
            });
            if self.change(workspace, taken, &effects).await? {
                return Ok(true);
            }
        }
        Err(StoreError::Busy)
    }

    async fn first_time(&self, name: &'static str) -> Result<bool, StoreError> {
        let mark = format!("told:{name}");
        let told = Change::default().while_row(META, &mark, None).put(META, &mark, "1");
        self.change(&Workspace::default(), told, &Effects::default()).await
    }

    async fn keep_address(&self, url: &str) -> Result<(), StoreError> {
        let kept = Change::default().put(META, ADDRESS, url);
        self.change(&Workspace::default(), kept, &Effects::default()).await.map(drop)
    }

    async fn address(&self) -> Result<Option<String>, StoreError> {
        self.fact(ADDRESS).await
    }
}
