//! What somebody looks at who wants to know how the gateway does: read when they look, in bounded time.

use async_trait::async_trait;

use crate::{
    coordinator::BoardState,
    model::{UnixMillis, Workspace},
    stores::Backlog,
};

/// Reads how the gateway does.
#[async_trait]
pub trait Vitals: Send + Sync {
    /// Reads it, within a second whatever does not answer.
    async fn read(&self, workspace: &Workspace) -> VitalSigns;

    /// What the last look at the audit log has found.
    fn audit(&self) -> AuditVerdict;
}

/// How the gateway does.
#[derive(Clone, Debug)]
pub struct VitalSigns {
    /// The board, and how old the picture of it is.
    pub board: BoardState,
    /// Milliseconds between two readings of a board that somebody else keeps.
    pub board_refresh_millis: i64,
    /// What the board is owed; `None`: the store does not say.
    pub owed: Option<Backlog>,
    /// How long the oldest event that this process has not followed has been there, in milliseconds; zero when it has followed all.
    /// `None`: the store does not say.
    pub events_behind_millis: Option<i64>,
    /// When the store last took a write of this process.
    pub written_at: Option<UnixMillis>,
    /// The process among those on the same store.
    pub instance: String,
    /// When it started.
    pub started_at: UnixMillis,
}

/// What a look at the audit log's chain has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditVerdict {
    /// The last record that was looked at; zero of none.
    pub until: i64,
    /// When; `None`: nobody looked yet.
    pub at: Option<UnixMillis>,
    /// Whether there were no more at that moment.
    pub is_whole: bool,
    /// What is wrong with it, from the first record that is not what was written.
    pub fault: Option<String>,
}
