//! Whether the gateway can do its work, and how each thing stands that it needs for it. Everybody may read this: it holds no
//! address, no name of a board and no cause; those are in the log.

use async_trait::async_trait;
use serde::Serialize;

/// Says whether the gateway can do its work.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Looks at what the gateway depends on, within a second whatever does not answer.
    async fn look(&self) -> ReadyReport;
}

/// What a look has found.
pub struct ReadyReport {
    /// Why it cannot work, as a word; `None` when it can.
    pub problem: Option<&'static str>,
    /// How each thing stands that it depends on.
    pub dependencies: Vec<DependencyState>,
    /// Whole seconds since a board that somebody else keeps was last read; `None` for one that is kept here.
    pub board_age_seconds: Option<u64>,
}

impl ReadyReport {
    /// Whether the store can be read.
    pub fn store_answers(&self) -> bool {
        !self.problem.is_some_and(|problem| problem.starts_with("store_"))
    }
}

/// How one thing stands that the gateway depends on.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DependencyState {
    /// `store`: the database; `board`: the team's board, where it is kept elsewhere; `events`: what other processes on the same
    /// database tell; `audit`: the audit log.
    pub name: &'static str,
    /// `ok`. Of the store also `unavailable`, `newer` or `refuses_writes`, of one in Redis also `loading`, `read_only`, `replaced` or
    /// `unsettled`, of the board `not_loaded` or `stale`, of the events
    /// `behind`, of the audit log `unproven` or `broken`. `refuses_writes`, `stale`, `behind`, `unproven` and `broken` leave the gateway
    /// ready.
    pub state: &'static str,
    /// Whole seconds since this process found it so; it looks every few seconds.
    pub for_seconds: u64,
    /// What to do, unless it is `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
}
