//! What a legacy client set after `initialize` (log level, subscriptions), and which sessions were deleted. Held in
//! memory; rows of lasting sessions are written through and learned by other instances from the event log.

use std::sync::Arc;

use dashmap::DashMap;

use super::Session;
use crate::{
    model::{Effects, Event, EventKind, LogLevel, UnixMillis, Workspace},
    stores::{SessionRow, SessionStore, StoreError},
};

/// Subscriptions of one session.
const MAX_SUBSCRIPTIONS: usize = 64;
/// How long an unused row is kept.
const FORGET_AFTER_MILLIS: i64 = 24 * 3_600_000;

#[derive(Clone, Debug)]
struct Settings {
    workspace: Workspace,
    ended: bool,
    log_level: Option<LogLevel>,
    subscriptions: Vec<String>,
    forget_at: UnixMillis,
}

/// Settings of every session that has any.
pub struct SessionSettings {
    known: DashMap<Arc<str>, Settings>,
    store: Arc<dyn SessionStore>,
}

/// Why a setting is refused.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Too many subscriptions.
    #[error("a session may watch at most {MAX_SUBSCRIPTIONS} resources")]
    TooMany,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl SessionSettings {
    /// Those of that store; [`Self::load`] reads them.
    pub fn new(store: Arc<dyn SessionStore>) -> Self {
        Self { known: DashMap::new(), store }
    }

    /// Reads every row and drops forgotten ones.
    pub async fn load(&self, now: UnixMillis) -> Result<(), StoreError> {
        self.store.forget_sessions(now).await?;
        for row in self.store.sessions(now).await? {
            self.learn(row);
        }
        self.known.retain(|_, settings| settings.forget_at > now);
        Ok(())
    }

    /// Another instance changed the row of that session.
    pub async fn refresh(&self, digest: &str) -> Result<(), StoreError> {
        if let Some(row) = self.store.session(digest).await? {
            self.learn(row);
        }
        Ok(())
    }

    fn learn(&self, row: SessionRow) {
        let level = row.log_level.map(serde_json::Value::String);
        let settings = Settings {
            workspace: row.workspace,
            ended: row.ended,
            log_level: level.and_then(|word| serde_json::from_value(word).ok()),
            subscriptions: row.subscriptions,
            forget_at: row.forget_at,
        };
        self.known.insert(row.digest.into(), settings);
    }

    /// Whether the session was deleted.
    pub fn has_ended(&self, digest: &str) -> bool {
        self.known.get(digest).is_some_and(|settings| settings.ended)
    }

    /// The level set by the client.
    pub fn log_level(&self, digest: &str) -> Option<LogLevel> {
        self.known.get(digest).and_then(|settings| settings.log_level)
    }

    /// Sessions of the workspace that watch `uri`.
    pub fn watching(&self, workspace: &Workspace, uri: &str) -> Vec<Arc<str>> {
        let watches = |settings: &Settings| {
            settings.workspace == *workspace
                && !settings.ended
                && settings.subscriptions.iter().any(|u| u == uri)
        };
        self.known.iter().filter(|entry| watches(entry)).map(|entry| Arc::clone(entry.key())).collect()
    }

    /// The session was used: its row is kept for another day. Writes at most twice a day.
    pub async fn touch(&self, session: &Session, now: UnixMillis) -> Result<(), SettingsError> {
        let soon = now.plus(FORGET_AFTER_MILLIS / 2);
        let fades = |settings: &Settings| !settings.ended && settings.forget_at < soon;
        if session.lasting && self.known.get(&*session.digest).is_some_and(|settings| fades(&settings)) {
            return self.change(session, now, |_| Ok(())).await;
        }
        Ok(())
    }

    /// Sets the log level.
    pub async fn set_log_level(
        &self,
        session: &Session,
        level: LogLevel,
        now: UnixMillis,
    ) -> Result<(), SettingsError> {
        self.change(session, now, |settings| {
            settings.log_level = Some(level);
            Ok(())
        })
        .await
    }

    /// Watches a resource.
    pub async fn subscribe(
        &self,
        session: &Session,
        uri: &str,
        now: UnixMillis,
    ) -> Result<(), SettingsError> {
        self.change(session, now, |settings| {
            if !settings.subscriptions.iter().any(|known| known == uri) {
                if settings.subscriptions.len() >= MAX_SUBSCRIPTIONS {
                    return Err(SettingsError::TooMany);
                }
                settings.subscriptions.push(uri.to_owned());
            }
            Ok(())
        })
        .await
    }

    /// Watches a resource no more.
    pub async fn unsubscribe(
        &self,
        session: &Session,
        uri: &str,
        now: UnixMillis,
    ) -> Result<(), SettingsError> {
        self.change(session, now, |settings| {
            settings.subscriptions.retain(|known| known != uri);
            Ok(())
        })
        .await
    }

    /// Ends a session for every instance, until it would have ended by itself.
    pub async fn end(&self, session: &Session) -> Result<(), SettingsError> {
        let forget_at = session.ends_at();
        self.change(session, UnixMillis(forget_at.0 - FORGET_AFTER_MILLIS), |settings| {
            settings.ended = true;
            settings.subscriptions.clear();
            Ok(())
        })
        .await
    }

    /// Forgets a session that ended with its connection.
    pub fn forget(&self, digest: &str) {
        self.known.remove(digest);
    }

    async fn change(
        &self,
        session: &Session,
        now: UnixMillis,
        change: impl FnOnce(&mut Settings) -> Result<(), SettingsError>,
    ) -> Result<(), SettingsError> {
        let known = self.known.get(&*session.digest).map(|settings| settings.clone());
        let mut settings = known.unwrap_or_else(|| Settings {
            workspace: session.workspace.clone(),
            ended: false,
            log_level: None,
            subscriptions: Vec::new(),
            forget_at: now,
        });
        change(&mut settings)?;
        // What is not lasting is forgotten with its connection.
        settings.forget_at =
            if session.lasting { now.plus(FORGET_AFTER_MILLIS) } else { UnixMillis(i64::MAX) };
        if session.lasting {
            let digest = session.digest.as_ref().to_owned();
            let event = Event::about(EventKind::Session, &digest, "session.changed", now);
            let effects = Effects { events: vec![event], ..Effects::default() };
            self.store.put_session(row(digest, &settings), effects).await?;
        }
        self.known.insert(Arc::clone(&session.digest), settings);
        Ok(())
    }
}

fn row(digest: String, settings: &Settings) -> SessionRow {
    let level = settings.log_level.and_then(|level| serde_json::to_value(level).ok());
    SessionRow {
        workspace: settings.workspace.clone(),
        digest,
        ended: settings.ended,
        log_level: level.and_then(|word| word.as_str().map(str::to_owned)),
        subscriptions: settings.subscriptions.clone(),
        forget_at: settings.forget_at,
    }
}
