//! Rows of legacy sessions.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    model::{Effects, Event, EventKind, Moment, StoreMillis, UnixMillis, Workspace},
    stores::{
        MAX_SESSIONS_A_USER, OLDER_ENDED, SessionChange, SessionChanged, SessionMark, SessionRow,
        SessionStore, StoreError,
        sqlite::{
            SqliteStore,
            effects::append,
            row::{json, to_json},
        },
    },
};

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        workspace: Workspace::new(&row.get::<_, String>("workspace")?),
        user_id: row.get("user_id")?,
        digest: row.get("digest")?,
        issued_at: StoreMillis(row.get("issued_at")?),
        version: row.get("version")?,
        ended: row.get("ended")?,
        log_level: row.get("log_level")?,
        subscriptions: json(row, "subscriptions")?,
        forget_at: StoreMillis(row.get("forget_at")?),
    })
}

fn one(
    connection: &Connection,
    workspace: &Workspace,
    digest: &str,
) -> Result<Option<SessionRow>, StoreError> {
    let one = "SELECT * FROM sessions WHERE digest = ?1 AND workspace = ?2";
    Ok(connection.prepare_cached(one)?.query_row([digest, workspace.as_str()], read).optional()?)
}

fn put(connection: &Connection, row: &SessionRow) -> Result<(), StoreError> {
    let put = "INSERT OR REPLACE INTO sessions
        (workspace, user_id, digest, issued_at, version, ended, log_level, subscriptions, forget_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    connection.prepare_cached(put)?.execute(params![
        row.workspace.as_str(),
        row.user_id,
        row.digest,
        row.issued_at.0,
        row.version,
        row.ended,
        row.log_level,
        to_json(&row.subscriptions),
        row.forget_at.0
    ])?;
    Ok(())
}

/// Turns the user's oldest tombstones beyond the most that are kept into a mark.
fn condense(connection: &Connection, row: &SessionRow, at: UnixMillis) -> Result<(), StoreError> {
    let (workspace, user) = (row.workspace.as_str(), &row.user_id);
    let beyond =
        "SELECT issued_at, forget_at FROM sessions WHERE workspace = ?1 AND user_id = ?2 AND ended = 1
        ORDER BY issued_at DESC LIMIT 1 OFFSET ?3";
    let found: Option<(i64, i64)> = connection
        .prepare_cached(beyond)?
        .query_row(params![workspace, user, MAX_SESSIONS_A_USER as i64], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((issued_at, forget_at)) = found else { return Ok(()) };
    let mark =
        "INSERT INTO session_marks (workspace, user_id, made_before, forget_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (workspace, user_id) DO UPDATE SET made_before = max(made_before, excluded.made_before),
        forget_at = max(forget_at, excluded.forget_at)";
    connection.prepare_cached(mark)?.execute(params![workspace, user, issued_at + 1, forget_at + 1])?;
    let covered = "DELETE FROM sessions WHERE workspace = ?1 AND user_id = ?2 AND issued_at <= ?3";
    connection.prepare_cached(covered)?.execute(params![workspace, user, issued_at])?;
    let events = vec![Event::about(EventKind::Session, user, OLDER_ENDED, at)];
    append(connection, workspace, &Effects { events, ..Effects::default() })
}

/// Drops the longest unused of the user's sessions that set something, beyond the most that are kept.
fn drop_unused(connection: &Connection, row: &SessionRow) -> Result<(), StoreError> {
    let beyond = "DELETE FROM sessions WHERE digest IN (SELECT digest FROM sessions
        WHERE workspace = ?1 AND user_id = ?2 AND ended = 0 ORDER BY version DESC, digest LIMIT -1 OFFSET ?3)";
    let bounds = params![row.workspace.as_str(), row.user_id, MAX_SESSIONS_A_USER as i64];
    connection.prepare_cached(beyond)?.execute(bounds)?;
    Ok(())
}

fn change(
    connection: &Connection,
    fresh: SessionRow,
    change: &SessionChange,
    at: Moment,
    effects: &Effects,
) -> Result<SessionChanged, StoreError> {
    let stored = one(connection, &fresh.workspace, &fresh.digest)?;
    let is_new = stored.is_none();
    let changed = SessionChanged::of(stored, fresh, change, at);
    let SessionChanged::To(row) = &changed else { return Ok(changed) };
    put(connection, row)?;
    append(connection, row.workspace.as_str(), effects)?;
    if row.ended {
        condense(connection, row, at.wall)?;
    } else if is_new {
        drop_unused(connection, row)?;
    }
    Ok(changed)
}

#[async_trait]
impl SessionStore for SqliteStore {
    async fn change_session(
        &self,
        fresh: SessionRow,
        what: SessionChange,
        at: Moment,
        effects: Effects,
    ) -> Result<SessionChanged, StoreError> {
        self.writer.write(false, move |connection| change(connection, fresh, &what, at, &effects)).await
    }

    async fn session(&self, workspace: &Workspace, digest: &str) -> Result<Option<SessionRow>, StoreError> {
        let (workspace, digest) = (workspace.clone(), digest.to_owned());
        self.read(move |connection| one(connection, &workspace, &digest)).await
    }

    async fn sessions(&self, workspace: &Workspace, now: StoreMillis) -> Result<Vec<SessionRow>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let all = "SELECT * FROM sessions WHERE forget_at > ?1 AND workspace = ?2";
            let mut statement = connection.prepare_cached(all)?;
            let rows = statement.query_map(params![now.0, workspace.as_str()], read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn session_marks(
        &self,
        workspace: &Workspace,
        now: StoreMillis,
    ) -> Result<Vec<SessionMark>, StoreError> {
        let workspace = workspace.clone();
        self.read(move |connection| {
            let all = "SELECT workspace, user_id, made_before, forget_at FROM session_marks
                WHERE forget_at > ?1 AND workspace = ?2";
            let mut statement = connection.prepare_cached(all)?;
            let marks = statement.query_map(params![now.0, workspace.as_str()], |row| {
                Ok(SessionMark {
                    workspace: Workspace::new(&row.get::<_, String>(0)?),
                    user_id: row.get(1)?,
                    made_before: StoreMillis(row.get(2)?),
                    forget_at: StoreMillis(row.get(3)?),
                })
            })?;
            Ok(marks.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn forget_sessions(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError> {
        let workspace = workspace.clone();
        self.writer
            .write(false, move |connection| {
                for table in ["sessions", "session_marks"] {
                    let ended = format!("DELETE FROM {table} WHERE forget_at <= ?1 AND workspace = ?2");
                    connection.prepare_cached(&ended)?.execute(params![now.0, workspace.as_str()])?;
                }
                Ok(())
            })
            .await
    }
}
