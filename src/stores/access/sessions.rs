//! What is kept of legacy sessions: a deleted one's tombstone, and what a client set later. `initialize` writes
//! nothing, and what one user leaves behind has bounds.

use async_trait::async_trait;

use crate::{
    model::{Effects, Moment, StoreMillis, Workspace},
    stores::StoreError,
};

/// Subscriptions of one session.
pub const MAX_SUBSCRIPTIONS: usize = 64;
/// Tombstones of one user, and rows of their sessions that set something.
pub const MAX_SESSIONS_A_USER: usize = 1000;

/// A session that was deleted or has settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionRow {
    /// The tenant.
    pub workspace: Workspace,
    /// Whose it is.
    pub user_id: String,
    /// Digest of the session id.
    pub digest: String,
    /// When it was made.
    pub issued_at: StoreMillis,
    /// Rises with every change.
    pub version: i64,
    /// Whether it was deleted.
    pub ended: bool,
    /// Level set by `logging/setLevel`.
    pub log_level: Option<String>,
    /// Resources subscribed to.
    pub subscriptions: Vec<String>,
    /// When the row is dropped.
    pub forget_at: StoreMillis,
}

/// The one thing about a session that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// It is in use: what it set is kept on.
    Keep,
    /// It sets the least level of log messages.
    LogLevel(String),
    /// It watches a resource.
    Subscribe(String),
    /// It watches a resource no more.
    Unsubscribe(String),
    /// It is deleted.
    End,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionChanged {
    /// The row as it is now.
    To(SessionRow),
    /// It watches as many resources as it may: nothing changed.
    TooMany,
    /// It was deleted before: nothing changed.
    Ended,
    /// There is nothing to keep.
    Nothing,
}

/// Sessions of a user that were made before some moment have ended; stands for the tombstones beyond the most that are
/// kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionMark {
    /// The tenant.
    pub workspace: Workspace,
    /// The user.
    pub user_id: String,
    /// The moment.
    pub made_before: StoreMillis,
    /// When the last of those sessions would have ended by itself.
    pub forget_at: StoreMillis,
}

impl SessionChanged {
    /// The row as it is to be, or why nothing changes.
    pub fn of(stored: Option<SessionRow>, fresh: SessionRow, change: &SessionChange, at: Moment) -> Self {
        let mut row = match stored {
            Some(stored) if stored.ended => return Self::Ended,
            None if *change == SessionChange::Keep => return Self::Nothing,
            Some(stored) => SessionRow {
                log_level: stored.log_level,
                subscriptions: stored.subscriptions,
                version: stored.version,
                ..fresh
            },
            None => fresh,
        };
        if !row.apply(change) {
            return Self::TooMany;
        }
        row.version = at.store.0.max(row.version + 1);
        Self::To(row)
    }
}

impl SessionRow {
    /// Applies a change; `false` when that would be a subscription too many.
    pub fn apply(&mut self, change: &SessionChange) -> bool {
        match change {
            SessionChange::Keep => {}
            SessionChange::LogLevel(level) => self.log_level = Some(level.clone()),
            SessionChange::Subscribe(uri) => {
                if !self.subscriptions.contains(uri) {
                    if self.subscriptions.len() >= MAX_SUBSCRIPTIONS {
                        return false;
                    }
                    self.subscriptions.push(uri.clone());
                }
            }
            SessionChange::Unsubscribe(uri) => self.subscriptions.retain(|known| known != uri),
            SessionChange::End => {
                self.ended = true;
                self.log_level = None;
                self.subscriptions.clear();
            }
        }
        true
    }
}

/// Rows of legacy sessions.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Changes one thing about a session and appends the effects, if it changed. `fresh` is its row as it would be made;
    /// of a stored one the identity, the settings and the end stay, only `forget_at` is taken from `fresh`. The version
    /// becomes `at` in milliseconds, or the next one. Beyond [`MAX_SESSIONS_A_USER`] a user's oldest tombstones become a
    /// [`SessionMark`], told with an event whose subject is the user and whose action is [`OLDER_ENDED`]; of sessions
    /// that set something the longest unused are dropped.
    async fn change_session(
        &self,
        fresh: SessionRow,
        change: SessionChange,
        at: Moment,
        effects: Effects,
    ) -> Result<SessionChanged, StoreError>;

    /// The row of that digest.
    async fn session(&self, workspace: &Workspace, digest: &str) -> Result<Option<SessionRow>, StoreError>;

    /// Every row that is not forgotten at `now`.
    async fn sessions(&self, workspace: &Workspace, now: StoreMillis) -> Result<Vec<SessionRow>, StoreError>;

    /// Every mark that is not forgotten at `now`.
    async fn session_marks(
        &self,
        workspace: &Workspace,
        now: StoreMillis,
    ) -> Result<Vec<SessionMark>, StoreError>;

    /// Drops what is forgotten at `now`.
    async fn forget_sessions(&self, workspace: &Workspace, now: StoreMillis) -> Result<(), StoreError>;
}

/// The action of the event that tells of a [`SessionMark`].
pub const OLDER_ENDED: &str = "session.older_ended";
