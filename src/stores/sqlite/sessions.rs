//! Rows of legacy sessions.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row, params};

use super::{
    SqliteStore,
    effects::append,
    row::{json, to_json},
};
use crate::{
    model::{Effects, UnixMillis, Workspace},
    stores::{SessionRow, SessionStore, StoreError},
};

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
        digest: row.get("digest")?,
        ended: row.get("ended")?,
        log_level: row.get("log_level")?,
        subscriptions: json(row, "subscriptions")?,
        forget_at: UnixMillis(row.get("forget_at")?),
    })
}

#[async_trait]
impl SessionStore for SqliteStore {
    async fn put_session(&self, row: SessionRow, effects: Effects) -> Result<(), StoreError> {
        self.writer
            .write(false, move |connection| {
                let put =
                    "INSERT INTO sessions (workspace, digest, ended, log_level, subscriptions, forget_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (digest) DO UPDATE SET ended = excluded.ended,
                    log_level = excluded.log_level, subscriptions = excluded.subscriptions,
                    forget_at = excluded.forget_at WHERE sessions.ended = 0";
                connection.prepare_cached(put)?.execute(params![
                    row.workspace.as_str(),
                    row.digest,
                    row.ended,
                    row.log_level,
                    to_json(&row.subscriptions),
                    row.forget_at.0
                ])?;
                append(connection, row.workspace.as_str(), &effects)
            })
            .await
    }

    async fn session(&self, digest: &str) -> Result<Option<SessionRow>, StoreError> {
        let digest = digest.to_owned();
        self.read(move |connection| {
            let one = "SELECT * FROM sessions WHERE digest = ?1";
            Ok(connection.prepare_cached(one)?.query_row([digest], read).optional()?)
        })
        .await
    }

    async fn sessions(&self, now: UnixMillis) -> Result<Vec<SessionRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT * FROM sessions WHERE forget_at > ?1")?;
            let rows = statement.query_map([now.0], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn forget_sessions(&self, now: UnixMillis) -> Result<(), StoreError> {
        self.writer
            .write(false, move |connection| {
                connection.prepare_cached("DELETE FROM sessions WHERE forget_at <= ?1")?.execute([now.0])?;
                Ok(())
            })
            .await
    }
}
