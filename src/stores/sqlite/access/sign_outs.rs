//! Ended sessions of the dashboard: a row each, or one without a session's id that stands for all of a holder before some moment.

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use crate::{
    model::{Effects, StoreMillis, Workspace},
    stores::{
        EndedSessions, MAX_SIGN_OUTS, SignOut, SignOutStore, StoreError,
        sqlite::{SqliteStore, effects::append},
    },
};

fn read(row: &Row<'_>) -> rusqlite::Result<SignOut> {
    let (session, made_before) = (row.get::<_, String>("session")?, row.get("made_before")?);
    let is_mark = session.is_empty();
    Ok(SignOut {
        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
        holder: row.get("holder")?,
        ended: if is_mark {
            EndedSessions::MadeBefore(StoreMillis(made_before))
        } else {
            EndedSessions::One(session)
        },
        forget_at: StoreMillis(row.get("forget_at")?),
    })
}

fn put(connection: &Connection, ended: &SignOut) -> Result<(), StoreError> {
    let (session, made_before) = match &ended.ended {
        EndedSessions::One(session) => (session.as_str(), 0),
        EndedSessions::MadeBefore(at) => ("", at.0),
    };
    let sql = "INSERT OR REPLACE INTO sign_outs (workspace, holder, session, made_before, forget_at)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![ended.workspace.as_str(), ended.holder, session, made_before, ended.forget_at.0];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// How many rows a holder has, and until when the last of them is kept.
fn kept(connection: &Connection, ended: &SignOut) -> Result<(u32, i64), StoreError> {
    let sql =
        "SELECT COUNT(*), COALESCE(MAX(forget_at), 0) FROM sign_outs WHERE workspace = ?1 AND holder = ?2";
    let holder = [ended.workspace.as_str(), &ended.holder];
    Ok(connection.prepare_cached(sql)?.query_row(holder, |row| Ok((row.get(0)?, row.get(1)?)))?)
}

fn end(connection: &Connection, ended: SignOut, now: StoreMillis) -> Result<(), StoreError> {
    let (count, last) = kept(connection, &ended)?;
    if count < MAX_SIGN_OUTS {
        return put(connection, &ended);
    }
    let drop = "DELETE FROM sign_outs WHERE workspace = ?1 AND holder = ?2";
    connection.prepare_cached(drop)?.execute([ended.workspace.as_str(), &ended.holder])?;
    let forget_at = ended.forget_at.max(StoreMillis(last));
    put(connection, &SignOut { ended: EndedSessions::MadeBefore(now), forget_at, ..ended })
}

#[async_trait]
impl SignOutStore for SqliteStore {
    async fn sign_out(&self, session: SignOut, now: StoreMillis, effects: Effects) -> Result<(), StoreError> {
        self.writer
            .write(true, move |connection| {
                let workspace = session.workspace.clone();
                end(connection, session, now)?;
                append(connection, workspace.as_str(), &effects)
            })
            .await
    }

    async fn sign_outs(&self, workspace: &Workspace, now: StoreMillis) -> Result<Vec<SignOut>, StoreError> {
        let workspace = workspace.clone();
        self.scan(move |connection| {
            let sql = "SELECT * FROM sign_outs WHERE forget_at > ?1 AND workspace = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![now.0, workspace.as_str()], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn forget_sign_outs(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                let forget = "DELETE FROM sign_outs WHERE forget_at <= ?1 AND workspace = ?2";
                connection.prepare_cached(forget)?.execute(params![now.0, workspace.as_str()])?;
                Ok(())
            })
            .await
    }
}
