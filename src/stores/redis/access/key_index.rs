//! How a key is found by its text: a name of its own for each hash, beside all workspaces, that says where the key is. It is there before
//! the key's row is. The hashes in that row are the truth: a name that leads nowhere, or to a key without that hash, opens nothing, so
//! one that a change left which was not made does no harm.

use super::super::RedisStore;
use crate::{
    model::{KeyHashes, KeyRecord, Workspace, hex},
    stores::StoreError,
};

impl RedisStore {
    fn index(&self, hash: &[u8; 32]) -> String {
        let half = hash.first_chunk::<16>().expect("a hash has 32 bytes");
        format!("{}:k:{}", self.prefix, hex(half))
    }

    pub(super) async fn ask_all<T: redis::FromRedisValue>(
        &self,
        asked: &redis::Pipeline,
    ) -> Result<T, StoreError> {
        self.link.ask(async |connection| asked.query_async(connection).await).await
    }

    /// Has a key found by each text of its row to come that the one before was not found by.
    pub(super) async fn index_new(
        &self,
        before: Option<&KeyRecord>,
        record: &KeyRecord,
    ) -> Result<(), StoreError> {
        let is_known = |hash: &[u8; 32]| before.is_some_and(|before| all(before).any(|known| known == hash));
        let mut written = redis::pipe();
        for hash in all(record).filter(|hash| !is_known(hash)) {
            written.set(self.index(hash), place(record)).ignore();
        }
        if written.is_empty() { Ok(()) } else { self.ask_all(&written).await }
    }

    /// The same once the row is in place, should the server have lost the names between; and lets go of texts that the row no longer has.
    pub(super) async fn index_all(
        &self,
        before: Option<&KeyRecord>,
        record: &KeyRecord,
    ) -> Result<(), StoreError> {
        if before.is_some_and(|before| all(before).eq(all(record))) {
            return Ok(());
        }
        let mut written = redis::pipe();
        for hash in all(record) {
            written.set(self.index(hash), place(record)).ignore();
        }
        // A replaced text never comes back; the present one's may, under another secret key.
        for hash in before.into_iter().flat_map(replaced) {
            if all(record).all(|kept| kept != hash) {
                written.cmd("UNLINK").arg(self.index(hash)).ignore();
            }
        }
        self.ask_all(&written).await
    }

    pub(super) async fn key_of(&self, hashes: KeyHashes) -> Result<Option<KeyRecord>, StoreError> {
        let mut asked = redis::pipe();
        for hash in std::iter::once(hashes.current).chain(hashes.old) {
            asked.get(self.index(&hash));
        }
        let mut places: Vec<Option<String>> = self.ask_all(&asked).await?;
        places.dedup();
        for place in places.into_iter().flatten() {
            let Some((workspace, id)) = place.split_once('\n') else { continue };
            let found = self.keys_of(&Workspace::new(workspace), &[id.to_owned()]).await?;
            let Some(mut record) = found.into_iter().next() else { continue };
            if record.hashes.are_of(hashes) {
                return Ok(Some(record));
            }
            let previous = record.previous.as_ref().filter(|previous| previous.hashes.are_of(hashes));
            if let Some(until) = previous.map(|previous| previous.until) {
                record.expires_at = Some(record.expires_at.map_or(until, |end| end.min(until)));
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

/// The hashes of the text before its rotation.
fn replaced(key: &KeyRecord) -> impl Iterator<Item = &[u8; 32]> {
    key.previous.iter().flat_map(|previous| previous.hashes.as_slice())
}

/// The hashes of its text, and of the one before.
fn all(key: &KeyRecord) -> impl Iterator<Item = &[u8; 32]> {
    key.hashes.as_slice().iter().chain(replaced(key))
}

/// What a name says.
fn place(key: &KeyRecord) -> String {
    format!("{}\n{}", key.workspace.as_str(), key.id)
}
