//! Who is signed in to the dashboard: what they are called, and what they may do.

use std::sync::Arc;

use super::BrowserSession;
use crate::{
    auth::{KeyStanding, Role},
    model::{Principal, Workspace},
};

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// What they are called: a user id, or what they signed in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The tenant they see.
    pub workspace: Workspace,
    /// Whom their key stands for; nobody for an administrator without a key.
    pub principal: Option<Arc<Principal>>,
    /// Names them in the audit log, and counts their pages: a key's id, or `admin`.
    pub actor: Arc<str>,
}

impl Visitor {
    /// The visitor behind a session of a stored key.
    pub(super) fn of_key(standing: &KeyStanding) -> Self {
        Self::of(&standing.principal, standing.name.clone())
    }

    /// The visitor behind a session of a static key.
    pub(super) fn of_static(principal: &Arc<Principal>) -> Self {
        Self::of(principal, principal.user_id.to_string())
    }

    fn of(principal: &Arc<Principal>, name: String) -> Self {
        Self {
            name,
            role: Role::of(principal.scopes),
            workspace: principal.workspace.clone(),
            principal: Some(Arc::clone(principal)),
            actor: Arc::clone(&principal.key_id),
        }
    }

    /// The visitor behind a session without a key.
    pub(super) fn administrator(session: &BrowserSession) -> Self {
        Self {
            name: String::from("Administrator"),
            role: Role::Administrator,
            workspace: Workspace::new(&session.workspace),
            principal: None,
            actor: session.holder().into(),
        }
    }
}
