//! Rows of legacy sessions, and what stands for those beyond the most that are kept.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        RedisStore,
        change::{ATTEMPTS, Change},
        row::{json, to_json, unreadable},
        script::{ScriptArguments, script},
        settle::{PuttingBack, TakenRight},
    },
    person::person,
};
use crate::{
    model::{Effects, Event, EventKind, Moment, StoreMillis, Workspace},
    stores::{
        MAX_SESSIONS_A_USER, OLDER_ENDED, SessionChange, SessionChanged, SessionMark, SessionRow,
        SessionStore, StoreError,
    },
};

script!(SESSION, "access/session");

const SESSIONS: &str = "sessions";
const MARKS: &str = "session-marks";
/// Beginnings of the names of a person's sets, as the script has them.
const SETS: [&str; 3] = ["su:", "se:", "ss:"];

/// What is kept of a session.
#[derive(Serialize, Deserialize)]
struct SessionKept {
    user_id: String,
    issued_at: i64,
    version: i64,
    ended: bool,
    log_level: Option<String>,
    subscriptions: Vec<String>,
    forget_at: i64,
}

fn text(row: &SessionRow) -> String {
    let kept = SessionKept {
        user_id: row.user_id.clone(),
        issued_at: row.issued_at.0,
        version: row.version,
        ended: row.ended,
        log_level: row.log_level.clone(),
        subscriptions: row.subscriptions.clone(),
        forget_at: row.forget_at.0,
    };
    format!("{}\n{}\n{}", row.version, person(&row.user_id), to_json(&kept))
}

fn read(workspace: &Workspace, digest: &str, text: &str) -> Result<SessionRow, StoreError> {
    let kept: SessionKept = json(text, "session")?;
    Ok(SessionRow {
        workspace: workspace.clone(),
        user_id: kept.user_id,
        digest: digest.to_owned(),
        issued_at: StoreMillis(kept.issued_at),
        version: kept.version,
        ended: kept.ended,
        log_level: kept.log_level,
        subscriptions: kept.subscriptions,
        forget_at: StoreMillis(kept.forget_at),
    })
}

fn read_mark(workspace: &Workspace, text: &str) -> Result<SessionMark, StoreError> {
    let (made_before, forget_at) = text
        .split_once('\n')
        .and_then(|(made, rest)| Some((made.parse().ok()?, rest.split_once('\n')?.0.parse().ok()?)))
        .ok_or_else(|| unreadable("session mark"))?;
    Ok(SessionMark {
        workspace: workspace.clone(),
        user_id: json(text, "session mark")?,
        made_before: StoreMillis(made_before),
        forget_at: StoreMillis(forget_at),
    })
}

impl RedisStore {
    async fn session_text(&self, workspace: &Workspace, digest: &str) -> Result<Option<String>, StoreError> {
        let sessions = self.name(workspace, SESSIONS);
        self.link.send(redis::cmd("HGET").arg(sessions).arg(digest)).await
    }

    /// Puts back that a session has ended; says whether the server had lost it.
    pub(in super::super) async fn restore_session(
        &self,
        row: &SessionRow,
        back: PuttingBack<'_>,
    ) -> Result<bool, StoreError> {
        let SessionRow { workspace, digest, issued_at, forget_at, .. } = row;
        let before = self.session_text(workspace, digest).await?;
        let stored = before.as_deref().map(|text| read(workspace, digest, text)).transpose()?;
        if stored.is_some_and(|stored| stored.ended) {
            return Ok(false);
        }
        let of = |set: &str| format!("{set}{}", person(&row.user_id));
        let change: Change = back.change().while_row(SESSIONS, digest, before.as_deref());
        let change = change
            .put(SESSIONS, digest, &text(row))
            .place(&format!("{SESSIONS}:until"), digest, forget_at.0)
            .place(&of("su:"), digest, issued_at.0)
            .place(&of("se:"), digest, issued_at.0)
            .displace(&of("ss:"), digest);
        self.change(workspace, change, &back.effects(EventKind::Session, digest)).await
    }

    /// Puts a row in the place of the one that was read; says whether that was still there.
    async fn put_session(
        &self,
        before: Option<&str>,
        row: &SessionRow,
        at: Moment,
        effects: &Effects,
    ) -> Result<bool, StoreError> {
        let events = vec![Event::about(EventKind::Session, &row.user_id, OLDER_ENDED, at.wall)];
        let older = Effects { events, ..Effects::default() };
        let arguments = ScriptArguments::default()
            .bytes(row.digest.as_str())
            .number(before.is_some().into())
            .bytes(before.unwrap_or_default())
            .bytes(text(row))
            .bytes(person(&row.user_id))
            .number(row.issued_at.0)
            .number(row.version)
            .number(row.forget_at.0)
            .number(row.ended.into())
            .number(MAX_SESSIONS_A_USER as i64)
            .bytes(to_json(&row.user_id))
            .effects(&self.audit, &row.workspace, effects)
            .effects(&self.audit, &row.workspace, &older);
        let (is_put,): (bool,) = self.run(&row.workspace, &SESSION, arguments).await?;
        Ok(is_put)
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn change_session(
        &self,
        fresh: SessionRow,
        change: SessionChange,
        at: Moment,
        effects: Effects,
    ) -> Result<SessionChanged, StoreError> {
        for _ in 0..ATTEMPTS {
            let before = self.session_text(&fresh.workspace, &fresh.digest).await?;
            let stored =
                before.as_deref().map(|row| read(&fresh.workspace, &fresh.digest, row)).transpose()?;
            let changed = SessionChanged::of(stored, fresh.clone(), &change, at);
            let SessionChanged::To(row) = &changed else { return Ok(changed) };
            if self.put_session(before.as_deref(), row, at, &effects).await? {
                if row.ended {
                    self.took(TakenRight::Session(row.clone()));
                }
                return Ok(changed);
            }
        }
        Err(StoreError::Busy)
    }

    async fn session(&self, workspace: &Workspace, digest: &str) -> Result<Option<SessionRow>, StoreError> {
        let found = self.session_text(workspace, digest).await?;
        let found = found.map(|row| read(workspace, digest, &row)).transpose()?;
        if let Some(row) = found.as_ref().filter(|row| row.ended) {
            self.took(TakenRight::Session(row.clone()));
        }
        Ok(found)
    }

    async fn sessions(&self, workspace: &Workspace, now: StoreMillis) -> Result<Vec<SessionRow>, StoreError> {
        let rows = self.values(workspace, SESSIONS, None).await?;
        let rows = rows.iter().map(|(digest, row)| read(workspace, digest, row));
        rows.filter(|row| row.as_ref().is_ok_and(|row| row.forget_at > now) || row.is_err()).collect()
    }

    async fn session_marks(
        &self,
        workspace: &Workspace,
        now: StoreMillis,
    ) -> Result<Vec<SessionMark>, StoreError> {
        let rows = self.values(workspace, MARKS, None).await?;
        let marks = rows.values().map(|row| read_mark(workspace, row));
        marks.filter(|mark| mark.as_ref().is_ok_and(|mark| mark.forget_at > now) || mark.is_err()).collect()
    }

    async fn forget_sessions(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError> {
        self.forget(workspace, SESSIONS, now, &SETS).await?;
        self.forget(workspace, MARKS, now, &[]).await
    }
}
