//! One-time codes; the address is one of the facts, and what was told one of the marks.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};

use crate::{
    model::{Effects, KeyHashes, StoreMillis, Workspace},
    stores::{
        OneTimeCode, OneTimeCodeStore, StoreError,
        sqlite::{SqliteStore, effects::append},
    },
};

#[async_trait]
impl OneTimeCodeStore for SqliteStore {
    async fn put_code(
        &self,
        code: OneTimeCode,
        now: StoreMillis,
        effects: Effects,
    ) -> Result<(), StoreError> {
        self.writer
            .write(true, move |connection| {
                let workspace = code.workspace.as_str();
                let forget = "DELETE FROM one_time_codes WHERE until <= ?1";
                connection.prepare_cached(forget)?.execute([now.0])?;
                let put =
                    "INSERT OR REPLACE INTO one_time_codes (workspace, hash, until) VALUES (?1, ?2, ?3)";
                connection.prepare_cached(put)?.execute(params![workspace, code.hash, code.until.0])?;
                append(connection, workspace, &effects)
            })
            .await
    }

    async fn take_code(
        &self,
        workspace: &Workspace,
        hashes: KeyHashes,
        now: StoreMillis,
        effects: Effects,
    ) -> Result<bool, StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(true, move |connection| {
                let workspace = workspace.as_str();
                let take =
                    "DELETE FROM one_time_codes WHERE workspace = ?1 AND hash IN (?2, ?3) AND until > ?4";
                let wanted = params![workspace, hashes.current, hashes.old, now.0];
                let is_taken = connection.prepare_cached(take)?.execute(wanted)? > 0;
                if is_taken {
                    append(connection, workspace, &effects)?;
                }
                Ok(is_taken)
            })
            .await
    }

    async fn first_time(&self, name: &'static str) -> Result<bool, StoreError> {
        self.writer
            .write(false, move |connection| {
                let mark = "INSERT OR IGNORE INTO marks (workspace, name) VALUES ('', ?1)";
                Ok(connection.prepare_cached(mark)?.execute([name])? > 0)
            })
            .await
    }

    async fn keep_address(&self, url: &str) -> Result<(), StoreError> {
        let url = url.to_owned();
        self.writer
            .write(false, move |connection| {
                let keep = "INSERT OR REPLACE INTO facts (workspace, name, value) VALUES ('', 'address', ?1)";
                connection.prepare_cached(keep)?.execute([url.as_bytes()])?;
                Ok(())
            })
            .await
    }

    async fn address(&self) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT CAST(value AS TEXT) FROM facts WHERE workspace = '' AND name = 'address'";
            Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?)
        })
        .await
    }
}
