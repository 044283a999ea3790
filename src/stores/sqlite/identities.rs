//! The identity of each workspace's board, one of the facts.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use crate::{
    model::Workspace,
    stores::{BoardIdentityStore, StoreError},
};

fn kept(connection: &Connection, workspace: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT CAST(value AS TEXT) FROM facts WHERE workspace = ?1 AND name = 'board'";
    Ok(connection.prepare_cached(sql)?.query_row([workspace], |row| row.get(0)).optional()?)
}

#[async_trait]
impl BoardIdentityStore for SqliteStore {
    async fn board_identity(&self, workspace: &Workspace) -> Result<Option<String>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| kept(connection, workspace.as_str())).await
    }

    async fn keep_board_identity(
        &self,
        workspace: &Workspace,
        before: Option<&str>,
        identity: &str,
    ) -> Result<bool, StoreError> {
        let (workspace, before, identity) =
            (workspace.clone(), before.map(str::to_owned), identity.to_owned());
        self.writer
            .write(false, move |connection| {
                let workspace = workspace.as_str();
                if kept(connection, workspace)? != before {
                    return Ok(false);
                }
                let keep = "INSERT OR REPLACE INTO facts (workspace, name, value) VALUES (?1, 'board', ?2)";
                connection.prepare_cached(keep)?.execute(params![workspace, identity.as_bytes()])?;
                Ok(true)
            })
            .await
    }
}
