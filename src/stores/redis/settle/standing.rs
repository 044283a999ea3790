//! As what a server is taken, and what is known of what it has.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::StoreTerm;

/// As what a server was taken for a workspace, once all had settled with it.
#[derive(Debug)]
pub(in super::super) struct Standing {
    /// Scripts are for this epoch, and do nothing in another.
    pub(in super::super) epoch: String,
    /// The server's name, as the scripts have it.
    pub(in super::super) server: String,
    /// The same as it was looked at over the connection of then.
    pub(in super::super) greeted: String,
    /// What was read before is of another term.
    pub(in super::super) term: StoreTerm,
    is_over: AtomicBool,
}

impl Standing {
    pub(super) fn new(epoch: String, server: String, greeted: String, term: StoreTerm) -> Self {
        Self { epoch, server, greeted, term, is_over: AtomicBool::new(false) }
    }

    /// The server is not that any more.
    pub(in super::super) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    pub(in super::super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

/// The highest that this process has seen of a workspace.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Heads {
    /// The place of a decision that was acknowledged.
    pub(in super::super) position: i64,
    /// The generation of a claim.
    pub(in super::super) generation: i64,
    /// The place of an event.
    pub(in super::super) event: i64,
    /// The newest link of the audit log, with its place.
    pub(in super::super) linked: String,
}
