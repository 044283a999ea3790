//! How each thing may stand that a gateway depends on, with what to do. Strangers read these sentences: they name no place, no
//! board and no cause.

use crate::stores::{Absence, StoreError};

/// A condition that a dependency may be in.
#[derive(Debug)]
pub(super) struct Condition {
    /// The dependency.
    pub(super) name: &'static str,
    /// The condition as a word.
    pub(super) state: &'static str,
    /// The word of `/ready`, if nothing works like this.
    pub(super) problem: Option<&'static str>,
    /// What to do.
    pub(super) advice: Option<&'static str>,
}

impl Condition {
    const fn ok(name: &'static str) -> Self {
        Self { name, state: "ok", problem: None, advice: None }
    }

    /// How a store stands that failed so.
    pub(super) const fn of_store(error: &StoreError) -> &'static Self {
        match error {
            StoreError::Newer { .. } => &STORE_NEWER,
            StoreError::Away(Absence::Unreachable | Absence::Refused, _) => &STORE_AWAY,
            StoreError::Away(Absence::Loading, _) => &STORE_LOADING,
            StoreError::Away(Absence::ReadOnly, _) => &STORE_READ_ONLY,
            StoreError::Replaced(_) => &STORE_REPLACED,
            StoreError::Unsettled => &STORE_UNSETTLED,
            StoreError::Busy
            | StoreError::Full(_)
            | StoreError::Uncertain(_)
            | StoreError::Unsafe
            | StoreError::Closed
            | StoreError::Corrupt(_)
            | StoreError::Backend(_) => &STORE_UNAVAILABLE,
        }
    }

    /// Logs that it has come after `before`, which lasted for `millis`.
    pub(super) fn log(&self, before: &Self, millis: i64) {
        let Self { name, state, .. } = self;
        let (before, seconds) = (before.state, millis.max(0) / 1000);
        match self.advice {
            Some(advice) => tracing::warn!(dependency = name, state, before, seconds, "{advice}"),
            None => tracing::info!(dependency = name, state, before, seconds, "the {name} is well again"),
        }
    }
}

pub(super) const STORE_OK: Condition = Condition::ok("store");
pub(super) const STORE_UNAVAILABLE: Condition = Condition {
    name: "store",
    state: "unavailable",
    problem: Some("store_unavailable"),
    advice: Some(
        "The database does not answer: look for a disk, or a Redis, that is full, slow or gone, and at what the log says. It goes on \
         by itself once that is mended.",
    ),
};
pub(super) const STORE_AWAY: Condition = Condition {
    name: "store",
    state: "unavailable",
    problem: Some("store_unavailable"),
    advice: Some(
        "Redis cannot be reached, or refuses the gateway: the log says why. It goes on by itself within a second once that is mended.",
    ),
};
pub(super) const STORE_LOADING: Condition = Condition {
    name: "store",
    state: "loading",
    problem: Some("store_unavailable"),
    advice: Some("Redis reads its data: it goes on by itself once that is done."),
};
pub(super) const STORE_READ_ONLY: Condition = Condition {
    name: "store",
    state: "read_only",
    problem: Some("store_unavailable"),
    advice: Some(
        "This Redis is a replica, or has lost its master, and takes no writes: REDIS_URL has to name the one that is written to. It \
         goes on by itself once this one is promoted.",
    ),
};
pub(super) const STORE_REPLACED: Condition = Condition {
    name: "store",
    state: "replaced",
    problem: Some("store_replaced"),
    advice: Some(
        "Redis was emptied, or is another than before: put the right one back, or start every gateway again to begin on this one.",
    ),
};
pub(super) const STORE_UNSETTLED: Condition = Condition {
    name: "store",
    state: "unsettled",
    problem: Some("store_unsettled"),
    advice: Some(
        "Redis was restarted, or another took its place, and the gateways compare what it kept: that takes moments.",
    ),
};
pub(super) const STORE_NEWER: Condition = Condition {
    name: "store",
    state: "newer",
    problem: Some("store_newer"),
    advice: Some("A newer taskgate has changed the database: run that version here too."),
};
pub(super) const STORE_REFUSES_WRITES: Condition = Condition {
    name: "store",
    state: "refuses_writes",
    problem: None,
    advice: Some(
        "The database can be read but takes no writes, so no task is handed out: look for a full disk or a program that holds the \
         database, and at what the log says. It goes on by itself once that is mended.",
    ),
};
pub(super) const BOARD_OK: Condition = Condition::ok("board");
pub(super) const BOARD_NOT_LOADED: Condition = Condition {
    name: "board",
    state: "not_loaded",
    problem: Some("board_not_loaded"),
    advice: Some(
        "The board could not be read yet and is tried again by itself: the log and `taskgate config --check-board` say why.",
    ),
};
pub(super) const BOARD_STALE: Condition = Condition {
    name: "board",
    state: "stale",
    problem: None,
    advice: Some(
        "The board does not answer, agents go on with what was last read: the log and `taskgate config --check-board` say why.",
    ),
};
pub(super) const EVENTS_OK: Condition = Condition::ok("events");
pub(super) const EVENTS_BEHIND: Condition = Condition {
    name: "events",
    state: "behind",
    problem: None,
    advice: Some(
        "This process lags behind what others on the same database decided: look for a busy disk or processor and at what the log \
         says, and start it again if that lasts.",
    ),
};
pub(super) const AUDIT_OK: Condition = Condition::ok("audit");
pub(super) const AUDIT_BROKEN: Condition = Condition {
    name: "audit",
    state: "broken",
    problem: None,
    advice: Some(
        "A record of the audit log is not what was written, or the secret key was changed and the former is not given as \
         MCP_SECRET_KEY_OLD: `taskgate audit verify` says which record. Keep the database, and compare it with a backup.",
    ),
};
pub(super) const AUDIT_UNPROVEN: Condition = Condition {
    name: "audit",
    state: "unproven",
    problem: None,
    advice: Some(
        "The newest record of the audit log is not kept beside it, so a cut end would not show: look at what the log says, and at \
         `taskgate audit verify`.",
    ),
};
