//! API keys.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{SqliteStore, effects::append};
use crate::{
    model::{Effects, KeyRecord, ScopeSet, UnixMillis, Workspace},
    stores::{KeyStore, StoreError},
};

const COLUMNS: &str = "workspace, id, hash, prefix, user_id, description, scopes, created_at, expires_at, revoked_at, \
                       sealed_github_token";

fn insert(connection: &Connection, key: &KeyRecord) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO keys ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        ))?
        .execute(params![
            key.workspace.as_str(),
            key.id,
            key.hash,
            key.prefix,
            key.user_id,
            key.description,
            key.scopes.to_string(),
            key.created_at.0,
            key.expires_at.map(|at| at.0),
            key.revoked_at.map(|at| at.0),
            key.sealed_github_token
        ])?;
    let mark = "INSERT OR IGNORE INTO marks (workspace, name) VALUES ('', 'first_key')";
    connection.prepare_cached(mark)?.execute([])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<KeyRecord> {
    Ok(KeyRecord {
        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
        id: row.get("id")?,
        hash: row.get("hash")?,
        prefix: row.get("prefix")?,
        user_id: row.get("user_id")?,
        description: row.get("description")?,
        // A word this version does not know opens nothing, rather than everything.
        scopes: ScopeSet::parse(&row.get::<_, String>("scopes")?).unwrap_or_default(),
        created_at: UnixMillis(row.get("created_at")?),
        expires_at: row.get::<_, Option<i64>>("expires_at")?.map(UnixMillis),
        revoked_at: row.get::<_, Option<i64>>("revoked_at")?.map(UnixMillis),
        sealed_github_token: row.get("sealed_github_token")?,
    })
}

#[async_trait]
impl KeyStore for SqliteStore {
    async fn create_key(&self, record: KeyRecord, effects: Effects) -> Result<(), StoreError> {
        self.writer
            .write(true, move |connection| {
                insert(connection, &record)?;
                append(connection, record.workspace.as_str(), &effects)
            })
            .await
    }

    async fn create_first_key(&self, record: KeyRecord, effects: Effects) -> Result<bool, StoreError> {
        self.writer
            .write(true, move |connection| {
                let any = "SELECT 1 FROM marks WHERE workspace = '' AND name = 'first_key'";
                if connection.query_row(any, [], |_| Ok(())).optional()?.is_some() {
                    return Ok(false);
                }
                insert(connection, &record)?;
                append(connection, record.workspace.as_str(), &effects)?;
                Ok(true)
            })
            .await
    }

    async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<KeyRecord>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM keys WHERE hash = ?1"))?;
            Ok(statement.query_row([hash], read).optional()?)
        })
        .await
    }

    async fn keys(&self, workspace: &Workspace) -> Result<Vec<KeyRecord>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM keys WHERE workspace = ?1 ORDER BY created_at, id");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([workspace.as_str()], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn revoke_key(
        &self,
        workspace: &Workspace,
        id: &str,
        now: UnixMillis,
        effects: Effects,
    ) -> Result<bool, StoreError> {
        let (workspace, id) = (workspace.clone(), id.to_owned());
        self.writer
            .write(true, move |connection| {
                let revoke =
                    "UPDATE keys SET revoked_at = ?3 WHERE workspace = ?1 AND id = ?2 AND revoked_at IS NULL";
                let revoked =
                    connection.prepare_cached(revoke)?.execute(params![workspace.as_str(), id, now.0])?;
                if revoked > 0 {
                    append(connection, workspace.as_str(), &effects)?;
                }
                Ok(revoked > 0)
            })
            .await
    }
}
