//! Who has something open: the holder of a key, or somebody who is signed in to the dashboard.

use std::sync::{Arc, atomic::Ordering};

use crate::{
    auth::{AuthenticatedKey, OpenSession},
    model::{Principal, Workspace},
};

/// Who has something open.
#[derive(Clone)]
pub enum Holder {
    /// Who showed that key.
    Key(Arc<AuthenticatedKey>),
    /// Who is in that session.
    Session(Arc<OpenSession>),
}

impl Holder {
    fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Key(key) => Some(&key.principal),
            Self::Session(open) => open.visitor.principal.as_deref(),
        }
    }

    /// The user; `admin` for an administrator without a key.
    pub fn user_id(&self) -> &str {
        match self {
            Self::Key(key) => &key.principal.user_id,
            Self::Session(open) => self.principal().map_or(&open.visitor.actor, |own| &own.user_id),
        }
    }

    /// Whether it is that user of that tenant.
    pub fn is(&self, workspace: &Workspace, user_id: &str) -> bool {
        self.principal().is_some_and(|own| own.owns(workspace, user_id))
    }

    /// Something is open that must be told of its end.
    pub(super) fn watch(&self) {
        if let Self::Key(key) = self {
            key.watchers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// It is open no more.
    pub(super) fn unwatch(&self) {
        if let Self::Key(key) = self {
            key.watchers.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether its key was found revoked or expired. A session is asked for by who holds it open.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self, Self::Key(key) if key.ended.is_cancelled())
    }
}
