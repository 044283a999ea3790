//! What a legacy client set after `initialize` (log level, subscriptions), and which sessions were deleted. Held in
//! memory; rows of lasting sessions are changed in the store, one thing at a time, and learned by every instance from
//! the event log. An older version of a row never replaces a newer one, but where the store may have gone back.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use dashmap::{DashMap, Entry};

use super::session::Session;
use crate::{
    model::{Effects, Event, EventKind, LogLevel, Moment, StoreMillis, Workspace},
    stores::{
        MAX_SUBSCRIPTIONS, SessionChange, SessionChanged, SessionMark, SessionRow, SessionStore, StoreError,
    },
};

/// How long an unused row is kept.
const FORGET_AFTER_MILLIS: i64 = 24 * 3_600_000;
/// The action of the event that tells of a deleted session.
const ENDED: &str = "session.ended";

#[derive(Clone, Debug)]
struct SettingsEntry {
    row: SessionRow,
    log_level: Option<LogLevel>,
    /// Whether the store has it too.
    lasting: bool,
}

/// Settings of every session that has any.
pub struct SessionSettings {
    known: DashMap<Arc<str>, SettingsEntry>,
    /// By workspace and user: sessions made before have ended.
    marks: DashMap<(Workspace, Arc<str>), SessionMark>,
    /// The latest moment of any mark: nearly every session was made after it.
    latest_mark: AtomicI64,
    store: Arc<dyn SessionStore>,
}

/// Why a setting is refused.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Too many subscriptions.
    #[error("a session may watch at most {MAX_SUBSCRIPTIONS} resources")]
    TooMany,
    /// The session was deleted meanwhile.
    #[error("the session has ended")]
    Ended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SettingsEntry {
    fn of(row: SessionRow, lasting: bool) -> Self {
        let level = row.log_level.clone().map(serde_json::Value::String);
        Self { log_level: level.and_then(|word| serde_json::from_value(word).ok()), row, lasting }
    }
}

impl SessionSettings {
    /// Those of that store; [`Self::load`] reads them.
    pub fn new(store: Arc<dyn SessionStore>) -> Self {
        Self { known: DashMap::new(), marks: DashMap::new(), latest_mark: AtomicI64::new(i64::MIN), store }
    }

    /// Reads every row and mark, and drops forgotten ones.
    pub async fn load(&self, now: StoreMillis) -> Result<(), StoreError> {
        for row in self.read(now).await? {
            self.learn(row);
        }
        Ok(())
    }

    /// The same where the store may have gone back: its rows count, also older ones. A session that has ended stays so. To be called
    /// before events are followed that came meanwhile.
    pub async fn load_anew(&self, now: StoreMillis) -> Result<(), StoreError> {
        for row in self.read(now).await? {
            self.known.remove_if(row.digest.as_str(), |_, known| !known.row.ended);
            self.learn(row);
        }
        Ok(())
    }

    async fn read(&self, now: StoreMillis) -> Result<Vec<SessionRow>, StoreError> {
        self.store.forget_sessions(&Workspace::default(), now).await?;
        self.learn_marks(now).await?;
        let rows = self.store.sessions(&Workspace::default(), now).await?;
        let stored: std::collections::HashSet<_> = rows.iter().map(|row| row.digest.clone()).collect();
        // A row of a version from after `now` may have been written while these were read.
        self.known.retain(|digest, settings| {
            !settings.lasting || settings.row.version >= now.0 || stored.contains(&**digest)
        });
        Ok(rows)
    }

    /// Learns what an instance did to a session; says whether that ended it.
    pub async fn follow(&self, event: &Event) -> Result<bool, StoreError> {
        if let Some(row) = self.store.session(&Workspace::default(), &event.subject).await? {
            self.learn(row);
        }
        Ok(event.action == ENDED)
    }

    fn learn(&self, row: SessionRow) {
        match self.known.entry(row.digest.as_str().into()) {
            Entry::Occupied(known) if known.get().row.version > row.version => {}
            Entry::Occupied(mut known) => {
                known.insert(SettingsEntry::of(row, true));
            }
            Entry::Vacant(place) => {
                place.insert(SettingsEntry::of(row, true));
            }
        }
    }

    /// Learns which users' older sessions have ended.
    pub async fn learn_marks(&self, now: StoreMillis) -> Result<(), StoreError> {
        let marks = self.store.session_marks(&Workspace::default(), now).await?;
        self.marks.retain(|_, mark| mark.forget_at > now);
        for mark in marks {
            self.latest_mark.fetch_max(mark.made_before.0, Ordering::Relaxed);
            self.marks.insert((mark.workspace.clone(), mark.user_id.as_str().into()), mark);
        }
        self.known.retain(|_, settings| {
            let row = &settings.row;
            !settings.lasting || !self.is_marked(&row.workspace, row.user_id.as_str().into(), row.issued_at)
        });
        Ok(())
    }

    /// Whether a session of that user was made before the mark, if there is one.
    fn is_marked(&self, workspace: &Workspace, user_id: Arc<str>, issued_at: StoreMillis) -> bool {
        if issued_at.0 >= self.latest_mark.load(Ordering::Relaxed) {
            return false;
        }
        let mark = self.marks.get(&(workspace.clone(), user_id));
        mark.is_some_and(|mark| issued_at < mark.made_before)
    }

    /// Whether the session was deleted.
    pub fn has_ended(&self, session: &Session) -> bool {
        self.known.get(&*session.digest).is_some_and(|settings| settings.row.ended)
            || self.is_marked(&session.workspace, Arc::clone(&session.user_id), session.issued_at)
    }

    /// The level set by the client.
    pub fn log_level(&self, digest: &str) -> Option<LogLevel> {
        self.known.get(digest).and_then(|settings| settings.log_level)
    }

    /// Every session that watches such a resource in such a workspace, once for each resource.
    pub fn watching(&self, is_meant: impl Fn(&Workspace, &str) -> bool) -> Vec<(Arc<str>, String)> {
        let live = self.known.iter().filter(|entry| !entry.row.ended);
        let watched = live.flat_map(|entry| {
            let row = &entry.row;
            let meant = row.subscriptions.iter().filter(|uri| is_meant(&row.workspace, uri));
            meant.map(|uri| (Arc::clone(entry.key()), uri.clone())).collect::<Vec<_>>()
        });
        watched.collect()
    }

    /// The session was used: its row is kept for another day. Writes at most twice a day.
    pub async fn touch(&self, session: &Session, now: Moment) -> Result<(), SettingsError> {
        let soon = now.store.plus(FORGET_AFTER_MILLIS / 2);
        let fades = |row: &SessionRow| !row.ended && row.forget_at < soon;
        if session.lasting && self.known.get(&*session.digest).is_some_and(|settings| fades(&settings.row)) {
            return self.change(session, SessionChange::Keep, now).await;
        }
        Ok(())
    }

    /// Sets the log level.
    pub async fn set_log_level(
        &self,
        session: &Session,
        level: LogLevel,
        now: Moment,
    ) -> Result<(), SettingsError> {
        let word = serde_json::to_value(level).ok().and_then(|word| word.as_str().map(str::to_owned));
        self.change(session, SessionChange::LogLevel(word.unwrap_or_default()), now).await
    }

    /// Watches a resource.
    pub async fn subscribe(&self, session: &Session, uri: &str, now: Moment) -> Result<(), SettingsError> {
        self.change(session, SessionChange::Subscribe(uri.to_owned()), now).await
    }

    /// Watches a resource no more.
    pub async fn unsubscribe(&self, session: &Session, uri: &str, now: Moment) -> Result<(), SettingsError> {
        self.change(session, SessionChange::Unsubscribe(uri.to_owned()), now).await
    }

    /// A session may watch a resource no more.
    pub async fn end_watch(&self, digest: &str, uri: &str, now: Moment) -> Result<(), SettingsError> {
        let Some((row, lasting)) = self.known.get(digest).map(|known| (known.row.clone(), known.lasting))
        else {
            return Ok(());
        };
        let fresh = SessionRow { forget_at: now.store.plus(FORGET_AFTER_MILLIS), ..row };
        match self.change_row(fresh, lasting, SessionChange::Unsubscribe(uri.to_owned()), now).await {
            Err(SettingsError::Ended) => Ok(()),
            other => other,
        }
    }

    /// Ends a session for every instance, until it would have ended by itself.
    pub async fn end(&self, session: &Session, now: Moment) -> Result<(), SettingsError> {
        match self.change(session, SessionChange::End, now).await {
            Err(SettingsError::Ended) => Ok(()),
            other => other,
        }
    }

    /// Forgets a session that ended with its connection.
    pub fn forget(&self, digest: &str) {
        self.known.remove(digest);
    }

    async fn change(
        &self,
        session: &Session,
        change: SessionChange,
        now: Moment,
    ) -> Result<(), SettingsError> {
        self.change_row(fresh_row(session, &change, now), session.lasting, change, now).await
    }

    async fn change_row(
        &self,
        fresh: SessionRow,
        lasting: bool,
        change: SessionChange,
        now: Moment,
    ) -> Result<(), SettingsError> {
        let (workspace, digest): (_, Arc<str>) = (fresh.workspace.clone(), fresh.digest.as_str().into());
        if !lasting {
            let mut settings = self.known.entry(digest).or_insert_with(|| SettingsEntry::of(fresh, false));
            let taken = settings.row.apply(&change);
            *settings = SettingsEntry::of(std::mem::take(&mut settings.row), false);
            return if taken { Ok(()) } else { Err(SettingsError::TooMany) };
        }
        let action = if change == SessionChange::End { ENDED } else { "session.changed" };
        let event = Event::about(EventKind::Session, &digest, action, now.wall);
        let effects = Effects { events: vec![event], ..Effects::default() };
        match self.store.change_session(fresh, change, now, effects).await? {
            SessionChanged::To(row) => self.learn(row),
            SessionChanged::Nothing => self.forget(&digest),
            SessionChanged::TooMany => return Err(SettingsError::TooMany),
            SessionChanged::Ended => {
                if let Some(row) = self.store.session(&workspace, &digest).await? {
                    self.learn(row);
                }
                return Err(SettingsError::Ended);
            }
        }
        Ok(())
    }
}

/// The row of a session that has none yet.
fn fresh_row(session: &Session, change: &SessionChange, now: Moment) -> SessionRow {
    let ended = *change == SessionChange::End;
    SessionRow {
        workspace: session.workspace.clone(),
        user_id: session.user_id.as_ref().to_owned(),
        digest: session.digest.as_ref().to_owned(),
        issued_at: session.issued_at,
        forget_at: if ended { session.ends_at() } else { now.store.plus(FORGET_AFTER_MILLIS) },
        ..SessionRow::default()
    }
}
