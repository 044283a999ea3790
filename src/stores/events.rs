//! The ordered log by which several processes act as one.

use std::{sync::Once, time::Duration};

use async_trait::async_trait;

use super::StoreError;
use crate::model::{Event, EventKind, Workspace};

/// An event with its place in its workspace's log.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Its place; rises.
    pub sequence: i64,
    /// The tenant.
    pub workspace: Workspace,
    /// What happened.
    pub event: Event,
}

/// A part of the log.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// What is there, oldest first.
    pub events: Vec<StoredEvent>,
    /// Whether events before these are gone that nobody who asks from there has seen: they were trimmed meanwhile.
    pub missed: bool,
}

/// The event logs, one a workspace. Events arrive as effects of a decision.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The place of the newest event, 0 for none.
    async fn last_event(&self, workspace: &Workspace) -> Result<i64, StoreError>;

    /// Whether decisions are made: a store elsewhere that was restarted is settled with first.
    fn is_settled(&self, _workspace: &Workspace) -> bool {
        true
    }

    /// At most `limit` events after `sequence`, and whether any after it are gone.
    async fn events_after(
        &self,
        workspace: &Workspace,
        sequence: i64,
        limit: u32,
    ) -> Result<Followed, StoreError>;

    /// Drops all but the newest `keep` events: everyone has long heard of the others.
    async fn trim_events(&self, workspace: &Workspace, keep: i64) -> Result<(), StoreError>;

    /// Returns when something was committed, here or by another process, or after `at_most`.
    async fn wait_for_commit(&self, at_most: Duration);
}

/// The kind of that word. One of a newer version stops nobody here.
pub(super) fn known_kind(word: &str) -> EventKind {
    static TOLD: Once = Once::new();
    EventKind::from_word(word).unwrap_or_else(|| {
        TOLD.call_once(|| {
            tracing::warn!(kind = word, "events of a kind this version does not know are passed over");
        });
        EventKind::Unknown
    })
}
