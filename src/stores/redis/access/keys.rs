//! API keys.

use async_trait::async_trait;

use super::{
    super::{
        RedisStore,
        script::{ScriptArguments, script},
    },
    replays::REPLAYS,
};
use crate::{
    model::{
        Effects, KeyChange, KeyHashes, KeyOutcome, KeyRecord, Replay, SecretFit, StoreMillis, UnixMillis,
        Workspace,
    },
    stores::{KeyFilter, KeyStore, KeysByEnd, KeysPart, StoreError},
};

script!(COUNT_USES, "access/count_uses");

/// Keys whose calls are added at once.
const BATCH: usize = 500;

#[async_trait]
impl KeyStore for RedisStore {
    async fn change_key(&self, change: KeyChange) -> Result<KeyOutcome, StoreError> {
        self.replace_key(&change).await
    }

    async fn wants_first_key(&self) -> Result<bool, StoreError> {
        self.is_first_key_wanted().await
    }

    async fn create_first_key(&self, record: KeyRecord, effects: Effects) -> Result<bool, StoreError> {
        self.make_first_key(record, effects).await
    }

    async fn first_key_handed_over(&self) -> Result<(), StoreError> {
        self.end_first_key().await
    }

    async fn secret_check(&self) -> Result<Option<[u8; 32]>, StoreError> {
        self.kept_check().await
    }

    async fn check_secret(&self, checks: KeyHashes) -> Result<SecretFit, StoreError> {
        self.keep_check(checks).await
    }

    async fn key_by_hash(&self, hashes: KeyHashes) -> Result<Option<KeyRecord>, StoreError> {
        self.key_of(hashes).await
    }

    async fn count_live(&self, workspace: &Workspace, now: UnixMillis) -> Result<usize, StoreError> {
        self.keys_not_over(workspace, now).await
    }

    async fn key(&self, workspace: &Workspace, id: &str) -> Result<Option<KeyRecord>, StoreError> {
        Ok(self.keys_of(workspace, &[id.to_owned()]).await?.into_iter().next())
    }

    async fn keys(&self, workspace: &Workspace, filter: KeyFilter) -> Result<Vec<KeyRecord>, StoreError> {
        self.list_keys(workspace, &filter).await
    }

    async fn keys_by_end(&self, workspace: &Workspace, asked: KeysByEnd) -> Result<KeysPart, StoreError> {
        self.part_by_end(workspace, &asked).await
    }

    async fn count_uses(
        &self,
        workspace: &Workspace,
        uses: Vec<(String, u64, UnixMillis)>,
    ) -> Result<(), StoreError> {
        for part in uses.chunks(BATCH) {
            let arguments = ScriptArguments::default().each(part, |arguments, (id, calls, at)| {
                arguments.bytes(id.as_str()).bytes(calls.to_string()).number(at.0)
            });
            let (_,): (bool,) = self.run(workspace, &COUNT_USES, arguments).await?;
        }
        Ok(())
    }

    async fn replay(
        &self,
        workspace: &Workspace,
        name: &str,
        now: StoreMillis,
    ) -> Result<Option<Replay>, StoreError> {
        self.kept_replay(workspace, name, now).await
    }

    async fn forget_replays(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError> {
        self.forget(workspace, REPLAYS, now, &[]).await
    }
}
